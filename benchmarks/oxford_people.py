"""Who is on the list of the Oxford Circus benchmark, and who walks past: people of LFW, filled up with nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, zip_longest
from pathlib import Path

import cv2
import numpy as np

from benchmarks.crowd import identity_of
from benchmarks.lists import PORTRAIT, invented, save, together
from benchmarks.passages import Person
from inference.pack import Pack
from inference.reader import Reader, open_models
from watchlist.enrolment import enrol
from watchlist.list_file import load_list


@dataclass(frozen=True)
class People:
    """Nobody is both listed and, by another name, a stranger."""

    portraits: dict[str, Path]
    """The reference picture of each who is listed."""
    listed: tuple[Person, ...]
    """Other pictures of the listed: these walk."""
    strangers: tuple[Person, ...]
    """Everybody once, then everybody's second picture, and so on."""


def choose(pictures: Sequence[Path], portraits: int, seed: int) -> People:
    """Half of the people with several pictures are listed with one, and walk with the others. At most `portraits`
    people in all are listed: then come half of those with one picture, who never walk."""
    of_person: dict[str, list[Path]] = {}
    for picture in pictures:
        of_person.setdefault(identity_of(picture), []).append(picture)
    names = [sorted(of_person)[at] for at in np.random.default_rng([seed, 4]).permutation(len(of_person))]
    several = [name for name in names if len(of_person[name]) > 1]
    single = [name for name in names if len(of_person[name]) == 1]
    walk_listed = several[: min(len(several) // 2, portraits)]
    stay_listed = single[: min(len(single) // 2, portraits - len(walk_listed))]
    rest = [of_person[name] for name in names if name not in {*walk_listed, *stay_listed}]
    in_rounds = (picture for turn in zip_longest(*rest) for picture in turn if picture is not None)
    return People(
        portraits={name: of_person[name][0] for name in (*walk_listed, *stay_listed)},
        listed=tuple((name, of_person[name][1]) for name in walk_listed),
        strangers=tuple((identity_of(picture), picture) for picture in in_rounds),
    )


class Walkers:
    """Who walks past, without end: each `listed_every`th is somebody whose portrait is on the list, all others are
    strangers."""

    def __init__(self, people: People, enrolled: frozenset[str], listed_every: int) -> None:
        """`enrolled`: whose portraits were good enough."""
        there = [person for person in people.listed if person[0] in enrolled]
        self.listed = frozenset(name for name, _ in there)
        self.who = self._in_turns(there, cycle(people.strangers), listed_every)

    @staticmethod
    def _in_turns(listed: Sequence[Person], strangers: Iterator[Person], listed_every: int) -> Iterator[Person]:
        if not listed:
            yield from strangers
        for one in cycle(listed):
            yield from islice(strangers, listed_every - 1)
            yield one


def build(people: People, entries: int, pack: Pack, folder: Path) -> tuple[frozenset[str], int]:
    """A list with so many entries at `folder`: the portraits that are good enough, and invented templates. One that is
    there already is taken. Returns the names of the real ones, and how many entries there are."""
    if not folder.exists():
        read = enrol({name: [path] for name, path in people.portraits.items()}, Reader(open_models(pack)))
        grey = np.full((PORTRAIT[1], PORTRAIT[0], 3), 128, np.uint8)
        blank = bytes(cv2.imencode(".jpg", grey)[1])
        dimension = read.templates.shape[1] or 512
        fill = invented(max(0, entries - len(read.subjects)), lambda _: blank, dimension)
        save(together(read, fill) if fill.subjects else read, pack, folder)
    subjects = load_list(folder, contract=pack.contract).subjects
    return frozenset(subject.label for subject in subjects) & people.portraits.keys(), len(subjects)
