"""Looks and reference pictures as the tablet shows them: in one geometry, as JPEG."""

import cv2
import numpy as np
import numpy.typing as npt

from watchlist.comparison import HEIGHT, WIDTH, Picture, fitted, portrait

QUALITY = 92
THUMBNAIL = (144, 180)
"""Width and height, pixels: twice what a card of the queue gives it."""


def reference_jpeg(jpeg: bytes, landmarks: npt.NDArray[np.floating]) -> bytes:
    """A reference picture as a portrait; nothing of its file but the pixels goes on. Raises ValueError."""
    return to_jpeg(portrait(_decoded(jpeg), landmarks))


def look_jpeg(jpeg: bytes) -> bytes:
    """A stored look: the worker has cut it as a portrait; anything else is fitted whole. Raises ValueError."""
    picture = _decoded(jpeg)
    return jpeg if picture.shape[:2] == (HEIGHT, WIDTH) else to_jpeg(fitted(picture))


def thumbnail_jpeg(jpeg: bytes) -> bytes:
    """A stored look, small, for its card in the queue. Raises ValueError."""
    picture = _decoded(jpeg, cv2.IMREAD_REDUCED_COLOR_2)
    height, width = picture.shape[:2]
    whole = picture if width * HEIGHT == height * WIDTH else fitted(picture)
    return to_jpeg(np.asarray(cv2.resize(whole, THUMBNAIL, interpolation=cv2.INTER_AREA), np.uint8))


def to_jpeg(picture: Picture) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return encoded.tobytes()


def _decoded(jpeg: bytes, flags: int = cv2.IMREAD_COLOR) -> Picture:
    try:
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags)
    except cv2.error:
        decoded = None
    if decoded is None:
        raise ValueError("this picture cannot be read")
    return np.ascontiguousarray(decoded, np.uint8)
