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
SURROUND = (128, 128, 128)
"""What lies outside the picture: neutral grey, so that the edge is neither light nor dark."""


def portrait(picture: Picture, landmarks: npt.NDArray[np.floating]) -> Picture:
    """HEIGHT x WIDTH x 3: rotated, scaled and moved, never stretched, until the eyes are level and in their places.

    `landmarks`: n x 2 pixels, left and right eye first. Where they cannot be an upright pair of eyes, the whole picture
    is fitted.
    """
    eyes = np.asarray(landmarks, np.float64)[:2]
    along = eyes[1] - eyes[0]
    distance = float(np.hypot(*along))
    if not np.isfinite(distance) or distance < 1.0 or along[0] <= 0:
        return fitted(picture)
    scale = EYE_DISTANCE / distance
    cos, sin = along / distance * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    moved = np.array([WIDTH / 2, EYES_Y]) - turn @ eyes.mean(axis=0)
    return _warped(picture, np.column_stack([turn, moved]), scale)


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
