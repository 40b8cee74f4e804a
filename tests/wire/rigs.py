"""A capture side and a worker side in one process, driven in turns."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.wire.clocks import MovedClock
from wire.frames import Ended, FrameReceiver, ReceivedFrame
from wire.mailbox import Mailbox, Picture, Pixels
from wire.sender import FrameSender
from wire.sockets import Wire

ROUNDS = 20_000


def pixels_of(seq: int) -> Pixels:
    """A picture of its own for each number, larger than ZeroMQ's limit for copying."""
    return np.full((160, 200, 3), seq % 251, np.uint8)


def endpoint_in(folder: Path) -> str:
    return f"ipc://{folder}/frames"


class Capture:
    """One camera; `show` is what its source gives."""

    def __init__(self, wire: Wire, endpoint: str, clock: MovedClock, camera: str = "north", *, recorded: bool) -> None:
        self.clock = clock
        self.mailbox = Mailbox(lossless=recorded)
        self.sender = FrameSender(
            wire, endpoint, self.mailbox, clock, camera=camera, session=f"session of {camera}", recorded=recorded
        )
        self.produced = 0
        self._reader: threading.Thread | None = None

    def show(self, count: int) -> None:
        """Live pictures, at once."""
        for _ in range(count):
            self.mailbox.put(Picture(self.produced, self.clock.now(), 25.0, pixels_of(self.produced)))
            self.produced += 1

    def play(self, count: int, first: int = 0) -> None:
        """A recording of this many pictures, from another thread: lossless putting waits."""

        def read() -> None:
            for seq in range(first, count):
                if not self.mailbox.put(Picture(seq, self.clock.now(), 25.0, pixels_of(seq))):
                    return
            self.mailbox.finish(count)

        self._reader = threading.Thread(target=read)
        self._reader.start()

    def close(self) -> None:
        self.mailbox.close()
        if self._reader is not None:
            self._reader.join()


@contextmanager
def capture(
    endpoint: str, clock: MovedClock, camera: str = "north", *, recorded: bool, wire: Wire | None = None
) -> Iterator[Capture]:
    with wire or Wire() as opened:
        made = Capture(opened, endpoint, clock, camera, recorded=recorded)
        try:
            yield made
        finally:
            made.close()


def next_of(receiver: FrameReceiver, *captures: Capture) -> ReceivedFrame | Ended:
    """The next frame or end, while all capture sides go on."""
    for _ in range(ROUNDS):
        for one in captures:
            one.sender.pump(0)
        received = receiver.next(1)
        if received is not None:
            return received
    raise AssertionError("no frame came")


def settle(receiver: FrameReceiver, *captures: Capture) -> None:
    """Until no more words are on their way."""
    for _ in range(20):
        for one in captures:
            one.sender.pump(2)
        assert receiver.next(2) is None
