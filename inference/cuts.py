"""Hard cuts of a recorded video: the picture is suddenly another one, and nobody is where he or she was."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.faces import Picture

_THUMBNAIL = (32, 18)
_SAMPLED_ROWS = 72

CUT_CORRELATION = 0.4
"""Below: a cut. Measured: cuts stay under 0.1, frames of one scene over 0.9, and over 0.7 at a fourth of the frame
rate. A flash or a jump of exposure changes brightness and contrast, which correlation does not see: over 0.75."""


class CutDetector:
    """Compares each frame with the one before by their grey thumbnails."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def is_cut(self, picture: Picture) -> bool:
        """True where the picture shows another scene than the one of the last call; False on the first call."""
        now = _pattern(picture)
        before, self._before = self._before, now
        return before is not None and float(np.vdot(before, now)) < CUT_CORRELATION


def _pattern(picture: Picture) -> NDArray[np.float32]:
    """Thumbnail of mean 0 and length 1: the product of two is their correlation. An even picture gives zeros."""
    step = max(1, picture.shape[0] // _SAMPLED_ROWS)
    small = cv2.resize(picture[::step, ::step], _THUMBNAIL, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    grey -= grey.mean()
    length = float(np.linalg.norm(grey))
    return grey / length if length > 1.0 else np.zeros_like(grey)
