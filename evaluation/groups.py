"""The same figures for each group of people or pictures, with intervals, and `too few to say` where it is so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.identification import Point, points
from evaluation.intervals import DRAWS, too_few
from evaluation.searching import Searches


@dataclass(frozen=True)
class GroupFigures:
    """One group at the thresholds of everyone."""

    group: str
    point: Point
    few_false_positives: bool
    """Too few false positives, or too few non-mated probes, to compare this group's FPIR with another's."""
    few_misses: bool
    """The same of misses, mated probes and TPIR."""


def by_group(
    draws: Sequence[Searches],
    people: int,
    groups: NDArray[np.str_],
    threshold: float,
    *,
    resamples: int = DRAWS,
    seed: int = 1,
) -> list[GroupFigures]:
    """For each value of `groups` (one a labelled picture) that has a probe, in alphabetical order."""
    present = np.unique(np.concatenate([groups[searches.rows] for searches in draws]))
    found = []
    for group in present.tolist():
        mine = [searches.only(groups[searches.rows] == group) for searches in draws]
        point = points(mine, people, (), (threshold,), resamples=resamples, seed=seed)[0]
        misses = (1.0 - point.tpir) * point.mated if point.mated else 0.0
        found.append(
            GroupFigures(
                group,
                point,
                too_few(point.false_positives, point.non_mated),
                too_few(min(misses, point.mated - misses), point.mated),
            )
        )
    return found
