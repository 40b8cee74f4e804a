"""The bins of what a worker counts anonymously: how alike passages were to the list, and how soon they were forgotten.

Kinds: `similarity`, the best similarity of each passage that was searched; `age`, of a passage without a candidate,
the time from its last look until its pixels and templates were overwritten; `age_after_alert`, of one with a candidate,
the time from the moment that the record had stored the alert until the worker's own copies were gone.
"""

from bisect import bisect_left
from typing import Literal

Kind = Literal["similarity", "age", "age_after_alert"]

SIMILARITY_STEP = 0.02
SIMILARITY_BINS = 100
"""From -1 to 1: bin 50 begins at 0."""
AGE_BOUNDS_MS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Upper bounds, inclusive; one more bin holds what took longer."""


def similarity_bin(similarity: float) -> int:
    """Of a cosine; rounding may carry it a little outside -1..1."""
    # Divided in millionths: 0.58 / 0.02 is 28.999... in binary fractions.
    return min(max(round((similarity + 1.0) * 1e6) // round(SIMILARITY_STEP * 1e6), 0), SIMILARITY_BINS - 1)


def age_bin(nanoseconds: int) -> int:
    return bisect_left(AGE_BOUNDS_MS, nanoseconds / 1e6)


def bounds(kind: Kind, at: int) -> tuple[float, float]:
    """From and to: of similarity (the upper bound excluded), or of age in milliseconds (the upper bound included)."""
    if kind == "similarity":
        return round(at * SIMILARITY_STEP - 1.0, 2), round((at + 1) * SIMILARITY_STEP - 1.0, 2)
    ends = (0.0, *map(float, AGE_BOUNDS_MS), float("inf"))
    return ends[at], ends[at + 1]
