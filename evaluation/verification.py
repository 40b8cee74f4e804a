"""One-to-one comparison: false accept and true accept rates over all pairs of a reference and another picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.intervals import DRAWS, Counts, Interval, bootstrap_counts

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

BINS = 20_000
"""Of similarity from -1 to 1: thresholds are exact to 0.0001, and tens of millions of pairs need no memory."""
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Pairs:
    """Similarities of all pairs, in bins; and of each person's mated ones."""

    mated: NDArray[np.int64]
    """(people, BINS) would be mostly empty: (m, 2) of person and bin, one row a mated pair."""
    non_mated: NDArray[np.int64]
    """(BINS,) counts."""
    failed: NDArray[np.int64]
    """(people,): mated pairs with a picture that gave no template."""


def compare(
    references: Floats32, usable: Bools, probes: Floats32, probing: Bools, acquired: Bools, people: Rows
) -> Pairs:
    """Every usable reference with every picture in `probing` but itself; all arrays have one row a picture.

    Pairs of one person whose probe was not `acquired` are counted as failed; such non-mated ones are left out.
    """
    enrolled, can = np.flatnonzero(usable), np.flatnonzero(probing & acquired)
    counts = np.zeros(BINS, np.int64)
    mated: list[NDArray[np.int64]] = []
    step = max(1, _BLOCK // max(len(can), 1))
    for at in range(0, len(enrolled), step):
        some = enrolled[at : at + step]
        bins = in_bins(references[some] @ probes[can].T)
        same = people[some][:, None] == people[can][None, :]
        itself = some[:, None] == can[None, :]
        counts += np.bincount(bins[~same], minlength=BINS)
        rows, columns = np.nonzero(same & ~itself)
        mated.append(np.stack([people[some][rows], bins[rows, columns]], axis=1))
    failed = np.zeros(int(people.max(initial=-1)) + 1, np.int64)
    lost = np.bincount(people[probing & ~acquired], minlength=len(failed))
    # A picture is never compared with itself, also where it could be enrolled but not acquired.
    itself_lost = np.bincount(people[usable & probing & ~acquired], minlength=len(failed))
    failed += lost * np.bincount(people[usable], minlength=len(failed)) - itself_lost
    return Pairs(np.concatenate(mated) if mated else np.empty((0, 2), np.int64), counts, failed)


def in_bins(similarities: Floats32) -> NDArray[np.int64]:
    """The bin of each similarity; bin b begins at -1 + 2 b / BINS."""
    return np.clip(((similarities.astype(np.float64) + 1.0) * (BINS / 2)).astype(np.int64), 0, BINS - 1)


def bin_start(number: int) -> float:
    return -1.0 + 2.0 * number / BINS


@dataclass(frozen=True)
class Verified:
    """At one threshold."""

    target_far: float
    threshold: float
    """To 0.0001."""
    far: float
    """False accepts in the non-mated pairs; what was in fact reached is at most the target."""
    false_accepts: int
    tar: float
    """Of all mated pairs; those with a picture that gave no template are rejected."""
    interval: Interval
    """95 % of `tar`, resampling people; the threshold stays."""


@dataclass(frozen=True)
class Roc:
    """The trade-off at all thresholds that are told apart by it."""

    far: tuple[float, ...]
    frr: tuple[float, ...]
    mated: int
    non_mated: int
    equal_error_rate: float
    """Where FAR and FRR are nearest: their mean."""


def verified(pairs: Pairs, targets: Sequence[float], *, resamples: int = DRAWS, seed: int = 1) -> list[Verified]:
    """True accepts at each target false accept rate."""
    reaching = _reaching(pairs.non_mated)
    total = int(pairs.non_mated.sum())
    people = len(pairs.failed)
    compared = np.bincount(pairs.mated[:, 0], minlength=people) + pairs.failed
    bins = [_first_bin(reaching, target, total) for target in targets]
    accepted = np.stack([np.bincount(pairs.mated[pairs.mated[:, 1] >= start, 0], minlength=people) for start in bins])

    def rates(counts: Counts) -> list[float]:
        whole = float(counts @ compared)
        return [float(counts @ row) / whole if whole else float("nan") for row in accepted]

    values = rates(np.ones(people))
    intervals = bootstrap_counts(people, rates, resamples, seed)
    return [
        Verified(target, bin_start(start), reaching[start] / max(total, 1), int(reaching[start]), value, interval)
        for target, start, value, interval in zip(targets, bins, values, intervals, strict=True)
    ]


def roc(pairs: Pairs, steps: int = 200) -> Roc:
    """At about `steps` thresholds, spread over the logarithm of the false accept rate."""
    reaching = _reaching(pairs.non_mated)
    total = int(pairs.non_mated.sum())
    failed = int(pairs.failed.sum())
    mated = len(pairs.mated) + failed
    found = _reaching(np.bincount(pairs.mated[:, 1], minlength=BINS))
    far, frr = reaching / max(total, 1), 1.0 - found / max(mated, 1)
    levels = np.geomspace(1.0 / max(total, 1), 1.0, steps)
    chosen = np.unique([_first_bin(reaching, level, total) for level in levels])
    nearest = int(np.abs(far - frr).argmin())
    return Roc(
        tuple(far[chosen].tolist()),
        tuple(frr[chosen].tolist()),
        mated,
        total,
        float((far[nearest] + frr[nearest]) / 2),
    )


def _reaching(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(BINS + 1,): how many lie in bin b or above; the last is 0."""
    return np.concatenate([np.cumsum(counts[::-1])[::-1], [0]])


def _first_bin(reaching: NDArray[np.int64], share: float, total: int) -> int:
    """The lowest bin from which at most `share` of `total` lie upwards."""
    return int(np.argmax(reaching <= share * total * (1 + 1e-12)))
