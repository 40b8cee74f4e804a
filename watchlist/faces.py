"""Faces in a reference picture: what a reader of faces must offer, and the portrait of one face.

The reader (a model pack's detector and recogniser) lives on a higher floor; here is only what it must look like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from watchlist.pictures import Picture

Points = npt.NDArray[np.float32]
"""5 x 2, pixels: left eye, right eye (as seen in the picture), nose tip, left and right corner of the mouth."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; may lie partly outside the picture."""

DETECTION_SIDE = 1280
"""Longest side, pixels, of what the detector gets: a face of a usable reference picture is large in it."""
PADDED_SIDE = 640
"""The same with the border of the second search, which is for large faces only."""
PORTRAIT_SIDE = 640
PORTRAIT_MARGIN = 0.75
"""Head and shoulders: the face's box is widened by this part of its size on each side."""


class DetectedFace(Protocol):
    """One detection."""

    @property
    def box(self) -> Box: ...
    @property
    def landmarks(self) -> Points: ...
    @property
    def score(self) -> float: ...


class FaceReader(Protocol):
    """Finds faces and makes templates; implemented by the inference package for a model pack."""

    def faces(self, picture: Picture) -> Sequence[DetectedFace]:
        """All faces of a plain picture; padding and reducing are done by the caller."""
        ...

    def templates(self, picture: Picture, faces: Sequence[DetectedFace]) -> npt.NDArray[np.float32]:
        """n x d, unit rows, in the order of `faces`."""
        ...


@dataclass(frozen=True)
class Face:
    """A detection carried over to another picture's pixels."""

    box: Box
    landmarks: Points
    score: float


def moved(face: DetectedFace, scale: float, dx: float, dy: float) -> Face:
    """The same face where each point p has become p * scale + (dx, dy)."""
    left, top, right, bottom = face.box
    box = (left * scale + dx, top * scale + dy, right * scale + dx, bottom * scale + dy)
    points = np.asarray(face.landmarks, np.float32) * np.float32(scale) + np.array([dx, dy], np.float32)
    return Face(box, points.astype(np.float32), face.score)


def face_width(face: DetectedFace) -> float:
    return face.box[2] - face.box[0]


def eye_distance(face: DetectedFace) -> float:
    """Pixels between the centres of the eyes."""
    left, right = face.landmarks[0], face.landmarks[1]
    return float(np.hypot(*(right - left)))


def reduced(picture: Picture, scale: float) -> tuple[Picture, float]:
    """The picture shrunk by `scale` (area averaged), and the scale in fact applied: 1.0 if it asks to enlarge."""
    if scale >= 1.0:
        return picture, 1.0
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    # The longer side is rounded by the smaller part.
    applied = size[0] / width if width >= height else size[1] / height
    return np.ascontiguousarray(shrunk, np.uint8), applied


def find_faces(picture: Picture, reader: FaceReader) -> list[Face]:
    """All faces, in the picture's own pixels.

    Detectors miss faces that fill the picture: they report nothing, or a face made of one eye. Of 50 pictures cut to
    the face SCRFD-500M finds none as they are, and all with a black border. So each picture is searched once more with
    a border of half its size on each side, and that answer counts where it has a much larger face.
    """
    plain = _search(picture, reader, DETECTION_SIDE, 0)
    padded = _search(picture, reader, PADDED_SIDE, max(picture.shape[:2]) // 2)
    largest = max((face_width(face) for face in plain), default=0.0)
    return padded if any(face_width(face) > 1.5 * largest for face in padded) else plain


def _search(picture: Picture, reader: FaceReader, side: int, border: int) -> list[Face]:
    # Shrunk before it is padded: a border around 40 million pixels would make 160 million.
    small, scale = reduced(picture, side / (max(picture.shape[:2]) + 2 * border))
    edge = round(border * scale)
    if edge:
        framed = cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        small = np.ascontiguousarray(framed, np.uint8)
    return [moved(face, 1 / scale, -edge / scale, -edge / scale) for face in reader.faces(small)]


def portrait(picture: Picture, face: DetectedFace) -> tuple[Picture, Face]:
    """The picture's part around one face, longest side at most 640 pixels, and the face in its pixels.

    It holds the subject and little else: what a reviewer compares, without the people beside the subject.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = face.box
    margin = PORTRAIT_MARGIN * max(right - left, bottom - top)
    x1, y1 = max(0, int(left - margin)), max(0, int(top - margin))
    x2, y2 = min(width, int(right + margin) + 1), min(height, int(bottom + margin) + 1)
    part = picture[y1:y2, x1:x2]
    small, scale = reduced(np.ascontiguousarray(part), PORTRAIT_SIDE / max(part.shape[:2]))
    return small, moved(moved(face, 1.0, -x1, -y1), scale, 0.0, 0.0)
