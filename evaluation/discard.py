"""Error versus discard (ISO/IEC 29794-1; Grother, Tabassi 2007): does refusing the worst pictures lower FNIR?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.features import Features
from evaluation.searching import Floats, Searches, true_positives

SHARES = tuple(round(step / 50, 2) for step in range(16))
"""0, 2 %, ... 30 % discarded."""


@dataclass(frozen=True)
class Discard:
    """FNIR of acquired mated probes, by the share of them that was refused first."""

    measure: str
    shares: tuple[float, ...]
    fnir: tuple[float, ...]
    best: tuple[float, ...]
    """What an oracle would reach that refuses the misses first."""

    @property
    def gain(self) -> float:
        """How much of what the oracle takes away over all shares this measure takes away too: 1 the oracle, 0 chance.

        Chance leaves FNIR where it is.
        """
        start = self.fnir[0]
        possible = sum(start - value for value in self.best)
        return sum(start - value for value in self.fnir) / possible if possible else 0.0


def goodness(features: Features) -> dict[str, NDArray[np.float32]]:
    """(n,) by measure: more is better. Angles count by their size, brightness by its distance from mid grey."""
    return {
        "quality (combined)": features.quality,
        "eye distance": features.eye_distance,
        "turn": -np.abs(features.turn),
        "roll": -np.abs(features.roll),
        "detector score": features.score,
        "sharpness": features.sharpness,
        "brightness": -np.abs(features.brightness - 127.5),
        "contrast": features.contrast,
    }


def discarding(
    draws: Sequence[Searches], thresholds: Sequence[float], measure: str, good: NDArray[np.float32]
) -> Discard:
    """`thresholds`: each draw's, kept while the worst by `good` (one value a picture) are refused; mean over draws."""
    curves, oracles = [], []
    for searches, threshold in zip(draws, thresholds, strict=True):
        among = searches.mated & searches.acquired
        missed = ~true_positives(searches, threshold)[among]
        order = np.argsort(good[searches.rows[among]], kind="stable")
        curves.append(_after(missed[order]))
        oracles.append(_after(np.sort(missed)[::-1]))
    return Discard(measure, SHARES, _means(curves), _means(oracles))


def _after(missed: NDArray[np.bool_]) -> Floats:
    """FNIR of what is left when the first `SHARES` of `missed` were refused."""
    left = [missed[round(share * len(missed)) :] for share in SHARES]
    return np.array([float(part.mean()) if len(part) else np.nan for part in left])


def _means(curves: Sequence[Floats]) -> tuple[float, ...]:
    return tuple(np.mean(curves, axis=0).tolist()) if curves else tuple(float("nan") for _ in SHARES)
