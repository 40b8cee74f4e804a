"""How well a camera sees: light, sharpness and stillness of its pictures, a few numbers that hold nobody.

`operator_ui.health` says in words what they mean.
"""

import hashlib
from collections import deque
from statistics import median

import cv2
import numpy as np

from inference.faces import Picture

EVERY_NS = 500_000_000
LONGEST_SIDE = 320
SMOOTHING = 1.0
"""Standard deviation, pixels at 320: without it a sensor's noise looks as sharp as a street."""
LEAST_VARIANCE = 400.0
"""Of brightness. An even picture, as of a covered lens, is divided by this: its noise is no detail."""
_MEASURES = 5
"""Two and a half seconds: a bus that passes close to the lens makes no blind camera."""
_SAMPLED = 16
"""Every so many rows and columns are compared to tell a frozen picture."""


class Sight:
    """Of one camera. Times are monotonic, in nanoseconds. Keeps numbers and a digest, no pixel."""

    def __init__(self) -> None:
        self._measured_at: int | None = None
        self._brightness: deque[float] = deque(maxlen=_MEASURES)
        self._sharpness: deque[float] = deque(maxlen=_MEASURES)
        self._digest = b""
        self._changed_at = 0

    def look(self, picture: Picture, now: int) -> None:
        """Measures at most twice a second, and lets the other frames pass."""
        if self._measured_at is not None and now - self._measured_at < EVERY_NS:
            return
        self._measured_at = now
        brightness, sharpness = measure(picture)
        self._brightness.append(brightness)
        self._sharpness.append(sharpness)
        digest = _digest(picture)
        if digest != self._digest:
            self._digest, self._changed_at = digest, now

    @property
    def brightness(self) -> float | None:
        """Median of the last five."""
        return round(median(self._brightness), 1) if self._brightness else None

    @property
    def sharpness(self) -> float | None:
        """Median of the last five."""
        return round(median(self._sharpness), 5) if self._sharpness else None

    @property
    def still_s(self) -> float | None:
        """For how many seconds, up to the newest measured picture, the pictures have been the same."""
        return None if self._measured_at is None else round((self._measured_at - self._changed_at) / 1e9, 1)


def measure(picture: Picture) -> tuple[float, float]:
    """(mean brightness 0..255, sharpness) of a height x width x 3 BGR picture, reduced to 320 pixels.

    Sharpness is the variance of the Laplacian of the smoothed picture over the variance of its brightness: contrast and
    light cancel out. Wipes what it made of the picture.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
    brightness, spread = float(grey.mean()), float(grey.var())
    smooth = cv2.GaussianBlur(grey, (0, 0), SMOOTHING)
    edges = cv2.Laplacian(smooth, cv2.CV_32F)
    sharpness = float(edges.var()) / max(spread, LEAST_VARIANCE)
    for made in (small, grey, smooth, edges):
        made.fill(0)
    return brightness, sharpness


def _digest(picture: Picture) -> bytes:
    sample = picture[::_SAMPLED, ::_SAMPLED].copy()
    digest = hashlib.blake2b(sample.data, digest_size=16).digest()
    sample.fill(0)
    return digest
