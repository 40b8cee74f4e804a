"""The figures of the model card, as pure functions of templates and labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Names = npt.NDArray[np.str_]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Share:
    """A share in 0..1 with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def wilson(hits: int, count: int) -> Share:
    """Share of `hits` in `count` with Wilson's 95 % interval (1927)."""
    z, p = 1.959964, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return Share(p, middle - half, middle + half)


def best_threshold(scores: Floats, same: Bools) -> float:
    """The threshold (score at or over it: same) with most right decisions; the middle of the gap where it lies."""
    order = np.argsort(-scores)
    ranked, truth = scores[order], same[order].astype(np.int64)
    right = np.concatenate([[0], np.cumsum(truth)]) + ((~same).sum() - np.concatenate([[0], np.cumsum(1 - truth)]))
    at = int(right.argmax())
    above = ranked[at - 1] if at else ranked[0] + 1
    below = ranked[at] if at < len(ranked) else ranked[-1] - 1
    return float((above + below) / 2)


def fold_accuracy(scores: Floats, same: Bools, folds: Ints) -> Share:
    """Share of right decisions on pairs, the threshold of each fold taken from the other folds."""
    right = 0
    for fold in np.unique(folds):
        inside = folds == fold
        threshold = best_threshold(scores[~inside], same[~inside])
        right += int(((scores[inside] >= threshold) == same[inside]).sum())
    return wilson(right, len(scores))


def area_under_curve(scores: Floats, same: Bools) -> float:
    """Chance that a same pair scores higher than a different pair (Mann-Whitney)."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores)] = np.arange(1, len(scores) + 1)
    mated = int(same.sum())
    return float((ranks[same].sum() - mated * (mated + 1) / 2) / (mated * (len(scores) - mated)))


@dataclass(frozen=True)
class Draw:
    """One list and its probes: picture numbers enrolled, and of mated and non-mated probes."""

    enrolled: Ints
    mated: Ints
    non_mated: Ints


def draw_list(identities: Names, size: int, random: np.random.Generator) -> Draw:
    """Put `size` people on a list with one picture each; all their other pictures are mated probes."""
    people = np.unique(identities)
    listed = random.choice(people, size, replace=False)
    on_list = np.isin(identities, listed)
    enrolled = np.array([random.choice(np.flatnonzero(identities == person)) for person in listed])
    is_enrolled = np.zeros(len(identities), bool)
    is_enrolled[enrolled] = True
    return Draw(enrolled, np.flatnonzero(on_list & ~is_enrolled), np.flatnonzero(~on_list))


@dataclass(frozen=True)
class OpenSet:
    """TPIR (rank 1, at or over the threshold) at a FPIR, and that threshold."""

    tpir: float
    threshold: float
    mated: int
    non_mated: int


def weighted_threshold(scores: Floats, weights: Floats, share: float) -> float:
    """The lowest threshold that at most `share` of the weight reaches."""
    order = np.argsort(-scores)
    reached = np.cumsum(weights[order]) <= share * weights.sum()
    allowed = int(reached.sum())
    return float(np.nextafter(scores[order][min(allowed, len(scores) - 1)], np.float32(np.inf)))


def open_set(
    templates: Floats, identities: Names, draw: Draw, fpir: float, weight_of: dict[str, float] | None = None
) -> OpenSet:
    """Search every probe of `draw` in its list; `weight_of` weighs people (a bootstrap's counts), all 1 if absent."""
    gallery = templates[draw.enrolled]

    def weights(probes: Ints) -> Floats:
        if weight_of is None:
            return np.ones(len(probes), np.float32)
        return np.array([weight_of.get(name, 0.0) for name in identities[probes].tolist()], np.float32)

    threshold = weighted_threshold((templates[draw.non_mated] @ gallery.T).max(axis=1), weights(draw.non_mated), fpir)
    scores = templates[draw.mated] @ gallery.T
    right = identities[draw.enrolled][scores.argmax(axis=1)] == identities[draw.mated]
    hits = right & (scores.max(axis=1) >= threshold)
    w = weights(draw.mated)
    return OpenSet(float((hits * w).sum() / w.sum()), threshold, len(draw.mated), len(draw.non_mated))


def resample(identities: Names, random: np.random.Generator) -> dict[str, float]:
    """How often each person was drawn when as many as there are were drawn with replacement."""
    people, counts = np.unique(random.choice(np.unique(identities), len(np.unique(identities))), return_counts=True)
    return dict(zip(people.tolist(), counts.astype(float).tolist(), strict=True))


def cross_scores(templates: Floats, identities: Names) -> tuple[Floats, Floats]:
    """Similarities of all pairs of pictures: of one person, and of different people."""
    upper = np.triu_indices(len(templates), 1)
    scores = (templates @ templates.T)[upper]
    same = identities[upper[0]] == identities[upper[1]]
    return scores[same], scores[~same]


def quantiles(scores: Floats) -> dict[str, float]:
    """Some quantiles by name."""
    parts = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    return {f"{part:g}": round(float(v), 3) for part, v in zip(parts, np.quantile(scores, parts), strict=True)}
