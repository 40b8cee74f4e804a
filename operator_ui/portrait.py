"""Portraits of one geometry, so that look and reference picture can be compared: same size, eyes in the same places.

Looks arrive in this geometry from the workers; reference pictures are brought into it here, from their landmarks.
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
QUALITY = 92
SURROUND = (128, 128, 128)
"""What lies outside the picture: neutral grey, so that the edge is neither light nor dark."""

CROP_SIDE = 112
CROP_EYES = np.array([[38.2946, 51.6963], [73.5318, 51.5014]], np.float32)
"""Where the eyes lie in the recogniser's aligned crop (the ArcFace template)."""


def portrait(picture: Picture, landmarks: npt.NDArray[np.floating]) -> Picture:
    """HEIGHT x WIDTH x 3: rotated, scaled and moved, never stretched, until the eyes are level and in their places.

    `landmarks`: n x 2 pixels, left and right eye first. Where they cannot be an upright pair of eyes, the whole picture
    is fitted.
    """
    eyes = np.asarray(landmarks, np.float64)[:2]
    along = eyes[1] - eyes[0]
    distance = float(np.hypot(*along))
    if not np.isfinite(distance) or distance < 1.0 or along[0] <= 0:
        return _fitted(picture)
    scale = EYE_DISTANCE / distance
    cos, sin = along / distance * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    moved = np.array([WIDTH / 2, EYES_Y]) - turn @ eyes.mean(axis=0)
    return _warped(picture, np.column_stack([turn, moved]), scale)


def _fitted(picture: Picture) -> Picture:
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


def reference_jpeg(jpeg: bytes, landmarks: npt.NDArray[np.floating]) -> bytes:
    """A reference picture as a portrait; nothing of its file but the pixels goes on. Raises ValueError."""
    return to_jpeg(portrait(_decoded(jpeg), landmarks))


def look_jpeg(jpeg: bytes) -> bytes:
    """A stored look as a portrait: it is one already, or it is the recogniser's aligned crop. Raises ValueError."""
    picture = _decoded(jpeg)
    height, width = picture.shape[:2]
    if (width, height) == (WIDTH, HEIGHT):
        return jpeg
    return to_jpeg(portrait(picture, CROP_EYES) if width == height == CROP_SIDE else _fitted(picture))


def to_jpeg(picture: Picture) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return encoded.tobytes()


def _decoded(jpeg: bytes) -> Picture:
    try:
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        decoded = None
    if decoded is None:
        raise ValueError("this picture cannot be read")
    return np.ascontiguousarray(decoded, np.uint8)
