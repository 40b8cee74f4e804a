"""Enrolment: reference pictures in, subjects with templates out, and each rejected picture with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from records.ids import new_id
from watchlist.entries import Point, Reference, Subject
from watchlist.errors import UnreadablePicture
from watchlist.faces import DetectedFace, Face, FaceReader, eye_distance, find_faces, moved, portrait, reduced
from watchlist.pictures import Picture, read_picture
from watchlist.quality import Floor, Reason, choose_main, sharpness, turned
from watchlist.templates import Templates, check_templates

Progress = Callable[[int, int, Path], None]
"""Called after each picture with (pictures done, pictures in all, this picture)."""

PORTRAIT_QUALITY = 90
TEMPLATE_EYES = 70.0
"""Most pixels between the eyes of what the recogniser gets: twice what it looks at, so that reducing does not alias."""


@dataclass(frozen=True)
class Rejected:
    """A reference picture that is not used, and why."""

    path: Path
    label: str
    reason: Reason
    detail: str
    """A plain sentence for the person who builds the list."""


@dataclass(frozen=True)
class Enrolment:
    """What came of a set of pictures. A subject is enrolled if at least one picture passed."""

    subjects: tuple[Subject, ...]
    templates: Templates
    """One row per accepted picture, n x d; 0 x 0 if none passed."""
    portraits: Mapping[str, bytes]
    """JPEG of each accepted picture, by its id."""
    rejected: tuple[Rejected, ...]
    not_enrolled: tuple[str, ...]
    """Labels of those with no picture left."""


@dataclass(frozen=True)
class Accepted:
    """A face that passed, in its portrait."""

    portrait: Picture
    face: Face
    eye_distance: float
    sharpness: float
    background_faces: int


@dataclass(frozen=True)
class Enrolled:
    """What an accepted picture leaves: the picture itself is not kept."""

    reference: Reference
    jpeg: bytes
    """The portrait."""
    template: Templates
    """1 x d."""


class Refused(Exception):
    """This picture cannot stand for its subject."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def enrol(
    pictures: Mapping[str, Sequence[Path]],
    reader: FaceReader,
    *,
    floor: Floor | None = None,
    progress: Progress | None = None,
) -> Enrolment:
    """Reads all pictures, one after the other; a bad one is reported and never stops the others.

    Holds every portrait in memory, 20 to 80 kB each. Raises BadTemplates if the reader's templates are not of unit
    length or not of one size.
    """
    limits = floor or Floor()
    total, done = sum(len(paths) for paths in pictures.values()), 0
    subjects: list[Subject] = []
    rows: list[Templates] = []
    portraits: dict[str, bytes] = {}
    rejected: list[Rejected] = []
    for label, paths in pictures.items():
        references: list[Reference] = []
        for path in paths:
            try:
                dimension = rows[0].shape[1] if rows else None
                made = enrol_picture(_read(path), reader, limits, path.name, len(rows), dimension, str(path))
            except Refused as refused:
                rejected.append(Rejected(path, label, refused.reason, refused.detail))
            else:
                portraits[made.reference.id] = made.jpeg
                rows.append(made.template)
                references.append(made.reference)
            done += 1
            if progress:
                progress(done, total, path)
        if references:
            subjects.append(Subject(id=new_id(), label=label, pictures=tuple(references)))
    enrolled = {subject.label for subject in subjects}
    return Enrolment(
        tuple(subjects),
        np.concatenate(rows) if rows else np.empty((0, 0), np.float32),
        portraits,
        tuple(rejected),
        tuple(label for label in pictures if label not in enrolled),
    )


def enrol_picture(
    picture: Picture, reader: FaceReader, floor: Floor, file: str, row: int, dimension: int | None, what: str
) -> Enrolled:
    """One picture; `file` and `row` go into its reference, `what` begins the message of an error.

    Raises Refused, or BadTemplates.
    """
    accepted = examine(picture, reader, floor)
    return Enrolled(
        _reference(file, row, accepted), _jpeg(accepted.portrait), _template(reader, accepted, what, dimension)
    )


def examine(picture: Picture, reader: FaceReader, floor: Floor) -> Accepted:
    """The face that this picture is of. Raises Refused."""
    faces = find_faces(picture, reader)
    if not faces:
        raise Refused(Reason.NO_FACE, "No face was found; use a picture that shows the whole face from the front.")
    main, rivals, background = choose_main(faces, picture)
    if rivals:
        detail = f"{rivals + 1} faces could be meant; cut the picture so that only the subject is left."
        raise Refused(Reason.SEVERAL_FACES, detail)
    eyes = eye_distance(main)
    if eyes < floor.eye_distance:
        detail = (
            f"{eyes:.0f} pixels between the eyes, at least {floor.eye_distance:.0f} are needed; use a larger picture."
        )
        raise Refused(Reason.TOO_SMALL, detail)
    away = turned(main)
    if away > floor.turned:
        detail = (
            f"The head is turned too far to the side ({away:.2f}, at most {floor.turned:.2f}); use a frontal picture."
        )
        raise Refused(Reason.TURNED_AWAY, detail)
    cut, face = portrait(picture, main)
    sharp = sharpness(cut, face)
    if sharp < floor.sharpness:
        detail = f"The face is blurred (sharpness {sharp:.2f}, at least {floor.sharpness:.2f}); use a sharper picture."
        raise Refused(Reason.TOO_BLURRED, detail)
    return Accepted(cut, face, eyes, sharp, background)


def _read(path: Path) -> Picture:
    try:
        return read_picture(path)
    except UnreadablePicture as error:
        raise Refused(Reason.UNREADABLE, str(error)) from error


def _template(reader: FaceReader, accepted: Accepted, what: str, dimension: int | None) -> Templates:
    view, scale = reduced(accepted.portrait, TEMPLATE_EYES / eye_distance(accepted.face))
    template = check_templates(
        reader.templates(view, [moved(accepted.face, scale, 0.0, 0.0)]), what=what, dimension=dimension
    )
    if len(template) != 1:
        raise ValueError(f"{what}: the reader made {len(template)} templates of 1 face")
    return template


def _reference(file: str, row: int, accepted: Accepted) -> Reference:
    height, width = accepted.portrait.shape[:2]
    return Reference(
        id=new_id(),
        file=file,
        row=row,
        width=width,
        height=height,
        landmarks=_points(accepted.face),
        eye_distance=round(accepted.eye_distance, 2),
        sharpness=round(accepted.sharpness, 4),
        background_faces=accepted.background_faces,
    )


def _points(face: DetectedFace) -> tuple[Point, Point, Point, Point, Point]:
    a, b, c, d, e = ((round(float(x), 2), round(float(y), 2)) for x, y in face.landmarks)
    return a, b, c, d, e


def _jpeg(picture: Picture) -> bytes:
    # Encoding anew also leaves EXIF behind, and with it where and by whom the picture was taken.
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, PORTRAIT_QUALITY])[1])
