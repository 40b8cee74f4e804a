"""Ways from a picture to the template of the labelled person: as a look of a camera, or as the watchlist enrols."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.detector import DEFAULT_SIZE
from inference.faces import Face, Picture
from inference.looks import Geometry, Light, geometry, light
from inference.reader import Models, Reader
from inference.recogniser import align
from watchlist.enrolment import Refused, enrol_picture
from watchlist.faces import DetectedFace, FaceReader
from watchlist.quality import Floor

MEASURES = ("eye_distance", "turn", "roll", "cut_off", "score", "sharpness", "brightness", "contrast")
"""Names of what `Seen.measures` holds, in its order; see `inference.looks.Geometry` and `Light`."""


class Which(StrEnum):
    """The rule that says which of several faces is the labelled person's."""

    LARGEST = "largest"
    """The face with the widest box."""
    CENTRAL = "central"
    """The face whose box's middle is nearest the middle of the picture."""


@dataclass(frozen=True)
class Reading:
    """How pictures are read."""

    which: Which = Which.LARGEST
    detector_size: int = DEFAULT_SIZE
    """Longest side of the detector's input, in pixels; smaller pictures are not enlarged to it."""
    pad: float = 0.0
    """A black border of this share of the picture's longest side is put around it first. Detectors miss faces that fill
    a tight crop."""


DEFAULT_READING = Reading()


@dataclass(frozen=True, eq=False)
class Seen:
    """What one picture gave."""

    template: NDArray[np.float32] | None
    """(d,), of unit length; None: no face, or the picture was refused."""
    measures: NDArray[np.float32]
    """(len(MEASURES),), NaN where there is no face."""
    faces: int
    """Found in the picture."""
    refused: str
    """Why there is no template; empty where there is one."""


class PictureReader(Protocol):
    """One way from a picture to a template."""

    @property
    def key(self) -> str:
        """Everything but the picture that the answer depends on."""
        ...

    @property
    def dimension(self) -> int:
        """Values of a template."""
        ...

    def read(self, picture: Picture) -> Seen: ...


NO_FACE = "no face"
NO_MEASURES = np.full(len(MEASURES), np.nan, np.float32)


class ProbeReader:
    """A picture read like a camera's frame: detect at `reading.detector_size`, align, embed the labelled face."""

    def __init__(self, models: Models, reading: Reading = DEFAULT_READING) -> None:
        self._models, self._reading = models, reading
        self.key = f"probe|{models.pack.contract}|{models.detector.least_score:g}|{_spelt(reading)}"
        self.dimension = models.recogniser.embedding_size

    def read(self, picture: Picture) -> Seen:
        framed = padded(picture, self._reading.pad)
        faces = self._models.detector.detect(framed, self._reading.detector_size)
        if not faces:
            return Seen(None, NO_MEASURES, 0, NO_FACE)
        face = choose(faces, framed, self._reading.which)
        crop = align(framed, face.landmarks)
        template = self._models.recogniser.embed([crop])[0]
        height, width = framed.shape[:2]
        return Seen(template, measured(geometry(face, height, width), light(crop)), len(faces), "")


class ReferenceReader:
    """A picture read as the watchlist enrols it, and refused where the watchlist refuses it.

    With the rule `central` the other faces are left out first: the watchlist asks whoever hands in a picture of several
    people to do so, and the rule says whom it means. With `largest` such pictures are refused, as the watchlist does.
    """

    def __init__(self, models: Models, reading: Reading = DEFAULT_READING, floor: Floor | None = None) -> None:
        self._models, self._reading, self._floor = models, reading, floor or Floor()
        reader = Reader(models)
        self._reader: FaceReader = _OnlyCentral(reader) if reading.which is Which.CENTRAL else reader
        floors = f"{self._floor.eye_distance:g},{self._floor.sharpness:g},{self._floor.turned:g}"
        self.key = f"reference|{models.pack.contract}|{models.detector.least_score:g}|{floors}|{_spelt(self._reading)}"
        self.dimension = models.recogniser.embedding_size

    def read(self, picture: Picture) -> Seen:
        framed = padded(picture, self._reading.pad)
        try:
            enrolled = enrol_picture(framed, self._reader, self._floor, "", 0, None, "this picture")
        except Refused as refused:
            return Seen(None, NO_MEASURES, 0, refused.reason.value)
        return Seen(enrolled.template[0], NO_MEASURES, 1 + enrolled.reference.background_faces, "")


class _OnlyCentral:
    """A `FaceReader` that sees only the face nearest the middle of the picture."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def faces(self, picture: Picture) -> Sequence[DetectedFace]:
        found = self._reader.faces(picture)
        return [choose(found, picture, Which.CENTRAL)] if found else []

    def templates(self, picture: Picture, faces: Sequence[DetectedFace]) -> NDArray[np.float32]:
        return self._reader.templates(picture, faces)


def padded(picture: Picture, share: float) -> Picture:
    """The picture with a black border of `share` of its longest side all around."""
    border = round(share * max(picture.shape[:2]))
    if not border:
        return picture
    framed = cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return np.ascontiguousarray(framed, np.uint8)


Boxed = TypeVar("Boxed", Face, DetectedFace)


def choose(faces: Sequence[Boxed], picture: Picture, which: Which) -> Boxed:
    """The labelled person's face, by the rule. `faces` must not be empty."""
    if which is Which.LARGEST:
        return max(faces, key=lambda face: float(face.box[2] - face.box[0]))
    height, width = picture.shape[:2]

    def off_centre(face: Boxed) -> float:
        left, top, right, bottom = (float(edge) for edge in face.box)
        return math.hypot((left + right - width) / 2, (top + bottom - height) / 2)

    return min(faces, key=off_centre)


def measured(where: Geometry, how: Light) -> NDArray[np.float32]:
    """In the order of `MEASURES`."""
    values = (where.eye_distance, where.turn, where.roll, where.cut_off, where.score)
    return np.array([*values, how.sharpness, how.brightness, how.contrast], np.float32)


def _spelt(reading: Reading) -> str:
    return f"{reading.which.value},{reading.detector_size},{reading.pad:g}"
