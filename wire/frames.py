"""The worker side of the credit protocol: receives the frames of several cameras through one ROUTER socket.

    receiver = FrameReceiver(wire, endpoint, clock)
    while not stopped():
        received = receiver.next(100)
        if received is not None:
            ...                        # process it
            receiver.done(received)    # frames and ends alike: only then may the capture process forget it

The numbers of one session start at 0 and count its source's pictures; a recording's end has the number after its last
picture. What is acknowledged is all up to a number, so a killed worker's successor gets every recorded frame that was
not done, and may get some that were (in the same session, with the same number).
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import zmq
from numpy.typing import NDArray

from wire.clock import Clock
from wire.messages import Credit, Frame, Hello, MessageError, SourceEnded, check_pixels
from wire.sockets import Received, Rejected, Wire, receive, send

AGE_LIMIT_MS = 500
"""Live frames older than this when their turn comes are dropped. Lower: fresher alerts, more drops under load."""
WINDOW = 4
"""Recorded frames on their way per camera. More gains nothing; each holds a whole picture in memory."""
LIVE_WINDOW = 2
"""Live frames on their way per camera: one in work, one waiting. More would only make what is seen older."""
_MESSAGES_AT_ONCE = 1000


@dataclass(frozen=True)
class ReceivedFrame:
    header: Frame
    pixels: NDArray[np.uint8]
    """height x width x 3, uint8, BGR; writable memory of the message itself, so that it can be overwritten."""


@dataclass(frozen=True)
class Ended:
    """A recorded source is at its end: all its frames came before."""

    header: SourceEnded


@dataclass
class _Session:
    """What the worker knows of one camera's present capture session."""

    hello: Hello
    peer: bytes
    queue: deque[ReceivedFrame | Ended] = field(default_factory=deque)
    received: int | None = None
    """Highest number accepted."""
    settled: int = -1
    """Highest number handed out or dropped."""
    handed: set[int] = field(default_factory=set)
    """Numbers handed out and not yet done."""
    last: Frame | None = None
    dropped: int = 0
    served: int = 0

    @property
    def acked(self) -> int:
        return min(self.handed) - 1 if self.handed else self.settled


class FrameReceiver:
    """Serves every camera that says Hello. Used by one thread. `age_limit_ms` compares this clock with the sender's."""

    def __init__(self, wire: Wire, endpoint: str, clock: Clock, *, age_limit_ms: int = AGE_LIMIT_MS) -> None:
        """Raises WireError for an endpoint that cannot be opened."""
        self._socket = wire.bind(zmq.ROUTER, endpoint)
        self.endpoint = str(self._socket.getsockopt_string(zmq.LAST_ENDPOINT))
        """Where it listens, with the port's number where `*` asked for a free one."""
        self._clock = clock
        self._age_limit_ns = age_limit_ms * 1_000_000
        self._sessions: dict[str, _Session] = {}
        self._turn = 0
        self.rejected = Rejected()
        """Messages that could not be understood, or that nobody but a broken peer sends."""
        self.strays = 0
        """Frames of a session that has not said Hello (again) on this connection, or out of order, or twice: normal
        after a restart; recorded ones come again."""

    def next(self, timeout_ms: int) -> ReceivedFrame | Ended | None:
        """The next frame or end of the camera that waited longest for its turn; None when none came in this time."""
        deadline = self._clock.monotonic() + timeout_ms * 1_000_000
        while True:
            self._hear()
            found = self._choose()
            left_ms = (deadline - self._clock.monotonic() + 999_999) // 1_000_000
            if found is not None or left_ms <= 0:
                return found
            self._socket.poll(left_ms)

    def done(self, received: ReceivedFrame | Ended) -> None:
        """This frame or end is processed: the capture process may forget it and send another."""
        session = self._sessions.get(received.header.camera)
        if session is not None and session.hello.session == received.header.session:
            session.handed.discard(_number(received))
            self._give_credit(session)

    def dropped(self, camera: str) -> int:
        """Live frames given up on this side, or lost on the way, in the camera's present session.

        To be added to the newest frame's own `dropped`, which counts those never sent.
        """
        session = self._sessions.get(camera)
        return 0 if session is None else session.dropped

    def _hear(self) -> None:
        for _ in range(_MESSAGES_AT_ONCE):
            received = receive(self._socket, self.rejected)
            if received is None:
                return
            match received.message:
                case Hello() as hello:
                    self._greet(hello, received.peer)
                case Frame() as frame:
                    self._take_frame(frame, received)
                case SourceEnded() as ended:
                    self._take_end(ended, received)
                case other:
                    self.rejected.add(f"a worker takes no {type(other).__name__}")

    def _greet(self, hello: Hello, peer: bytes) -> None:
        session = self._sessions.get(hello.camera)
        if session is None or session.hello != hello:
            session = self._sessions[hello.camera] = _Session(hello, peer)
        session.peer = peer
        self._give_credit(session)

    def _take_frame(self, frame: Frame, received: Received) -> None:
        session = self._session_of(frame, received)
        if session is None:
            return
        try:
            check_pixels(frame, received.parts)
        except MessageError as error:
            self.rejected.add(str(error))
            return
        if frame.recorded != session.hello.recorded or frame.seq < 0:
            self.rejected.add("a frame that contradicts its session")
            return
        if not self._is_next(session, frame.seq):
            return
        pixels = np.frombuffer(received.parts[0], np.uint8).reshape(frame.height, frame.width, 3)
        session.queue.append(ReceivedFrame(frame, pixels))
        session.received = frame.seq
        if session.last is not None and not frame.recorded:
            passed_over = frame.seq - session.last.seq - 1
            session.dropped += max(0, passed_over - (frame.dropped - session.last.dropped))
        session.last = frame

    def _take_end(self, ended: SourceEnded, received: Received) -> None:
        session = self._session_of(ended, received)
        if session is None:
            return
        if received.parts or not session.hello.recorded or ended.frames < 0:
            self.rejected.add("an end that contradicts its session")
        elif self._is_next(session, ended.frames):
            session.queue.append(Ended(ended))
            session.received = ended.frames

    def _session_of(self, message: Frame | SourceEnded, received: Received) -> _Session | None:
        """None for a message whose session has not said Hello on the connection that it came by.

        Only what follows a Hello on one connection is sure to be complete and in order.
        """
        session = self._sessions.get(message.camera)
        if session is None or session.hello.session != message.session or session.peer != received.peer:
            self.strays += 1
            return None
        return session

    def _is_next(self, session: _Session, number: int) -> bool:
        """Whether to accept this number: no repetition, no gap in a recording, and no more than was allowed."""
        if session.received is not None:
            in_order = number == session.received + 1 if session.hello.recorded else number > session.received
            if not in_order:
                self.strays += 1
                return False
        if session.hello.recorded:
            if len(session.queue) + len(session.handed) >= WINDOW:
                self.strays += 1
                return False
        elif len(session.queue) >= WINDOW:
            self._drop(session)
        return True

    def _choose(self) -> ReceivedFrame | Ended | None:
        for session in self._sessions.values():
            before = session.dropped
            while session.queue and self._too_old(session.queue[0]):
                self._drop(session)
            if session.dropped > before:
                self._give_credit(session)
        waiting = [session for session in self._sessions.values() if session.queue]
        if not waiting:
            return None
        session = min(waiting, key=lambda session: session.served)
        self._turn += 1
        session.served = self._turn
        chosen = session.queue.popleft()
        session.settled = _number(chosen)
        session.handed.add(session.settled)
        return chosen

    def _too_old(self, waiting: ReceivedFrame | Ended) -> bool:
        return (
            isinstance(waiting, ReceivedFrame)
            and not waiting.header.recorded
            and self._clock.now() - waiting.header.captured_at > self._age_limit_ns
        )

    def _drop(self, session: _Session) -> None:
        session.settled = _number(session.queue.popleft())
        session.dropped += 1

    def _give_credit(self, session: _Session) -> None:
        window = WINDOW if session.hello.recorded else LIVE_WINDOW
        # Where the peer has gone nothing is lost: it asks again with its next Hello.
        send(self._socket, Credit(session=session.hello.session, acked=session.acked, window=window), peer=session.peer)


def _number(received: ReceivedFrame | Ended) -> int:
    return received.header.seq if isinstance(received, ReceivedFrame) else received.header.frames
