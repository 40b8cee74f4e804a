"""The capture side of the credit protocol: sends one camera's pictures to a worker, as many as it allows.

At most `window` pictures are on their way without acknowledgement. Whenever nothing was heard from the worker for a
second, Hello is said again, and its answer starts afresh: a recorded source sends all that is unacknowledged once more
(the worker may be a new one, or the connection was cut), a live one forgets them, they are too old by then.
"""

from dataclasses import dataclass

import zmq

from wire.clock import Clock
from wire.mailbox import Mailbox, Picture
from wire.messages import Credit, Frame, Hello, SourceEnded
from wire.sockets import Rejected, Wire, receive, send

SILENCE_NS = 1_000_000_000
"""After this long without a word from the worker, Hello is said again, and as often."""


@dataclass(frozen=True)
class _Pending:
    message: Frame | SourceEnded
    parts: tuple[memoryview, ...]


class FrameSender:
    """Takes pictures from the mailbox and sends them. Used by one thread, which calls `pump` in its loop."""

    def __init__(
        self,
        wire: Wire,
        endpoint: str,
        mailbox: Mailbox,
        clock: Clock,
        *,
        camera: str,
        session: str,
        recorded: bool,
        server: str | None = None,
    ) -> None:
        """`server`: name of the worker's key, for tcp. Raises WireError and KeysError for a bad endpoint."""
        self._socket = wire.connect(zmq.DEALER, endpoint, server)
        self._mailbox = mailbox
        self._clock = clock
        self._hello = Hello(camera=camera, session=session, recorded=recorded)
        self._pending: dict[int, _Pending] = {}
        self._window = 0
        self._greeting = False
        self._heard_at: int | None = None
        self._hello_at: int | None = None
        self._lost = 0
        self._ended = False
        self.acked = -1
        """Highest sequence number that the worker has processed; -1 before the first."""
        self.sent = 0
        """Pictures sent, each counted once."""
        self.rejected = Rejected()

    @property
    def dropped(self) -> int:
        """Pictures that no worker will ever process, as far as this side knows (live only)."""
        return self._mailbox.overwritten + self._lost

    @property
    def finished(self) -> bool:
        """The whole recording, its end included, was processed by the worker."""
        return self._ended and not self._pending

    def pump(self, timeout_ms: int) -> None:
        """Send what the worker allows, then wait for a picture or a word from the worker, at most this long."""
        self._greet()
        self._send()
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        if self._has_credit():
            poller.register(self._mailbox, zmq.POLLIN)
        poller.poll(timeout_ms)
        while (received := receive(self._socket, self.rejected)) is not None:
            if isinstance(received.message, Credit) and received.message.session == self._hello.session:
                self._take_credit(received.message)
            else:
                self.rejected.add("not a credit for this session")
        self._send()

    def _greet(self) -> None:
        now = self._clock.monotonic()
        silent = all(at is None or now - at >= SILENCE_NS for at in (self._heard_at, self._hello_at))
        if silent and send(self._socket, self._hello):
            self._hello_at = now
            self._greeting = True
            self._window = 0

    def _take_credit(self, credit: Credit) -> None:
        self._heard_at = self._clock.monotonic()
        restarted = credit.acked < self.acked
        self.acked = max(self.acked, credit.acked)
        self._pending = {number: item for number, item in self._pending.items() if number > self.acked}
        self._window = credit.window
        if not self._greeting:
            return
        self._greeting = False
        if self._hello.recorded:
            for item in self._pending.values():
                send(self._socket, item.message, item.parts)
        else:
            # The same worker still has them or counts the gap itself; only a new worker cannot know of them.
            self._lost += len(self._pending) if restarted else 0
            self._pending = {}

    def _has_credit(self) -> bool:
        return len(self._pending) < self._window

    def _send(self) -> None:
        while self._has_credit() and (picture := self._mailbox.take()) is not None:
            # A capture process that was started again goes on where the worker says, not where it began to read.
            if not self._hello.recorded or picture.seq > self.acked:
                self._send_one(picture.seq, self._frame(picture), (picture.pixels.data.cast("B"),))
                self.sent += 1
        total = self._mailbox.total
        if total is not None and not self._ended and self._has_credit() and not self._mailbox.full:
            self._ended = True
            # A live source has no end that the worker would be told: it goes silent.
            if self._hello.recorded and self.acked < total:
                end = SourceEnded(
                    camera=self._hello.camera, session=self._hello.session, frames=total, dropped=self.dropped
                )
                self._send_one(total, end, ())

    def _send_one(self, number: int, message: Frame | SourceEnded, parts: tuple[memoryview, ...]) -> None:
        # Pending even where nobody is there to take it: it is sent again after the next Hello.
        self._pending[number] = _Pending(message, parts if self._hello.recorded else ())
        send(self._socket, message, parts)

    def _frame(self, picture: Picture) -> Frame:
        height, width, _ = picture.pixels.shape
        return Frame(
            camera=self._hello.camera,
            session=self._hello.session,
            seq=picture.seq,
            captured_at=self._clock.now() if self._hello.recorded else picture.captured_at,
            height=height,
            width=width,
            recorded=self._hello.recorded,
            dropped=self.dropped,
            fps=picture.fps,
        )
