"""Drawn faces, so that no test needs anybody's picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from operator_ui.entries import Known, Points, Reference
from operator_ui.portrait import to_jpeg
from watchlist.comparison import Picture, portrait


@dataclass(frozen=True)
class DrawnReference:
    jpeg: bytes
    landmarks: Points
    taken: str | None


class DrawnEntries:
    """A watchlist of drawn faces: subject id -> label."""

    def __init__(self, labels: dict[str, str], pictures: int = 2) -> None:
        self._labels = labels
        self._pictures = pictures
        self.response, self.caution = "act", ""
        self.status_checked_at: datetime | None = None
        self.year = 2026
        """In which the pictures were taken."""

    def known(self, subject_id: str) -> Known | None:
        label = self._labels.get(subject_id)
        if label is None:
            return None
        told = ("Volunteer", "Takes part in a test", self.response, self.caution, self.status_checked_at)
        return Known(label, *told)

    def references(self, subject_id: str) -> Sequence[Reference]:
        if subject_id not in self._labels:
            return []
        return [drawn_reference(number, self.year) for number in range(self._pictures)]


def drawn_face(
    tilt: float = 0.0, scale: float = 1.0, skin: tuple[int, int, int] = (150, 180, 215)
) -> tuple[Picture, Points]:
    """(a cartoon face on 640 x 640 pixels, its five landmarks). `tilt` in degrees."""
    picture = np.full((640, 640, 3), (190, 196, 188), np.uint8)
    points = np.array([[-60, -30], [60, -30], [0, 30], [-42, 90], [42, 90]], np.float32) * scale
    angle = np.deg2rad(tilt)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    points = (points @ turn.T + 320).astype(np.float32)
    head = (round(130 * scale), round(180 * scale))
    cv2.ellipse(picture, (320, 330), head, tilt, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 330), head, tilt, 190, 350, (40, 50, 60), round(26 * scale), cv2.LINE_AA)
    for x, y in points[:2]:
        cv2.circle(picture, (round(float(x)), round(float(y))), round(13 * scale), (40, 40, 40), -1, cv2.LINE_AA)
    nose = tuple(round(float(value)) for value in points[2])
    cv2.circle(picture, (nose[0], nose[1]), round(9 * scale), (110, 140, 190), -1, cv2.LINE_AA)
    left, right = points[3], points[4]
    cv2.line(
        picture,
        (round(float(left[0])), round(float(left[1]))),
        (round(float(right[0])), round(float(right[1]))),
        (70, 70, 150),
        round(9 * scale),
        cv2.LINE_AA,
    )
    return picture, points


def drawn_reference(number: int, year: int = 2026) -> Reference:
    picture, points = drawn_face(tilt=-8.0 * number, scale=1.0 - 0.2 * number)
    return DrawnReference(to_jpeg(picture), points, f"{year}-0{number + 1}-14")


def drawn_looks(count: int = 3) -> list[bytes]:
    faces = [drawn_face(tilt=5.0 * number, scale=0.6, skin=(135, 165, 205)) for number in range(count)]
    return [to_jpeg(portrait(picture, points)) for picture, points in faces]
