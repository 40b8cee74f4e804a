"""The plain per-frame loop, as the baseline: every face of every frame embedded and compared, nothing remembered.

It is what a user would otherwise write with insightface: `FaceAnalysis.get` on each frame, detection and recognition
only, the most similar entry of each face. No quality floor, no track, no fusion, no agreement.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.insightface_app import cannot_load, open_insightface
from inference.faces import Picture
from inference.reader import Models
from inference.recogniser import align


class FaceLoop(Protocol):
    """Finds and embeds every face of a frame."""

    @property
    def origin(self) -> str:
        """Whose code it is, one sentence for the report."""
        ...

    def templates(self, picture: Picture) -> NDArray[np.float32]:
        """(n, d): a unit template of each of the n faces."""
        ...


class InsightfaceLoop:
    """insightface's own detect-align-embed path with the pack's files."""

    def __init__(self, app: Any, size: int) -> None:
        self._app = app
        self.origin = f"insightface FaceAnalysis, detector input {size} x {size}"

    def templates(self, picture: Picture) -> NDArray[np.float32]:
        with warnings.catch_warnings():
            # insightface 2.1 aligns by a function that scikit-image 0.26 advises against; it gives the same matrix.
            warnings.simplefilter("ignore", FutureWarning)
            found = self._app.get(picture)
        if not found:
            return np.empty((0, 0), np.float32)
        return np.stack([face.normed_embedding for face in found]).astype(np.float32)


@dataclass(frozen=True)
class OwnLoop:
    """The same loop with our detector and recogniser, for packs that insightface cannot load."""

    models: Models
    size: int
    reason: str
    """Why not insightface."""

    @property
    def origin(self) -> str:
        return f"our detector and recogniser on every face of every frame, detector input {self.size} ({self.reason})"

    def templates(self, picture: Picture) -> NDArray[np.float32]:
        found = self.models.detector.detect(picture, self.size)
        if not found:
            return np.empty((0, 0), np.float32)
        return self.models.recogniser.embed([align(picture, face.landmarks) for face in found])


def face_loop(models: Models, size: int) -> FaceLoop:
    """insightface with this pack, or our own loop where insightface cannot load it."""
    if fault := cannot_load(models.pack):
        return OwnLoop(models, size, fault)
    return InsightfaceLoop(open_insightface(models.pack, size=size), size)
