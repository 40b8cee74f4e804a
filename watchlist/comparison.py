"""Portraits of one geometry, so that look and reference picture can be compared: same size, eyes in the same places.

The worker cuts looks in this geometry from the frame; the tablet's server brings reference pictures into it.
"""

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, BGR."""

WIDTH, HEIGHT = 480, 600
EYES_Y = 264.0
EYE_DISTANCE = 140.0
"""Pixels between the eyes: a face of average proportions is then about 320 wide and 460 high."""
MARGIN = 8
"""Pixels around what a portrait shows: interpolation looks at neighbours."""
SURROUND = (128, 128, 128)
"""What lies outside the picture: neutral grey, so that the edge is neither light nor dark."""


def portrait(picture: Picture, landmarks: npt.NDArray[np.floating]) -> Picture:
    """HEIGHT x WIDTH x 3: rotated, scaled and moved, never stretched, until the eyes are level and in their places.

    `landmarks`: n x 2 pixels, left and right eye first. Where they cannot be an upright pair of eyes, the whole picture
    is fitted.
    """
    placed = _placed(landmarks)
    return fitted(picture) if placed is None else _warped(picture, *placed)


def shown(landmarks: npt.NDArray[np.floating], height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a picture of this size from which its portrait can be drawn, with the landmarks moved."""
    placed = _placed(landmarks)
    if placed is None:
        return slice(0, height), slice(0, width)
    affine, _ = placed
    corners = np.array([[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]], np.float64)
    there = np.linalg.solve(affine[:, :2], (corners - affine[:, 2]).T).T
    (left, top), (right, bottom) = there.min(axis=0) - MARGIN, there.max(axis=0) + MARGIN
    return _within(top, bottom, height), _within(left, right, width)


def _within(first: float, last: float, length: int) -> slice:
    """In steps of 8: shrinking averages 2 x 2 pixels, up to three times, the same ones in a part as in the whole."""
    begins = int(min(max(first, 0.0), length - 1)) // 8 * 8
    return slice(begins, min(max(-(int(-last) // 8) * 8, begins + 8), length))


def _placed(landmarks: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], float] | None:
    """(2 x 3 from the picture into the portrait, scale); None where these cannot be an upright pair of eyes."""
    eyes = np.asarray(landmarks, np.float64)[:2]
    along = eyes[1] - eyes[0]
    distance = float(np.hypot(*along))
    if not np.isfinite(distance) or distance < 1.0 or along[0] <= 0:
        return None
    scale = EYE_DISTANCE / distance
    cos, sin = along / distance * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    moved = np.array([WIDTH / 2, EYES_Y]) - turn @ eyes.mean(axis=0)
    return np.column_stack([turn, moved]), scale


def fitted(picture: Picture) -> Picture:
    """The whole picture, as large as the portrait's frame allows."""
    height, width = picture.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    moved = [(WIDTH - scale * width) / 2, (HEIGHT - scale * height) / 2]
    return _warped(picture, np.column_stack([np.eye(2) * scale, moved]), scale)


def _warped(picture: Picture, affine: npt.NDArray[np.float64], scale: float) -> Picture:
    if scale < 0.5:
        # warpAffine samples without averaging: shrinking far needs the averages first.
        half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        doubled = affine.copy()
        doubled[:, :2] *= 2
        return _warped(np.ascontiguousarray(half, np.uint8), doubled, scale * 2)
    method = cv2.INTER_LINEAR if scale < 1.0 else cv2.INTER_CUBIC
    out = cv2.warpAffine(picture, affine, (WIDTH, HEIGHT), flags=method, borderValue=SURROUND)
    return np.ascontiguousarray(out, np.uint8)
