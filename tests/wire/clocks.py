"""A clock that a test can move."""

from wire.clock import SystemClock

SECOND = 1_000_000_000


class MovedClock(SystemClock):
    """The system's clock plus `moved` nanoseconds."""

    def __init__(self) -> None:
        self.moved = 0

    def now(self) -> int:
        return super().now() + self.moved

    def monotonic(self) -> int:
        return super().monotonic() + self.moved


class StoppedClock(MovedClock):
    """Its monotonic time stands still: whoever waits by it waits for ever."""

    def monotonic(self) -> int:
        return self.moved
