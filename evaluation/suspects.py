"""Pairs whose labels most need a look: different people who look the same, one person's pictures that do not."""

import csv
import io
from dataclasses import astuple, dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from evaluation.evaluate import Material

_BLOCK = 1 << 22
_KEPT = 20
"""Pairs looked at for each pair of people that is wanted: some two people have many pictures."""


@dataclass(frozen=True, order=True)
class Suspect:
    """A pair of pictures. Whether its label is wrong only a person can say."""

    similarity: float
    kind: str
    """`different people` or `same person`, as the labels say."""
    picture: str
    identity: str
    other_picture: str
    other_identity: str


def suspects(material: Material, most: int = 50) -> list[Suspect]:
    """The `most` most similar pairs of different people, then the `most` pictures least like their person's others.

    Of a reference and a probe each; of two people only the most similar pair, of a picture the picture most like it.
    Those who fill the list count: they may be the very people who pass.
    """
    enrolled = np.flatnonzero(material.references.found)
    can = np.flatnonzero(material.acquired)
    identities = np.array([picture.identity for picture in material.pictures])
    closest: dict[tuple[str, str], _Pair] = {}
    nearest: dict[int, _Pair] = {}
    step = max(1, _BLOCK // max(len(can), 1))
    for at in range(0, len(enrolled), step):
        some = enrolled[at : at + step]
        scores = material.references.templates[some] @ material.probes.templates[can].T
        same = identities[some][:, None] == identities[can][None, :]
        itself = some[:, None] == can[None, :]
        floor = np.sort(np.where(same, -np.inf, scores), axis=None)[-min(_KEPT * most, scores.size)]
        for row, column in np.argwhere(~same & (scores >= floor)).tolist():
            pair = _Pair(float(scores[row, column]), int(some[row]), int(can[column]))
            names = sorted((str(identities[pair.a]), str(identities[pair.b])))
            _keep_higher(closest, (names[0], names[1]), pair)
        for row, column in np.argwhere(same & ~itself).tolist():
            pair = _Pair(float(scores[row, column]), int(some[row]), int(can[column]))
            _keep_higher(nearest, pair.b, pair)
    highest = sorted(closest.values(), reverse=True)[:most]
    loneliest = list({frozenset((pair.a, pair.b)): pair for pair in sorted(nearest.values(), reverse=True)}.values())
    return [_suspect(material, "different people", pair) for pair in highest] + [
        _suspect(material, "same person", pair) for pair in sorted(loneliest)[:most]
    ]


def as_csv(found: list[Suspect]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("similarity", "labelled", "picture", "identity", "other_picture", "other_identity"))
    writer.writerows((f"{suspect.similarity:.4f}", *astuple(suspect)[1:]) for suspect in found)
    return text.getvalue().encode()


class _Pair(NamedTuple):
    similarity: float
    a: int
    b: int


Key = TypeVar("Key")


def _keep_higher(kept: dict[Key, _Pair], key: Key, pair: _Pair) -> None:
    if key not in kept or pair > kept[key]:
        kept[key] = pair


def _suspect(material: Material, kind: str, pair: _Pair) -> Suspect:
    one, other = material.pictures[pair.a], material.pictures[pair.b]
    return Suspect(round(pair.similarity, 4), kind, one.name, one.identity, other.name, other.identity)
