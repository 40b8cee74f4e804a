"""Which LFW development identities may train, and which are held back for the figures.

The held-back people are chosen as whole connected components of the graph that the official View 2 pairs make of them
(an edge: a *different* pair), so that many official pairs keep both of their sides in the held-back set. The choice is
a pure function of the two tables: no random generator, no clock, no order of a directory listing.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HELD_BACK_TARGET = 880
SEED = "openlfr-starter-1"


@dataclass(frozen=True)
class Picture:
    """One LFW picture: its path relative to the `lfw` folder, and whose it is by label."""

    path: str
    identity: str


@dataclass(frozen=True)
class Pair:
    """One official View 2 pair, both pictures relative to the `lfw` folder."""

    fold: int
    path_a: str
    path_b: str
    same: bool


@dataclass(frozen=True)
class Split:
    """The two disjoint sets of identities, their pictures, and the official pairs inside the held-back set.

    Pictures whose label the errata doubt are in neither list of pictures, nor in `pairs`.
    """

    train: frozenset[str]
    held_back: frozenset[str]
    train_pictures: tuple[Picture, ...]
    held_back_pictures: tuple[Picture, ...]
    pairs: tuple[Pair, ...]


def identity_of(path: str) -> str:
    """The identity in `images/<Identity>/<Identity>_<nnnn>.jpg`."""
    return path.split("/")[1]


def _order(name: str) -> str:
    return hashlib.sha256(f"{SEED}:{name}".encode()).hexdigest()


def components(names: Iterable[str], links: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Connected components of `names` under `links`, each sorted, in the order of their first name."""
    neighbours: dict[str, set[str]] = {name: set() for name in names}
    for a, b in links:
        neighbours[a].add(b)
        neighbours[b].add(a)
    seen: set[str] = set()
    found = []
    for start in sorted(neighbours):
        if start in seen:
            continue
        group, stack = set(), [start]
        while stack:
            name = stack.pop()
            if name not in group:
                group.add(name)
                stack.extend(neighbours[name] - group)
        seen |= group
        found.append(tuple(sorted(group)))
    return found


def choose_held_back(
    counts: Mapping[str, int], doubted: frozenset[str], pairs: Sequence[Pair], target: int = HELD_BACK_TARGET
) -> frozenset[str]:
    """Choose about `target` identities to hold back.

    Whole components are taken, those with the most official pairs and people of several pictures per picture lost to
    training first. A component that holds a doubted label is never chosen: such a person may also be in the training
    set under another name.

    Args:
        counts: pictures (with an undoubted label) of each identity.
        doubted: identities with at least one picture whose label the errata doubt.
        pairs: all official pairs among them.
        target: number of identities at which to stop.
    """
    links = [(identity_of(p.path_a), identity_of(p.path_b)) for p in pairs if not p.same]
    edges: dict[str, int] = defaultdict(int)
    same: dict[str, int] = defaultdict(int)
    for pair in pairs:
        (same if pair.same else edges)[identity_of(pair.path_a)] += 1

    def worth(group: tuple[str, ...]) -> tuple[float, str]:
        pictures = sum(counts.get(name, 0) for name in group)
        several = sum(counts.get(name, 0) >= 2 for name in group)
        gain = sum(edges[name] + 0.5 * same[name] for name in group) + 0.5 * several
        return (-gain / (len(group) + pictures), _order(group[0]))

    chosen: set[str] = set()
    for group in sorted(components(counts, links), key=worth):
        if len(chosen) >= target:
            break
        if doubted.isdisjoint(group) and sum(counts[name] for name in group) <= 12 * len(group):
            chosen.update(group)
    return frozenset(chosen)


def load_split(shared: Path) -> Split:
    """Read LFW's tables under `shared`/data/lfw and split the people.

    Raises:
        FileNotFoundError: the data set is not there.
    """
    root = shared / "data" / "lfw"
    if not (root / "images.csv").is_file():
        raise FileNotFoundError(f"{root}: no images.csv; the LFW development part is needed to train or to evaluate")
    with (root / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (root / "pairs.csv").open(newline="", encoding="utf-8") as file:
        pairs = [Pair(int(r["fold"]), r["path_a"], r["path_b"], r["same"] == "1") for r in csv.DictReader(file)]
    doubted_paths = {row["path"] for row in rows if row["label_note"]}
    doubted = frozenset(row["identity"] for row in rows if row["label_note"])
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row["identity"]] += not row["label_note"]
    held_back = choose_held_back(counts, doubted, pairs)
    train = frozenset(counts) - held_back
    pictures = [Picture(r["path"], r["identity"]) for r in rows if r["path"] not in doubted_paths]
    return Split(
        train=train,
        held_back=held_back,
        train_pictures=tuple(p for p in pictures if p.identity in train),
        held_back_pictures=tuple(p for p in pictures if p.identity in held_back),
        pairs=tuple(
            pair
            for pair in pairs
            if {identity_of(pair.path_a), identity_of(pair.path_b)} <= held_back
            and doubted_paths.isdisjoint((pair.path_a, pair.path_b))
        ),
    )
