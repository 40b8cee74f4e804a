"""Looks and reference pictures as the tablet shows them: in one geometry, as JPEG."""

import cv2
import numpy as np
import numpy.typing as npt

from watchlist.comparison import HEIGHT, WIDTH, Picture, fitted, portrait

QUALITY = 92

CROP_SIDE = 112
CROP_EYES = np.array([[38.2946, 51.6963], [73.5318, 51.5014]], np.float32)
"""Where the eyes lie in the recogniser's aligned crop (the ArcFace template)."""


def reference_jpeg(jpeg: bytes, landmarks: npt.NDArray[np.floating]) -> bytes:
    """A reference picture as a portrait; nothing of its file but the pixels goes on. Raises ValueError."""
    return to_jpeg(portrait(_decoded(jpeg), landmarks))


def look_jpeg(jpeg: bytes) -> bytes:
    """A stored look as a portrait: it is one already, or it is the recogniser's aligned crop. Raises ValueError."""
    picture = _decoded(jpeg)
    height, width = picture.shape[:2]
    if (width, height) == (WIDTH, HEIGHT):
        return jpeg
    return to_jpeg(portrait(picture, CROP_EYES) if width == height == CROP_SIDE else fitted(picture))


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
