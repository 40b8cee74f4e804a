"""Faces and lists made by hand, for tests of the rules: what a detector or a recogniser would say is written down."""

from collections.abc import Sequence
from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt

from records.ids import new_id
from watchlist.enrolment import Enrolment
from watchlist.entries import Reference, Subject
from watchlist.faces import DetectedFace, Face
from watchlist.pictures import Picture
from watchlist.templates import Templates

AT = datetime(2026, 11, 5, 12, 0, 0, tzinfo=UTC)
CONTRACT = "c" * 64


def face(x: float, y: float, eyes: float, *, turn: float = 0.0) -> Face:
    """A face about (x, y) with so many pixels between its eyes; `turn` as of watchlist.quality.turned."""
    shape = np.array([[-0.5, -0.5], [0.5, -0.5], [turn, 0.05], [-0.4, 0.6], [0.4, 0.6]], np.float32)
    points = (shape * eyes + np.array([x, y])).astype(np.float32)
    return Face((x - eyes, y - 1.3 * eyes, x + eyes, y + 1.3 * eyes), points, 0.9)


def textured(width: int, height: int, *, blur: float = 0.0, seed: int = 0) -> Picture:
    """Noise: as sharp as a picture can be, before it is blurred. Its contrast is always the same."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    if not blur:
        return noise
    soft = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), blur)
    return np.asarray(np.clip(128 + 40 * (soft - soft.mean()) / soft.std(), 0, 255), np.uint8)


class KnownFaces:
    """A reader to which the faces of a picture have been told, in that picture's own pixels."""

    def __init__(self, picture: Picture, faces: Sequence[Face]) -> None:
        self.width, self.known = picture.shape[1], faces

    def faces(self, picture: Picture) -> Sequence[DetectedFace]:
        return self.known if picture.shape[1] == self.width else []

    def templates(self, picture: Picture, faces: Sequence[DetectedFace]) -> Templates:
        raise AssertionError("no face should get this far")


def unit_rows(count: int, dimension: int, seed: int) -> Templates:
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def enrolment(pictures: Sequence[int], *, dimension: int = 8, seed: int = 0) -> Enrolment:
    """One subject for each number, with so many pictures."""
    templates = unit_rows(sum(pictures), dimension, seed)
    subjects, portraits, row = [], {}, 0
    for position, count in enumerate(pictures):
        references = []
        for number in range(count):
            reference = Reference(
                id=new_id(),
                file=f"person{position}_{number + 1}.jpg",
                row=row,
                width=64,
                height=48,
                landmarks=((20.0, 20.0), (40.0, 20.0), (30.0, 28.0), (22.0, 36.0), (38.0, 36.0)),
                eye_distance=40.0,
                sharpness=0.3,
                background_faces=0,
            )
            portraits[reference.id] = bytes(cv2.imencode(".jpg", textured(64, 48, seed=row))[1])
            references.append(reference)
            row += 1
        subjects.append(Subject(id=new_id(), label=f"person{position}", pictures=tuple(references)))
    return Enrolment(tuple(subjects), templates, portraits, (), ())


def owners_of(pictures: Sequence[int]) -> npt.NDArray[np.intp]:
    return np.repeat(np.arange(len(pictures)), pictures)
