"""Anonymous counts of one worker, by camera and hour, on their way to the record; the bins are `wire.histograms`'s.

What is told is the sum of a run of a camera, again and again for some seconds after each change: a message that is lost
costs nothing, and one that comes twice changes nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from wire.histograms import Kind

TOLD_FOR_NS = 10_000_000_000


@dataclass
class _Tally:
    bins: Counter[int] = field(default_factory=Counter)
    changed_at: int = 0


class CameraTallies:
    """Of one camera. Times are monotonic, in nanoseconds."""

    def __init__(self) -> None:
        self._session = ""
        self._new: Counter[tuple[Kind, str, int]] = Counter()
        self._tallies: dict[tuple[Kind, str], _Tally] = {}

    def add(self, kind: Kind, hour: str, at: int) -> None:
        """One more in bin `at`."""
        self._new[kind, hour, at] += 1

    def told(self, session: str, now: int) -> Iterator[tuple[Kind, str, dict[int, int]]]:
        """(kind, hour, bins) of this capture session to send now; what was added since the last call belongs to it."""
        if session != self._session:
            self._session = session
            self._tallies.clear()
        for (kind, hour, at), count in self._new.items():
            tally = self._tallies.setdefault((kind, hour), _Tally())
            tally.bins[at] += count
            tally.changed_at = now
        self._new.clear()
        for (kind, hour), tally in self._tallies.items():
            if now - tally.changed_at <= TOLD_FOR_NS:
                yield kind, hour, dict(tally.bins)
