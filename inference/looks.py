"""Looks: is a face good enough to be embedded, how good is it, and is it worth an embedding after those kept so far?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from inference.faces import Chip, Face, Landmarks, Picture, Template
from inference.settings import PipelineSettings
from watchlist.comparison import portrait, shown
from wire.messages import LookMeasures


class Reason(StrEnum):
    """Why a face was not taken as a look."""

    UNCERTAIN = "uncertain"
    TURNED_AWAY = "turned away"
    TILTED = "tilted"
    TOO_SMALL = "too small"
    CUT_OFF = "cut off"
    TOO_BLURRED = "too blurred"
    BADLY_LIT = "badly lit"


@dataclass(frozen=True, slots=True)
class Geometry:
    """What box and landmarks tell, without the pixels."""

    eye_distance: float
    """Pixels in the frame, as if the head were frontal."""
    turn: float
    """Signed: the nose's way from the middle of the eyes along their line, in eye distances; 0 frontal."""
    roll: float
    """Degrees of the line of the eyes."""
    cut_off: float
    """Share of the box outside the frame."""
    score: float
    """The detector's."""


@dataclass(frozen=True, slots=True)
class Light:
    """What the aligned crop tells."""

    sharpness: float
    """Variance of the Laplacian over variance of brightness."""
    brightness: float
    contrast: float


@dataclass(slots=True, eq=False)
class Look:
    """A face that was embedded. Its arrays are its own, so that they can be overwritten."""

    template: Template
    chip: Chip
    """What the frame shows around the face. Few looks come before people: a portrait is drawn of those only."""
    landmarks: Landmarks
    """In the chip."""
    quality: float
    turn: float
    frame: int
    at: float
    """Capture time, seconds."""
    measures: LookMeasures | None = None
    """What people are told of it, once there was an alert."""

    def portrait(self) -> Chip:
        """For people, in the geometry of `watchlist.comparison`."""
        return portrait(self.chip, self.landmarks)

    def wipe(self) -> None:
        self.template.fill(0.0)
        self.chip.fill(0)
        self.landmarks.fill(0.0)


def cut_out(picture: Picture, landmarks: Landmarks) -> tuple[Chip, Landmarks]:
    """(a copy of what the picture shows around the face, the landmarks in it)."""
    rows, columns = shown(landmarks, *picture.shape[:2])
    moved = landmarks - np.array([columns.start, rows.start], landmarks.dtype)
    return picture[rows, columns].copy(), moved


# In the ArcFace template the eyes are 35.2 pixels apart and the mouth is 40.6 below them.
_EYES_TO_MOUTH = 35.2 / 40.6


def geometry(face: Face, height: int, width: int) -> Geometry:
    """Of a face in a frame of this size."""
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks.astype(np.float64)
    along, middle = right_eye - left_eye, (left_eye + right_eye) / 2
    apart = float(np.linalg.norm(along))
    down = float(np.linalg.norm((left_mouth + right_mouth) / 2 - middle))
    turn = float(np.dot(nose - middle, along)) / max(apart * apart, 1e-6)
    left, top, right, bottom = (float(edge) for edge in face.box)
    inside = max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(bottom, height) - max(top, 0.0))
    area = max((right - left) * (bottom - top), 1e-6)
    return Geometry(
        # Turning shortens the distance between the eyes but not that to the mouth.
        eye_distance=max(apart, down * _EYES_TO_MOUTH),
        turn=turn,
        roll=float(np.degrees(np.arctan2(along[1], along[0]))),
        cut_off=1.0 - inside / area,
        score=face.score,
    )


def light(crop: Chip) -> Light:
    """Of an aligned 112 x 112 crop; measured on its middle, which holds face only."""
    grey = cv2.cvtColor(crop[20:100, 20:92], cv2.COLOR_BGR2GRAY).astype(np.float32)
    spread = float(grey.std())
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return Light(edges / max(spread * spread, 1.0), float(grey.mean()), spread)


def refuse_geometry(seen: Geometry, floor: PipelineSettings, score_threshold: float) -> Reason | None:
    """The first reason against taking such a face, or None. Cheap: to be asked before the crop is cut."""
    if abs(seen.turn) > floor.max_turn:
        return Reason.TURNED_AWAY
    if seen.eye_distance < floor.min_eye_distance:
        return Reason.TOO_SMALL
    if seen.cut_off > floor.max_cut_off:
        return Reason.CUT_OFF
    if abs(seen.roll) > floor.max_roll:
        return Reason.TILTED
    if seen.score < score_threshold:
        return Reason.UNCERTAIN
    return None


def refuse_light(seen: Light, floor: PipelineSettings) -> Reason | None:
    """The first reason against taking a face with such a crop, or None."""
    if not floor.min_brightness <= seen.brightness <= floor.max_brightness or seen.contrast < floor.min_contrast:
        return Reason.BADLY_LIT
    if seen.sharpness < floor.min_sharpness:
        return Reason.TOO_BLURRED
    return None


def quality(where: Geometry, how: Light) -> float:
    """Orders looks, 0..1: product of what each measure leaves of a frontal, large, sharp, certain face.

    On the development videos, similarity to one's own entry falls from 0.66 frontal over 0.55 at turn 0.5 to 0.3 at
    turn 1, and from 0.6 at detector scores over 0.8 to 0.15 under 0.6; size counts up to the recogniser's 35 pixels.
    """
    pose = 1.0 / (1.0 + (where.turn / 0.8) ** 2)
    size = min(where.eye_distance / 35.0, 1.0) ** 0.5
    sharp = min(how.sharpness / 0.08, 1.0) ** 0.5
    whole = 1.0 - min(where.cut_off, 1.0)
    return float(pose * size * sharp * whole * min(max(where.score, 0.0), 1.0))


def measures(where: Geometry, how: Light) -> LookMeasures:
    """What goes with a look to those who judge it."""
    return LookMeasures(
        eye_distance=where.eye_distance,
        turn=where.turn,
        score=where.score,
        sharpness=how.sharpness,
        brightness=how.brightness,
        contrast=how.contrast,
    )


def worth_embedding(
    value: float,
    turn: float,
    since: float,
    kept: Sequence[Look],
    settings: PipelineSettings,
    *,
    near: bool = False,
    doubted: bool = False,
) -> bool:
    """Would a look of quality `value`, head turned by `turn`, `since` seconds after the last, add to the `kept` ones?

    `near`: a look that is kept may make the track a candidate. `doubted`: any look may show that the track went over to
    another person.
    """
    if not kept or since >= settings.refresh_after:
        return True
    full = len(kept) >= settings.max_looks
    worst = min(look.quality for look in kept)
    if near and since >= settings.near_gap and len(kept) >= settings.agreement and (not full or value > worst):
        return True
    if since < settings.gap:
        return False
    if doubted or len(kept) < settings.agreement:
        return True
    if value >= settings.better_by * (worst if full else max(look.quality for look in kept)):
        return True
    return all(abs(turn - look.turn) >= settings.other_pose for look in kept)


def keep_best(looks: Sequence[Look], limit: int) -> tuple[list[Look], list[Look]]:
    """(kept, dropped): the `limit` best looks, best first."""
    ordered = sorted(looks, key=lambda look: -look.quality)
    return ordered[:limit], ordered[limit:]
