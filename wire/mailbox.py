"""The hand-over between a capture process's reading thread and its sending thread: room for one picture."""

import socket
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""height x width x 3, uint8, BGR, C-contiguous; nobody writes into it once it is in the mailbox."""


@dataclass(frozen=True)
class Picture:
    """One decoded picture, `seq` counted from 0 by its source (gaps do not occur before the mailbox)."""

    seq: int
    captured_at: int
    """Nanoseconds since the Unix epoch, UTC; for a recorded picture the sender puts its time of sending instead."""
    fps: float
    pixels: Pixels


class Mailbox:
    """Live: a new picture overwrites one that was not taken (newest wins). Lossless: the reader waits for its taking.

    One thread puts, one takes. `fileno` becomes readable when there is something to take, for use in a poller.
    """

    def __init__(self, *, lossless: bool) -> None:
        self._lossless = lossless
        self._changed = threading.Condition()
        self._picture: Picture | None = None
        self._closed = False
        self.overwritten = 0
        """Pictures that nobody took because a newer one came."""
        self.total: int | None = None
        """Pictures of the whole recording, once the reader has come to its end."""
        self._bell, self._listener = socket.socketpair()
        self._bell.setblocking(False)
        self._listener.setblocking(False)

    def put(self, picture: Picture) -> bool:
        """False when the mailbox was closed: the reader should stop."""
        with self._changed:
            if self._lossless:
                self._changed.wait_for(lambda: self._picture is None or self._closed)
            elif self._picture is not None:
                self.overwritten += 1
            if self._closed:
                return False
            self._picture = picture
        self._ring()
        return True

    def finish(self, total: int) -> None:
        """The recording has come to its end after `total` pictures."""
        with self._changed:
            self.total = total
        self._ring()

    def take(self) -> Picture | None:
        with self._changed:
            self._silence()
            picture, self._picture = self._picture, None
            self._changed.notify_all()
        return picture

    @property
    def full(self) -> bool:
        return self._picture is not None

    def fileno(self) -> int:
        return self._listener.fileno()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._picture = None
            self._changed.notify_all()
            self._bell.close()
            self._listener.close()

    def _ring(self) -> None:
        with self._changed:
            if not self._closed:
                try:
                    self._bell.send(b"!")
                except BlockingIOError:
                    return  # it has rung many times already

    def _silence(self) -> None:
        try:
            while self._listener.recv(4096):
                pass
        except BlockingIOError:
            return
