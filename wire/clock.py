"""Clocks: wall time for people and records, monotonic time for waiting. Injected, so that tests can set them."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    def now(self) -> int:
        """Nanoseconds since the Unix epoch, UTC. May jump when the machine's clock is set."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds from an arbitrary start; never goes back. For time-outs and intervals only."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        return time.time_ns()

    def monotonic(self) -> int:
        return time.monotonic_ns()


def iso8601(nanoseconds: int) -> str:
    """`2022-01-28T12:00:00.123Z` for nanoseconds since the Unix epoch; milliseconds, rounded down."""
    moment = _EPOCH + timedelta(milliseconds=nanoseconds // 1_000_000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
