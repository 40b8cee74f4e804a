"""Is a face good enough to stand for a person on a watchlist? Pure rules over one detected face."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from watchlist.faces import DetectedFace, Face, eye_distance, face_width, reduced
from watchlist.pictures import Picture

NORMAL_EYES = 32.0
"""Pixels between the eyes at which sharpness is measured; recognisers see 35 (the 112 x 112 ArcFace template)."""


class Reason(StrEnum):
    """Why a reference picture was rejected."""

    UNREADABLE = "unreadable"
    NO_FACE = "no face"
    SEVERAL_FACES = "several faces"
    TOO_SMALL = "too small"
    TOO_BLURRED = "too blurred"
    TURNED_AWAY = "turned away"


@dataclass(frozen=True)
class Floor:
    """The least a reference picture must have.

    Raising a value rejects more pictures; lowering it lets templates in that match strangers or miss their subject.
    """

    eye_distance: float = 24.0
    """Pixels between the eyes, in the picture as given. Measured on 127 LFW portraits with a MobileFaceNet: shrunk to
    24 pixels 95 % of the templates keep a similarity of 0.976 to the original's, at 16 of 0.909, at 12 of 0.804."""
    sharpness: float = 0.15
    """Least of `sharpness`. Measured on 173 LFW and FRMDB pictures, also of heads turned by 45 degrees: the least sharp
    has 0.20. Blurred until the template's similarity to the original's is under 0.5, 96 % are below the floor."""
    turned: float = 0.8
    """Most of `turned`. FRMDB's mugshots turned by 45 degrees have 0.2 to 0.9, half of them under 0.5."""


def choose_main(faces: Sequence[Face], picture: Picture) -> tuple[Face, int, int]:
    """(main face, rivals, background faces): the main face is the widest.

    A rival could be meant as well: it is at least half as wide as the main face, or lies over the picture's centre
    while the main face does not. All others are background. `faces` must not be empty.
    """
    main = max(faces, key=face_width)
    others = [face for face in faces if face is not main]
    centred = _over_centre(main, picture)
    rivals = [
        face
        for face in others
        if face_width(face) >= 0.5 * face_width(main) or (not centred and _over_centre(face, picture))
    ]
    return main, len(rivals), len(others) - len(rivals)


def _over_centre(face: DetectedFace, picture: Picture) -> bool:
    height, width = picture.shape[:2]
    left, top, right, bottom = face.box
    return bool(left <= width / 2 <= right and top <= height / 2 <= bottom)


def turned(face: DetectedFace) -> float:
    """How far the head is turned to a side: the nose's way from the middle of the eyes, along the line of the eyes, in
    eye distances. 0 is frontal, 0.5 has the nose below one eye.
    """
    eyes, nose = face.landmarks[:2], face.landmarks[2]
    along = eyes[1] - eyes[0]
    return float(abs(np.dot(nose - eyes.mean(axis=0), along)) / max(float(np.dot(along, along)), 1e-6))


def face_scale(face: DetectedFace) -> float:
    """Pixels between the eyes, or what the way from eyes to mouth says they would be in a face that is not turned.

    0.87 is the quotient of both distances in the ArcFace template.
    """
    eyes, mouth = face.landmarks[:2], face.landmarks[3:]
    return max(eye_distance(face), 0.87 * float(np.hypot(*(mouth.mean(axis=0) - eyes.mean(axis=0)))))


def sharpness(picture: Picture, face: DetectedFace) -> float:
    """The part of the brightness gradients that a slight blur takes away from the face, 0 to 1.

    What is blurred already loses little (after Crete et al., The blur effect, SPIE 6492, 2007). The face is first
    shrunk to 32 pixels between the eyes, so that the picture's size does not matter; a share is free of light and
    contrast.
    """
    shrunk, scale = reduced(picture, NORMAL_EYES / max(face_scale(face), 1e-6))
    x, y = face.landmarks.mean(axis=0) * scale
    reach = face_scale(face) * scale
    height, width = shrunk.shape[:2]
    x1, x2 = int(np.clip(x - reach, 0, width)), int(np.clip(x + reach, 0, width))
    y1, y2 = int(np.clip(y - reach, 0, height)), int(np.clip(y + reach, 0, height))
    if x2 - x1 < 3 or y2 - y1 < 3:
        return 0.0
    grey = cv2.cvtColor(np.ascontiguousarray(shrunk[y1:y2, x1:x2]), cv2.COLOR_BGR2GRAY).astype(np.float32)
    return 1.0 - _gradient(cv2.GaussianBlur(grey, (0, 0), 1.5)) / max(_gradient(grey), 1e-6)


def _gradient(grey: npt.NDArray[Any]) -> float:
    """Mean length of the brightness gradient, central differences."""
    down, across = np.gradient(grey)
    return float(np.hypot(down, across).mean())
