"""How often volunteers were found: from their passes and what the cameras captured. Pure: values in, figures out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal

from alerts.proportions import LEAST_TRIALS, Proportion, too_few

MARGIN = timedelta(seconds=2)
"""An alert this much before or after a pass still counts for it: the thumb, or the watch, of who noted it is late by a
second or so, and an alert carries the time of the frame that completed it. Only this volunteer's alerts at this camera
count, so more would credit nobody else; it would blur two passes of one person that follow each other."""
ARRIVES = timedelta(seconds=3)
"""From the capture until an alert is surely in the record, also after a worker's restart: before, a pass is not said to
be missed."""
PASSES_TO_COMPARE = 385
"""Passes of a group that bound a TPIR of 0.90 to 3 points either way at 95 %: 1.96 ** 2 * 0.9 * 0.1 / 0.03 ** 2."""

Result = Literal["found", "missed", "open"]
"""open: its time is not over."""
Equality = Literal["no_groups", "differs", "not_established", "no_difference_seen"]


@dataclass(frozen=True)
class Capture:
    """That this camera gave an alert of this entry, or a sighting."""

    entry: str
    camera: str
    at: datetime


@dataclass(frozen=True)
class Walk:
    """A volunteer walks past a camera."""

    entry: str
    camera: str
    began: datetime
    ended: datetime
    light: str
    group: str | None = None
    """As the volunteer says of himself or herself."""


@dataclass(frozen=True)
class Judged:
    """A walk, and whether the rig saw who it was."""

    walk: Walk
    result: Result


@dataclass(frozen=True)
class Rate:
    """Passes that were found, of those of one camera, light or group."""

    name: str
    found: Proportion

    @property
    def few(self) -> bool:
        """Too few passes, or too few of the rarer kind, to compare this rate with another."""
        return too_few(min(self.found.hits, self.found.of - self.found.hits), self.found.of)


@dataclass(frozen=True)
class Figures:
    """TPIR: of the passes whose time is over, those that were found."""

    overall: Rate
    cameras: tuple[Rate, ...]
    lights: tuple[Rate, ...]
    groups: tuple[Rate, ...]
    """Of the passes whose volunteer said one."""
    ungrouped: int
    """Passes of volunteers who said none."""
    volunteers: int
    open: int
    equality: Equality


def judge(walk: Walk, captures: Iterable[Capture], now: datetime) -> Judged:
    """Found as soon as there is a capture, missed once none can come any more."""
    if any(counts_for(walk, capture) for capture in captures):
        return Judged(walk, "found")
    return Judged(walk, "missed" if now > is_over(walk) else "open")


def counts_for(walk: Walk, capture: Capture) -> bool:
    return (capture.entry, capture.camera) == (walk.entry, walk.camera) and (
        walk.began - MARGIN <= capture.at <= walk.ended + MARGIN
    )


def is_over(walk: Walk) -> datetime:
    """From when a pass counts, found or not: counting the found ones sooner would flatter the rate meanwhile."""
    return walk.ended + MARGIN + ARRIVES


def touch(one: Walk, other: Walk) -> bool:
    """Whether one alert could count for both."""
    same = (one.entry, one.camera) == (other.entry, other.camera)
    return same and one.began <= other.ended + 2 * MARGIN and other.began <= one.ended + 2 * MARGIN


def figures(judged: Sequence[Judged], now: datetime) -> Figures:
    over = [one for one in judged if now > is_over(one.walk)]
    groups = _rates((one.walk.group, one.result) for one in over if one.walk.group is not None)
    return Figures(
        overall=Rate("all", _proportion(one.result for one in over)),
        cameras=_rates((one.walk.camera, one.result) for one in over),
        lights=_rates((one.walk.light, one.result) for one in over),
        groups=groups,
        ungrouped=sum(one.walk.group is None for one in over),
        volunteers=len({one.walk.entry for one in over}),
        open=len(judged) - len(over),
        equality=equality(groups),
    )


def equality(groups: Sequence[Rate]) -> Equality:
    """What may be said of the groups: a difference where two intervals lie apart, never that there is none."""
    if len(groups) < 2:
        return "no_groups"
    if any(_apart(one, other) for one, other in combinations(groups, 2)):
        return "differs"
    enough = all(group.found.of >= PASSES_TO_COMPARE for group in groups)
    return "no_difference_seen" if enough else "not_established"


def _apart(one: Rate, other: Rate) -> bool:
    if min(one.found.of, other.found.of) < LEAST_TRIALS:
        return False
    first, second = one.found.interval, other.found.interval
    return first.low > second.high or second.low > first.high


def _rates(named: Iterable[tuple[str, Result]]) -> tuple[Rate, ...]:
    results: dict[str, list[Result]] = {}
    for name, result in named:
        results.setdefault(name, []).append(result)
    return tuple(Rate(name, _proportion(results[name])) for name in sorted(results))


def _proportion(results: Iterable[Result]) -> Proportion:
    counted = Counter(results)
    return Proportion(counted["found"], counted.total())
