"""Passages at a given rate: who walks past which camera when, and what a record says of it beside that truth."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.crowd import WALK_S, Size, Truth, Walk, lay_out, write
from benchmarks.report import BenchmarkError

EMPTY_BEFORE_S, EMPTY_AFTER_S = 1.0, 2.0
"""Nobody is in the picture at a clip's ends: played again and again, no passage runs over its end."""
PLACE_EMPTY_S = 1.4
"""Between two people in one place: longer than a lost track is kept (`PipelineSettings.lost_after`)."""
MOST_PLACES = 40

Person = tuple[str, Path]
"""Name, and the picture that walks."""


@dataclass(frozen=True)
class Shown:
    """One passage of the truth."""

    camera: str
    first: int
    last: int
    identity: str
    listed: bool


@dataclass(frozen=True)
class Counted:
    """One passage of a record, and whom its track was a candidate for."""

    camera: str
    track: int
    first: int
    last: int
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """A record beside the truth."""

    shown: int
    counted: int
    matched: int
    """Passages shown that one passage of the record stands for."""
    besides: int
    """Passages of the record that stand for none: a broken track, or no face at all."""
    listed_shown: int
    listed_found: int
    """Of these, with an alert or a sighting for that very person."""
    false_candidates: int
    """Tracks that were taken for somebody who was not there."""

    @property
    def missed(self) -> int:
        return self.shown - self.matched


def make_passages(
    out: Path, people: Sequence[Person], rate: float, seconds: float, fps: float, size: Size, seed: int
) -> Truth:
    """A clip with `rate` passages a minute, one after the other of `people`, again from the first when all were shown.

    Raises BenchmarkError for more than so large a picture has room for.
    """
    rng = np.random.default_rng([seed, 3])
    taken_s = WALK_S[1] + PLACE_EMPTY_S
    needed = int(np.ceil(rate / 60 * taken_s)) + 2
    if needed > MOST_PLACES:
        raise BenchmarkError(f"{rate:g} passages a minute are too many for one camera: give it more cameras")
    places = lay_out(size, needed)
    free_from = [0.0] * len(places)
    walks: list[Walk] = []
    for number in range(passages_in(rate, seconds)):
        asked = EMPTY_BEFORE_S + (number + float(rng.uniform())) * 60 / rate
        free = [place for place, since in enumerate(free_from) if since <= asked]
        place = int(rng.choice(free)) if free else int(np.argmin(free_from))
        begins, lasts = max(asked, free_from[place]), float(rng.uniform(*WALK_S))
        free_from[place] = begins + lasts + PLACE_EMPTY_S
        identity, picture = people[number % len(people)]
        first = round(begins * fps)
        walks.append(Walk(identity, picture, places[place], first, first + round(lasts * fps), float(rng.uniform())))
    ends = max((walk.last for walk in walks), default=0) / fps
    frames = round(max(seconds, ends + EMPTY_AFTER_S) * fps)
    return write(out, walks, frames, fps, size, seed)


def passages_in(rate: float, seconds: float) -> int:
    """How many passages begin in a clip of so many seconds."""
    walking = seconds - EMPTY_BEFORE_S - EMPTY_AFTER_S - WALK_S[1]
    return max(1, int(rate / 60 * walking))


def seconds_for(rate: float, passages: int) -> float:
    """Length of a clip in which so many begin."""
    return (passages + 1e-6) * 60 / rate + EMPTY_BEFORE_S + EMPTY_AFTER_S + WALK_S[1]


def repeated(truth: Truth, camera: str, times: int, listed: frozenset[str]) -> list[Shown]:
    """The clip's passages when it is played so many times, with the numbers that the source gives its frames."""
    return [
        Shown(
            camera,
            walk.first + turn * truth.frames,
            walk.last + turn * truth.frames,
            walk.identity,
            walk.identity in listed,
        )
        for turn in range(times)
        for walk in truth.walks
    ]


def compare(shown: Sequence[Shown], counted: Sequence[Counted]) -> Compared:
    """One passage of the record stands for at most one that was shown: those whose frames agree best, camera by camera.

    A candidate is false where its person was not in that camera's picture during its passage.
    """
    pairs = sorted(_overlaps(shown, counted), reverse=True)
    of_shown: set[int] = set()
    of_counted: set[int] = set()
    for _, truth, found in pairs:
        if truth not in of_shown and found not in of_counted:
            of_shown.add(truth)
            of_counted.add(found)
    present: dict[int, set[str]] = {}
    found_people: set[int] = set()
    for _, truth, found in pairs:
        present.setdefault(found, set()).add(shown[truth].identity)
        if shown[truth].identity in counted[found].labels:
            found_people.add(truth)
    named = [(found, label) for found, passage in enumerate(counted) for label in passage.labels]
    return Compared(
        shown=len(shown),
        counted=len(counted),
        matched=len(of_shown),
        besides=len(counted) - len(of_counted),
        listed_shown=sum(one.listed for one in shown),
        listed_found=sum(shown[at].listed for at in found_people),
        false_candidates=sum(label not in present.get(found, ()) for found, label in named),
    )


def _overlaps(shown: Sequence[Shown], counted: Sequence[Counted]) -> Iterable[tuple[float, int, int]]:
    """(frames in both over frames in either, number of the one shown, number of the one counted)."""
    for camera in {one.camera for one in shown}:
        there = sorted((one.first, at) for at, one in enumerate(shown) if one.camera == camera)
        firsts = [first for first, _ in there]
        longest = max(shown[at].last - shown[at].first for _, at in there)
        for found, passage in enumerate(counted):
            if passage.camera != camera:
                continue
            for first, at in there[bisect_left(firsts, passage.first - longest) :]:
                if first > passage.last:
                    break
                both = min(passage.last, shown[at].last) - max(passage.first, first) + 1
                if both > 0:
                    either = max(passage.last, shown[at].last) - min(passage.first, first) + 1
                    yield both / either, at, found
