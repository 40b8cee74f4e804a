"""Searching a list with labelled probes, and the threshold that keeps a false positive rate.

A search of a mated probe is a true positive if its own entry is the most similar of all and reaches the threshold
(rank 1); of a non-mated probe a false positive if any entry reaches it. A probe that could not be acquired reaches
nothing: mated, it is a miss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.protocol import Trial

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

_BLOCK = 1 << 23
"""Most similarities held at once: 32 MiB."""


@dataclass(frozen=True, eq=False)
class Searches:
    """The answers of one list to its p probes, in the order of the trial's probes."""

    rows: Rows
    """(p,): the probe's row among the labelled pictures."""
    people: Rows
    """(p,): the probe's person, numbered over all labelled pictures."""
    mated: Bools
    acquired: Bools
    best: Floats
    """Highest similarity to any entry; -inf where not acquired."""
    entry: Rows
    """The entry with the highest similarity."""
    right: Bools
    """Mated, acquired, and the best entry is the probe's own."""
    own: Floats
    """Similarity to the probe's own entry; -inf where not acquired, NaN where non-mated."""
    size: int
    """Entries on the list."""

    def only(self, keep: Bools) -> "Searches":
        """The searches where `keep` (p,) is set."""
        return Searches(
            self.rows[keep],
            self.people[keep],
            self.mated[keep],
            self.acquired[keep],
            self.best[keep],
            self.entry[keep],
            self.right[keep],
            self.own[keep],
            self.size,
        )


def search(
    trial: Trial, references: NDArray[np.float32], probes: NDArray[np.float32], acquired: Bools, people: Rows
) -> Searches:
    """Every probe of `trial` in its list. The arrays have one row for each labelled picture.

    An entry is as similar as its best picture, as in `watchlist.index`.
    """
    gallery = references[trial.references].T
    starts = np.flatnonzero(np.diff(trial.owners, prepend=-1))
    count = len(trial.probes)
    best, own = np.full(count, -np.inf), np.where(trial.truth >= 0, -np.inf, np.nan)
    entry = np.full(count, -1, np.intp)
    can = np.flatnonzero(acquired[trial.probes])
    step = max(1, _BLOCK // max(gallery.shape[1], 1))
    for at in range(0, len(can), step):
        some = can[at : at + step]
        scores = np.maximum.reduceat(probes[trial.probes[some]] @ gallery, starts, axis=1)
        entry[some] = scores.argmax(axis=1)
        best[some] = scores.max(axis=1)
        truth = trial.truth[some]
        mated = truth >= 0
        own[some[mated]] = scores[mated, truth[mated]]
    mated = trial.truth >= 0
    right = mated & (entry == trial.truth)
    return Searches(
        trial.probes, people[trial.probes], mated, acquired[trial.probes], best, entry, right, own, trial.size
    )


def threshold_at(scores: Floats, weights: Floats, share: float) -> float:
    """The lowest threshold that at most `share` of the weight reaches; scores are (n,) in any order.

    Just above the highest score that must not reach it. Raises ValueError without scores.
    """
    order = np.argsort(-scores, kind="stable")
    return lowest_threshold(scores[order], np.cumsum(weights[order]), share)


def lowest_threshold(falling: Floats, reached: Floats, share: float) -> float:
    """As `threshold_at`: scores are `falling`, `reached` cumulates their weights."""
    if not len(falling):
        raise ValueError("no non-mated probe was acquired: there is nothing to set a threshold by")
    # Sums of weights that are whole numbers are exact; the product may fall short of one by rounding.
    allowed = int(np.searchsorted(reached, share * reached[-1] * (1 + 1e-12), side="right"))
    if allowed == len(falling):
        return -1.0
    return float(np.nextafter(falling[allowed], np.inf))


def true_positives(searches: Searches, threshold: float) -> Bools:
    """(p,): mated probes whose own entry is first and at or over the threshold."""
    return searches.right & (searches.best >= threshold)
