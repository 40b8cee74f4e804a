"""Every two pictures compared: the highest similarities of different people, and all of one person's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.calibration import CalibrationError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST_PEOPLE = 100
LEAST_MATED = 30
"""With two pictures each."""

KEPT = 0.02
"""Share of non-mated similarities that are kept, the highest: no threshold lies below them."""
STEP = 0.005
"""Between similarities at which rates are tabulated; straight lines of logarithms between them."""
_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Scores:
    """The similarities that a calibration rests on. Pictures and people by number."""

    picture_person: Ints
    """(pictures,): whose each is."""
    picture_share: Floats
    """(pictures,): 1 / pictures of that person."""
    people: int
    floor: float
    """Non-mated similarities below are not in the next three."""
    value: Floats
    """(pairs,): non-mated similarities at or over the floor, highest first."""
    one: Ints
    """(pairs,): a picture of each pair."""
    other: Ints
    mated_value: Floats
    """(pairs,): all mated similarities, ascending."""
    mated_person: Ints
    mated_share: Floats
    """1 / mated pairs of that person."""

    @property
    def mated_people(self) -> int:
        return len(np.unique(self.mated_person))

    def most_alike(self, count: int) -> list[tuple[int, int, float]]:
        """Two pictures and their similarity, for each of the `count` pairs of people that resemble each other most."""
        seen: dict[tuple[int, int], tuple[int, int, float]] = {}
        for one, other, value in zip(self.one.tolist(), self.other.tolist(), self.value.tolist(), strict=True):
            people = sorted((int(self.picture_person[one]), int(self.picture_person[other])))
            seen.setdefault((people[0], people[1]), (one, other, value))
            if len(seen) == count:
                break
        return list(seen.values())


def compare(templates: NDArray[np.float32], identities: Sequence[str]) -> Scores:
    """All pairs of pictures. `templates`: (n, d), unit rows. Raises CalibrationError for too few people."""
    names, person, counts = np.unique(np.asarray(identities), return_inverse=True, return_counts=True)
    several = int((counts >= 2).sum())
    if len(names) < LEAST_PEOPLE or several < LEAST_MATED:
        raise CalibrationError(
            f"{len(names)} people with a face that a camera would take as a look, {several} of them in two pictures or"
            f" more: a calibration needs at least {LEAST_PEOPLE} and {LEAST_MATED}"
        )
    floor = _floor(templates, person)
    found: list[tuple[Floats, Ints, Ints]] = []
    mated: list[tuple[Floats, Ints]] = []
    for start in range(0, len(templates), _BLOCK):
        block = templates[start : start + _BLOCK] @ templates[start:].T
        rows, columns = np.triu_indices(block.shape[0], 1, block.shape[1])
        values = block[rows, columns]
        same = person[start + rows] == person[start + columns]
        mated.append((values[same].astype(np.float64), person[start + rows[same]]))
        high = ~same & (values >= floor)
        found.append((values[high].astype(np.float64), start + rows[high], start + columns[high]))
    value, one, other = (np.concatenate(part) for part in zip(*found, strict=True))
    mated_value, mated_person = (np.concatenate(part) for part in zip(*mated, strict=True))
    order, rising = np.argsort(-value, kind="stable"), np.argsort(mated_value, kind="stable")
    pairs = counts * (counts - 1) / 2
    return Scores(
        picture_person=person,
        picture_share=1.0 / counts[person],
        people=len(names),
        floor=floor,
        value=value[order],
        one=one[order],
        other=other[order],
        mated_value=mated_value[rising],
        mated_person=mated_person[rising],
        mated_share=1.0 / pairs[mated_person[rising]],
    )


def _floor(templates: NDArray[np.float32], person: Ints) -> float:
    """The similarity that about `KEPT` of the non-mated pairs reach, from some 1,500 pictures spread over all."""
    some = np.unique(np.linspace(0, len(templates) - 1, 1_500).astype(np.intp))
    values = templates[some] @ templates[some].T
    apart = np.triu(person[some][:, None] != person[some][None, :], 1)
    return float(np.floor(np.quantile(values[apart], 1.0 - KEPT) / STEP) * STEP)
