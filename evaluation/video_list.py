"""The list for an evaluation on videos: the people to be found, and other people added to make it long."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from evaluation.errors import EvaluationError
from evaluation.labels import Labels, read_labels
from inference.reader import Models, Reader
from watchlist.enrolment import Enrolment, Progress, enrol
from watchlist.entries import Subject
from watchlist.index import ExactIndex, Gallery
from watchlist.pictures import MOST_PICTURES, find_pictures


@dataclass(frozen=True)
class Listed:
    """A list that can be searched. Exact search: HNSW serves a rig only while it gives the same answers."""

    subjects: tuple[Subject, ...]
    index: ExactIndex
    enrolment: Enrolment
    """The enrolment of the people to be found: its `rejected` pictures are worth a look."""


def make_list(
    folders: Sequence[Path],
    models: Models,
    *,
    images: Path | None = None,
    add: int = 0,
    leave_out: Collection[str] = (),
    seed: int = 1,
    progress: Progress | None = None,
) -> Listed:
    """The pictures of all `folders`, and `add` other people of the table `images`, one picture each.

    A person in several folders is one subject with all these pictures. The others are drawn at random from the sorted
    names (the same seed gives the same people), each with the first picture, or passed over where that is refused;
    `leave_out` and the people of the folders are passed over by name, pictures whose label is noted as doubtful too.

    Raises EvaluationError, WatchlistError.
    """
    wanted: dict[str, tuple[Path, ...]] = {}
    for folder in folders:
        for identity, paths in find_pictures(folder).items():
            wanted[identity] = (*wanted.get(identity, ()), *paths)
    for identity, paths in wanted.items():
        if len(paths) > MOST_PICTURES:
            raise EvaluationError(f"{len(paths)} pictures of {identity}: an entry holds at most {MOST_PICTURES}")
    reader = Reader(models)
    enrolment = enrol(wanted, reader, progress=progress)
    if not enrolment.subjects:
        raise EvaluationError(f"nobody is enrolled from {', '.join(map(str, folders))}: no usable picture")
    subjects, templates = list(enrolment.subjects), [enrolment.templates]
    if add:
        if images is None:
            raise EvaluationError("others are to be added to the list: name the table of their pictures")
        known = {_plain(name) for name in (*leave_out, *wanted)}
        others = [(name, paths) for name, paths in people_of(read_labels(images)).items() if _plain(name) not in known]
        order = np.random.default_rng(seed).permutation(len(others))
        if add > len(others):
            raise EvaluationError(f"{images}: {len(others)} other people, {add} are to be added")
        row, added = len(enrolment.templates), 0
        for place in order:
            name, paths = others[place]
            found = enrol({name: paths[:1]}, reader)
            if not found.subjects:
                continue
            (subject,) = found.subjects
            subjects.append(_moved(subject, row))
            templates.append(found.templates)
            row, added = row + 1, added + 1
            if progress:
                progress(added, add, paths[0])
            if added == add:
                break
        else:
            raise EvaluationError(f"{images}: only {added} other people have a usable picture, {add} are to be added")
    owners = np.empty(sum(len(one) for one in templates), np.intp)
    for position, subject in enumerate(subjects):
        owners[[reference.row for reference in subject.pictures]] = position
    return Listed(tuple(subjects), ExactIndex(Gallery(np.concatenate(templates), owners)), enrolment)


def people_of(labels: Labels) -> Mapping[str, tuple[Path, ...]]:
    """The pictures of each identity, both sorted."""
    found: dict[str, list[Path]] = {}
    for picture in labels.pictures:
        found.setdefault(picture.identity, []).append(picture.path)
    return {identity: tuple(sorted(found[identity])) for identity in sorted(found)}


def _moved(subject: Subject, row: int) -> Subject:
    (reference,) = subject.pictures
    return msgspec.structs.replace(subject, pictures=(msgspec.structs.replace(reference, row=row),))


def _plain(name: str) -> str:
    """Two spellings of one name, `Matt_LeBlanc` and `matt leblanc`, are one person."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
