"""Open-set identification: FNIR and TPIR against FPIR (ISO/IEC 19795-1), with intervals by resampling people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.intervals import DRAWS, Counts, Interval, bootstrap_counts, clopper_pearson, widest
from evaluation.searching import Floats, Rows, Searches, lowest_threshold


@dataclass(frozen=True)
class Point:
    """Identification at one threshold a draw, all draws' probes together. Counts are means over draws."""

    target_fpir: float | None
    """What each draw's threshold was set by; None: the threshold was given."""
    threshold: float
    """Mean over draws."""
    threshold_interval: Interval
    fpir: float
    """Of non-mated probes that were acquired."""
    fpir_interval: Interval
    false_positives: float
    non_mated: float
    tpir: float
    """Of all mated probes: those that were not acquired are misses."""
    tpir_interval: Interval
    tpir_acquired: float
    """Of mated probes that were acquired."""
    tpir_acquired_interval: Interval
    mated: float


@dataclass(frozen=True, eq=False)
class _Sorted:
    """One draw's searches, sorted once for many thresholds and weights."""

    non_mated: Floats
    """Best similarities of acquired non-mated probes, falling."""
    non_mated_people: Rows
    hits: Floats
    """Best similarities of mated probes whose own entry is first, falling."""
    hit_people: Rows
    mated_people: Rows
    acquired_people: Rows

    @classmethod
    def of(cls, searches: Searches) -> "_Sorted":
        others = np.flatnonzero(~searches.mated & searches.acquired)
        others = others[np.argsort(-searches.best[others], kind="stable")]
        hits = np.flatnonzero(searches.right)
        hits = hits[np.argsort(-searches.best[hits], kind="stable")]
        people = searches.people
        return cls(
            searches.best[others],
            people[others],
            searches.best[hits],
            people[hits],
            people[searches.mated],
            people[searches.mated & searches.acquired],
        )

    def weighed(self, counts: Counts) -> "_Weighed":
        return _Weighed(
            self,
            np.cumsum(counts[self.non_mated_people]),
            np.cumsum(counts[self.hit_people]),
            float(counts[self.mated_people].sum()),
            float(counts[self.acquired_people].sum()),
        )


@dataclass(frozen=True, eq=False)
class _Weighed:
    """Cumulated weights of one draw under one resample of people."""

    draw: _Sorted
    others: Floats
    hits: Floats
    mated: float
    acquired: float

    def threshold(self, share: float) -> float:
        if not len(self.others) or not self.others[-1]:
            return math.nan
        return lowest_threshold(self.draw.non_mated, self.others, share)

    def over(self, falling: Floats, cumulated: Floats, threshold: float) -> float:
        """Weight of the scores at or over the threshold."""
        count = int(np.searchsorted(-falling, -threshold, side="right"))
        return float(cumulated[count - 1]) if count else 0.0

    def at(self, threshold: float) -> tuple[float, float]:
        """Weight of (false positives, true positives)."""
        return self.over(self.draw.non_mated, self.others, threshold), self.over(self.draw.hits, self.hits, threshold)

    @property
    def non_mated(self) -> float:
        return float(self.others[-1]) if len(self.others) else 0.0


def _rates(weighed: Sequence[_Weighed], thresholds: Sequence[float]) -> tuple[float, float, float]:
    """(FPIR, TPIR of all, TPIR of acquired): all draws' probes together, each draw at its own threshold.

    Draws whose threshold is NaN, for want of non-mated probes, are left out.
    """
    used = [(draw, at) for draw, at in zip(weighed, thresholds, strict=True) if not math.isnan(at)]
    counts = [draw.at(at) for draw, at in used]
    false, true = (sum(column) for column in zip(*counts, strict=True)) if counts else (0.0, 0.0)
    return (
        _share(false, sum(draw.non_mated for draw, _ in used)),
        _share(true, sum(draw.mated for draw, _ in used)),
        _share(true, sum(draw.acquired for draw, _ in used)),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def points(
    draws: Sequence[Searches],
    people: int,
    targets: Sequence[float],
    thresholds: Sequence[float] = (),
    *,
    resamples: int = DRAWS,
    seed: int = 1,
) -> list[Point]:
    """One `Point` for each target FPIR, each draw's threshold set by its own non-mated probes, then for each threshold.

    Rates of all `draws`' probes together; 95 % intervals by resampling the `people` (their number over all labelled
    pictures), the same people in every draw, thresholds set anew in each resample. Lists stay as drawn. An interval is
    never narrower than the exact one for the mean counts.
    """
    each = [_Sorted.of(searches) for searches in draws]
    wanted = [*targets, *thresholds]

    def figures(counts: Counts) -> list[float]:
        weighed = [draw.weighed(counts) for draw in each]
        values: list[float] = []
        for number, value in enumerate(wanted):
            at = [draw.threshold(value) if number < len(targets) else value for draw in weighed]
            values += [_mean(at), *_rates(weighed, at)]
        return values

    values = figures(np.ones(people))
    intervals = bootstrap_counts(people, figures, resamples, seed)
    non_mated = float(np.mean([len(draw.non_mated) for draw in each]))
    mated = float(np.mean([len(draw.mated_people) for draw in each]))
    acquired = float(np.mean([len(draw.acquired_people) for draw in each]))
    found = []
    for number, _ in enumerate(wanted):
        threshold, fpir, tpir, tpir_acquired = values[4 * number : 4 * number + 4]
        around = intervals[4 * number : 4 * number + 4]
        found.append(
            Point(
                target_fpir=wanted[number] if number < len(targets) else None,
                threshold=threshold,
                threshold_interval=around[0],
                fpir=fpir,
                fpir_interval=_cautious(around[1], fpir, non_mated),
                false_positives=fpir * non_mated if non_mated else 0.0,
                non_mated=non_mated,
                tpir=tpir,
                tpir_interval=_cautious(around[2], tpir, mated),
                tpir_acquired=tpir_acquired,
                tpir_acquired_interval=_cautious(around[3], tpir_acquired, acquired),
                mated=mated,
            )
        )
    return found


@dataclass(frozen=True)
class Gain:
    """TPIR of one path less that of another, on the same lists and probes."""

    value: float
    interval: Interval
    """95 %, both paths resampled with the same people; one that holds 0 shows no difference."""


def gains(
    ours: Sequence[Searches],
    theirs: Sequence[Searches],
    people: int,
    targets: Sequence[float],
    thresholds: Sequence[float] = (),
    *,
    resamples: int = DRAWS,
    seed: int = 1,
) -> list[Gain]:
    """One `Gain` for each of `targets`, each path's thresholds set by its own non-mated probes, then `thresholds`."""
    sides = [[_Sorted.of(searches) for searches in draws] for draws in (ours, theirs)]

    def figures(counts: Counts) -> list[float]:
        tpir = []
        for side in sides:
            weighed = [draw.weighed(counts) for draw in side]
            at = [[draw.threshold(target) for draw in weighed] for target in targets]
            at += [[threshold] * len(weighed) for threshold in thresholds]
            tpir.append([_rates(weighed, each)[1] for each in at])
        return [mine - other for mine, other in zip(*tpir, strict=True)]

    values = figures(np.ones(people))
    intervals = bootstrap_counts(people, figures, resamples, seed)
    return [Gain(value, interval) for value, interval in zip(values, intervals, strict=True)]


def _mean(values: Sequence[float]) -> float:
    """NaN if all are."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _cautious(interval: Interval, share: float, trials: float) -> Interval:
    if math.isnan(share) or not trials:
        return Interval(math.nan, math.nan)
    return widest(interval, clopper_pearson(min(share * trials, trials), trials))


@dataclass(frozen=True)
class Curve:
    """FNIR against FPIR, all draws' probes together; each value has its 95 % interval by resampling people."""

    fpir: tuple[float, ...]
    fnir: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def curve(
    draws: Sequence[Searches], people: int, levels: Sequence[float], *, resamples: int = DRAWS, seed: int = 1
) -> Curve:
    """At each of `levels` of FPIR the share of all mated probes that are missed."""
    each = [_Sorted.of(searches) for searches in draws]

    def figures(counts: Counts) -> list[float]:
        weighed = [draw.weighed(counts) for draw in each]
        return [1.0 - _rates(weighed, [draw.threshold(level) for draw in weighed])[1] for level in levels]

    fnir = figures(np.ones(people))
    around = bootstrap_counts(people, figures, resamples, seed)
    return Curve(
        tuple(levels),
        tuple(fnir),
        tuple(interval.low for interval in around),
        tuple(interval.high for interval in around),
    )


def rank_one_miss(draws: Sequence[Searches]) -> float:
    """Share of acquired mated probes whose own entry is not the most similar one, at any threshold; mean over draws."""
    return _mean(
        [
            _share(
                float((searches.mated & searches.acquired & ~searches.right).sum()),
                float((searches.mated & searches.acquired).sum()),
            )
            for searches in draws
        ]
    )
