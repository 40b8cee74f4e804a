"""The models of a pack, opened; and the reader through which the watchlist sees them at enrolment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.detector import Detector
from inference.faces import Chip, Face, Picture
from inference.pack import Pack
from inference.recogniser import Recogniser, align
from inference.sessions import SessionSettings
from watchlist.faces import DetectedFace
from watchlist.faces import Face as WatchlistFace


class FindsFaces(Protocol):
    """What a pipeline asks of a detector; see `Detector`."""

    least_score: float

    def detect(self, picture: Picture, size: int = ..., score_threshold: float | None = ...) -> list[Face]: ...


class MakesTemplates(Protocol):
    """What a pipeline asks of a recogniser; see `Recogniser`."""

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]: ...


class Networks(Protocol):
    """A detector and a recogniser that belong together."""

    @property
    def detector(self) -> FindsFaces: ...
    @property
    def recogniser(self) -> MakesTemplates: ...


@dataclass(frozen=True, slots=True)
class Models:
    """The `Networks` of a pack, loaded and tried."""

    pack: Pack
    detector: Detector
    recogniser: Recogniser


def open_models(pack: Pack, session: SessionSettings | None = None) -> Models:
    """Load both models and run each once. Raises PackError or SessionError."""
    settings = session or SessionSettings()
    return Models(pack, Detector(pack, settings), Recogniser(pack, settings))


class Reader:
    """A `watchlist.faces.FaceReader`: the same models, alignment and templates for references as for looks."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def faces(self, picture: Picture) -> Sequence[DetectedFace]:
        """All faces of the picture at its own size: the watchlist has already reduced it."""
        found = self._models.detector.detect(picture, size=max(picture.shape[:2]))
        return [_plain(face) for face in found]

    def templates(self, picture: Picture, faces: Sequence[DetectedFace]) -> NDArray[np.float32]:
        """(n, d) unit rows, in the order of `faces`."""
        return self._models.recogniser.embed([align(picture, face.landmarks) for face in faces])


def _plain(face: Face) -> WatchlistFace:
    left, top, right, bottom = (float(edge) for edge in face.box)
    return WatchlistFace((left, top, right, bottom), face.landmarks, face.score)
