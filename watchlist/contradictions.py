"""Entries that look like one another: one person listed twice, a picture of another person, or people easily mistaken.

Compared in blocks: all similarities of 10,000 templates at once would be 400 MB.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from watchlist.templates import Templates

_BLOCK = 1024


@dataclass(frozen=True)
class Resemblance:
    """Two entries, the first before the second, and the similarity of their most similar pictures."""

    first: int
    second: int
    similarity: float


def resemblances(
    templates: Templates, owners: npt.NDArray[np.intp], threshold: float, block: int = _BLOCK
) -> list[Resemblance]:
    """All pairs of entries with a pair of pictures at or over the threshold, most similar first.

    `templates`: n x d, unit rows; `owners[r]`: the entry of row r.
    """
    best: dict[tuple[int, int], float] = {}
    for start in range(0, len(templates), block):
        rows = templates[start : start + block]
        # Only what lies behind: each pair once.
        similarities = rows @ templates[start:].T
        near, far = np.nonzero(similarities >= threshold)
        for at, to, value in zip(near, far, similarities[near, far], strict=True):
            one, other = int(owners[start + at]), int(owners[start + to])
            if one != other:
                pair = (min(one, other), max(one, other))
                best[pair] = max(best.get(pair, -1.0), float(value))
    found = [Resemblance(first, second, value) for (first, second), value in best.items()]
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))
