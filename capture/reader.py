"""The reading thread of a capture process: from a source, at its pace, into the mailbox."""

import threading
from collections.abc import Callable

from capture.sources import Source, SourceError
from wire.clock import Clock
from wire.mailbox import Mailbox, Picture

_LATE_NS = 500_000_000
"""A recording at true speed that fell behind by more goes on from there, instead of rushing after its time."""


class Reader(threading.Thread):
    """Reads until the recording's end, `close`, or trouble (then `error` says which)."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        mailbox: Mailbox,
        clock: Clock,
        *,
        true_pace: bool,
        loop: bool,
        first: int,
    ) -> None:
        """`true_pace`, `loop` and `first` (number of the picture to begin with) are for recorded sources."""
        super().__init__(name="reader", daemon=True)
        self._open = open_source
        self._mailbox = mailbox
        self._clock = clock
        self._true_pace = true_pace
        self._loop = loop
        self._first = first
        self._closed = threading.Event()
        self._anchor: int | None = None
        self.error: SourceError | None = None
        self.frames = 0
        """Pictures read or passed over; grows as long as the source gives."""
        self.inside = True
        """Whether the thread is inside the source, where it may be blocked, and not waiting for someone else."""

    def run(self) -> None:
        try:
            self._read_all()
        except SourceError as error:
            self.error = error
        finally:
            self.inside = False

    def close(self) -> None:
        self._closed.set()
        self._mailbox.close()

    def _read_all(self) -> None:
        number = 0
        while not self._closed.is_set():
            before = number
            number = self._read_once(number)
            if not self._loop or number == before:
                self._mailbox.finish(number)
                return

    def _read_once(self, number: int) -> int:
        """From one opening of the source to its end; returns the number of the picture that would follow."""
        self._anchor = None
        source = self._open()
        try:
            while number < self._first and source.skip():
                number += 1
                self.frames += 1
            while not self._closed.is_set():
                self.inside = True
                pixels = source.read()
                if pixels is None:
                    break
                self.frames += 1
                self.inside = False
                if source.recorded and self._true_pace:
                    self._wait_for_time_of(source.position)
                if not self._mailbox.put(Picture(number, self._clock.now(), source.fps, pixels)):
                    break
                number += 1
        finally:
            source.close()
        return number

    def _wait_for_time_of(self, position: float) -> None:
        now = self._clock.monotonic()
        offset = int(position * 1e9)
        if self._anchor is None or now - (self._anchor + offset) > _LATE_NS:
            self._anchor = now - offset
        self._closed.wait(max(0, self._anchor + offset - now) / 1e9)
