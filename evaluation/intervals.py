"""Confidence intervals: exact for counts (`alerts.proportions`), bootstrap over identities for everything else."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alerts.proportions import LEAST_EVENTS, LEAST_TRIALS, LEVEL, Interval, Proportion, clopper_pearson, too_few

__all__ = [
    "DRAWS",
    "LEAST_EVENTS",
    "LEAST_TRIALS",
    "LEVEL",
    "Counts",
    "Interval",
    "Proportion",
    "bootstrap",
    "bootstrap_counts",
    "clopper_pearson",
    "too_few",
    "widest",
]

DRAWS = 1000

Counts = NDArray[np.float64]
"""(people,): how often each person was drawn in a resample."""

Group = TypeVar("Group")


def bootstrap(
    groups: Sequence[Group],
    statistic: Callable[[Sequence[Group]], float],
    draws: int = DRAWS,
    seed: int = 1,
    level: float = LEVEL,
) -> Interval:
    """Percentile bootstrap (Efron 1979) that resamples identities: `groups` holds one element a person.

    Pictures and passages of one person resemble each other, so people are drawn, with all that is theirs.
    `statistic` gets as many groups as there are, drawn with replacement. Raises ValueError without a group.
    """

    def of_counts(counts: Counts) -> float:
        drawn: list[int] = np.repeat(np.arange(len(groups)), counts.astype(np.intp)).tolist()
        return statistic([groups[index] for index in drawn])

    return bootstrap_counts(len(groups), of_counts, draws, seed, level)[0]


def bootstrap_counts(
    people: int,
    statistic: Callable[[Counts], float | Sequence[float]],
    draws: int = DRAWS,
    seed: int = 1,
    level: float = LEVEL,
) -> list[Interval]:
    """As `bootstrap`, for statistics that take each person's count as a weight; one interval for each of its values.

    Resamples where a value is NaN (nothing left to divide by) do not count for that value.
    """
    if people < 1 or draws < 1:
        raise ValueError(f"a bootstrap needs people and draws, not {people} and {draws}")
    random = np.random.default_rng(seed)
    values = [
        np.atleast_1d(
            np.asarray(
                statistic(np.bincount(random.integers(people, size=people), minlength=people).astype(np.float64)),
                np.float64,
            )
        )
        for _ in range(draws)
    ]
    tail = (1.0 - level) / 2.0
    intervals = []
    for column in np.stack(values, axis=1):
        known = column[~np.isnan(column)]
        low, high = np.quantile(known, [tail, 1.0 - tail]) if len(known) else (math.nan, math.nan)
        intervals.append(Interval(float(low), float(high)))
    return intervals


def widest(*intervals: Interval) -> Interval:
    """From the lowest to the highest end. NaN ends are passed over.

    A bootstrap knows that pictures of one person resemble each other, and says 0 to 0 where nothing was seen; the exact
    interval is the other way round. Where both could mislead the wider end of each is stated.
    """
    lows = [interval.low for interval in intervals if not math.isnan(interval.low)]
    highs = [interval.high for interval in intervals if not math.isnan(interval.high)]
    return Interval(min(lows, default=math.nan), max(highs, default=math.nan))
