"""A face: one detection in one frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""height x width x 3, BGR."""

Chip = NDArray[np.uint8]
"""Cut out of a picture, BGR."""

Landmarks = NDArray[np.float32]
"""(5, 2), x and y: eye, eye, nose, mouth corner, mouth corner; of each pair first the one on the picture's left."""

Template = NDArray[np.float32]
"""A unit vector of the pack's embedding size."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """In pixels of the frame, which the box and the points may leave where a face is cut off by the frame's edge."""

    box: NDArray[np.float32]
    """(4,): left, top, right, bottom."""
    landmarks: Landmarks
    score: float
    """The detector's, 0..1."""

    @property
    def eye_distance(self) -> float:
        """Pixels between the eyes' centres."""
        across = self.landmarks[1] - self.landmarks[0]
        return float(np.hypot(across[0], across[1]))
