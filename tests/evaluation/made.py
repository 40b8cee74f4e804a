"""Labelled pictures and trials of made-up templates, small enough to count by hand."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.evaluate import Material
from evaluation.features import Features
from evaluation.labels import Labelled
from evaluation.reading import MEASURES


def unit_rows(random: np.random.Generator, count: int, dimension: int = 8) -> NDArray[np.float32]:
    rows = random.normal(size=(count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def features(templates: NDArray[np.float32], found: NDArray[np.bool_] | None = None) -> Features:
    """All measures rise with the row's number."""
    count = len(templates)
    present = np.ones(count, bool) if found is None else found
    measures = np.repeat(np.linspace(0.1, 0.9, count, dtype=np.float32)[:, None], len(MEASURES), axis=1)
    measures[:, MEASURES.index("turn")] = 0.0
    measures[~present] = np.nan
    refused = tuple("" if one else "no face" for one in present)
    return Features(np.where(present[:, None], templates, 0.0), present, measures, present.astype(np.int64), refused)


def labelled(identities: list[str], roles: list[str] | None = None, group: list[str] | None = None) -> list[Labelled]:
    given = roles or [""] * len(identities)
    groups = group or ["all"] * len(identities)
    return [
        Labelled(Path(f"{row}.jpg"), f"{row}.jpg", identity, role, {"path": f"{row}.jpg", "group": value})
        for row, (identity, role, value) in enumerate(zip(identities, given, groups, strict=True))
    ]


def people(
    random: np.random.Generator, count: int, pictures: int, spread: float = 0.5
) -> tuple[list[str], NDArray[np.float32]]:
    """`count` people with `pictures` templates each, scattered by `spread` around a direction of their own."""
    middles = np.repeat(unit_rows(random, count), pictures, axis=0)
    rows = middles + spread * random.normal(size=middles.shape) / np.sqrt(middles.shape[1])
    names = [f"person {number}" for number in range(count) for _ in range(pictures)]
    return names, np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def material(
    identities: list[str],
    templates: NDArray[np.float32],
    roles: list[str] | None = None,
    group: list[str] | None = None,
    found: NDArray[np.bool_] | None = None,
) -> Material:
    """The same template for a picture enrolled and a picture searched with; `found`: which could be acquired."""
    pictures = labelled(identities, roles, group)
    probes = features(templates, found)
    everything = np.ones(len(identities), bool)
    enrolling = np.array([picture.role in ("", "enrol") for picture in pictures])
    probing = np.array([picture.role in ("", "probe") for picture in pictures])
    return Material(
        pictures, probes, features(templates), ~everything, enrolling, probing, probes.found & probing, probes.refused
    )
