"""Lists for benchmarks: people who do not exist, alone or after real ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference.pack import Pack
from records.ids import new_id
from records.times import utc_now
from watchlist.enrolment import Enrolment
from watchlist.entries import Reference, Subject
from watchlist.list_file import build_list, save_list

LANDMARKS = ((200.0, 240.0), (280.0, 240.0), (240.0, 280.0), (210.0, 330.0), (270.0, 330.0))
"""Of somebody who does not exist, in a portrait of 480 x 600 pixels."""
PORTRAIT = (480, 600)


def invented(entries: int, portrait: Callable[[int], bytes], dimension: int = 512, seed: int = 1) -> Enrolment:
    """People who do not exist: random templates of unit length, one to each; `portrait` gives the JPEG for a row."""
    rows = np.random.default_rng(seed).standard_normal((entries, dimension)).astype(np.float32)
    subjects, portraits = [], {}
    for row in range(entries):
        found = Reference(
            id=new_id(),
            file=f"{row}.jpg",
            row=row,
            width=PORTRAIT[0],
            height=PORTRAIT[1],
            landmarks=LANDMARKS,
            eye_distance=80.0,
            sharpness=0.3,
            background_faces=0,
        )
        portraits[found.id] = portrait(row)
        subjects.append(Subject(id=new_id(), label=f"person {row}", pictures=(found,)))
    return Enrolment(tuple(subjects), rows / np.linalg.norm(rows, axis=1, keepdims=True), portraits, (), ())


def together(first: Enrolment, second: Enrolment) -> Enrolment:
    """Both, the rows of the second after those of the first."""
    if not first.subjects:
        return second
    at = len(first.templates)

    def moved(one: Reference) -> Reference:
        return Reference(**{name: getattr(one, name) for name in one.__struct_fields__} | {"row": one.row + at})

    later = tuple(
        Subject(id=subject.id, label=subject.label, pictures=tuple(map(moved, subject.pictures)))
        for subject in second.subjects
    )
    return Enrolment(
        (*first.subjects, *later),
        np.concatenate([first.templates, second.templates]),
        {**first.portraits, **second.portraits},
        (*first.rejected, *second.rejected),
        (*first.not_enrolled, *second.not_enrolled),
    )


def save(enrolment: Enrolment, pack: Pack, folder: Path) -> None:
    """As a list of volunteers for a test."""
    save_list(build_list(enrolment, contract=pack.contract, created_at=utc_now()), folder)
