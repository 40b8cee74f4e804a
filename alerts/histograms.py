"""Reading the anonymous counts so that no hour with few passages is shown by itself: k-anonymity.

An hour with fewer passages than the floor is added to those after it, the last ones to those before; a camera that
never saw so many is left out, and only how many were left out is told.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.schema import HistogramCount
from wire.histograms import Kind, bounds

FLOOR = 10
"""Fewest passages that are shown together."""


@dataclass(frozen=True)
class Bin:
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Histogram:
    """Of one camera, from the beginning of `first_hour` to the end of `last_hour` (UTC, as 2026-11-23T14)."""

    camera: str
    first_hour: str
    last_hour: str
    bins: tuple[Bin, ...]
    """Those with a count, rising."""

    @property
    def passages(self) -> int:
        return sum(counted.count for counted in self.bins)


@dataclass(frozen=True)
class Histograms:
    shown: tuple[Histogram, ...]
    left_out: int
    """Passages of cameras that saw fewer than the floor."""


def read_histograms(session: Session, deployment_id: str, kind: Kind, floor: int = FLOOR) -> Histograms:
    """Summed over the runs of each camera."""
    rows = session.execute(
        select(HistogramCount.camera, HistogramCount.hour, HistogramCount.bin, func.sum(HistogramCount.count))
        .where(HistogramCount.deployment_id == deployment_id, HistogramCount.kind == kind)
        .group_by(HistogramCount.camera, HistogramCount.hour, HistogramCount.bin)
        .order_by(HistogramCount.camera, HistogramCount.hour, HistogramCount.bin)
    )
    cameras: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for camera, hour, at, count in rows:
        cameras[camera][hour][at] += int(count)
    shown: list[Histogram] = []
    left_out = 0
    for camera, hours in cameras.items():
        merged = merge(hours, floor)
        if not merged:
            left_out += sum(counts.total() for counts in hours.values())
        shown += [_histogram(camera, kind, *span) for span in merged]
    return Histograms(tuple(shown), left_out)


def merge(hours: Mapping[str, Counter[int]], floor: int) -> list[tuple[str, str, Counter[int]]]:
    """(first hour, last hour, counts) with at least `floor` counted in each, in order; empty where there are fewer."""
    spans: list[tuple[str, str, Counter[int]]] = []
    gathered: Counter[int] = Counter()
    first = ""
    for hour in sorted(hours):
        first = first or hour
        gathered += hours[hour]
        if gathered.total() >= floor:
            spans.append((first, hour, gathered))
            gathered, first = Counter(), ""
    if gathered.total() and spans:
        start, _, counts = spans.pop()
        spans.append((start, max(hours), counts + gathered))
    return spans


def _histogram(camera: str, kind: Kind, first: str, last: str, counts: Counter[int]) -> Histogram:
    bins = tuple(Bin(*bounds(kind, at), counts[at]) for at in sorted(counts))
    return Histogram(camera, first, last, bins)
