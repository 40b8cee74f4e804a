"""What a user would otherwise run on each frame: insightface, uniface, face_recognition. Every face of every frame.

Each is opened on a list and then asked, frame by frame, for the faces' best entries. insightface and uniface run the
same pack as the rig, with the list's own templates; face_recognition has networks of its own, and makes its own
templates of the list's portraits.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import BenchmarkError
from inference.faces import Picture
from inference.pack import Pack
from inference.recogniser import unit
from watchlist.entries import WatchList

Best = list[tuple[int, float]]
"""For each face the list's most similar subject, by its position, and the similarity."""


class Peer(Protocol):
    threshold: float
    """From this similarity on a face is taken for a subject."""

    def best(self, picture: Picture) -> Best: ...


Open = Callable[[Pack, WatchList, float, int, int], Peer]
"""With a pack, a list, a threshold, the side of the detector's square input, and threads. Raises BenchmarkError."""


class Loop:
    """Detection, alignment and templates are the peer's; the comparison is one matrix product."""

    def __init__(
        self, templates: Callable[[Picture], Sequence[NDArray[Any]]], gallery: WatchList, threshold: float
    ) -> None:
        """`templates`: of each face of a picture, of unit length."""
        self._templates = templates
        self._gallery = gallery.templates
        self._owners = owners(gallery)
        self.threshold = threshold

    def best(self, picture: Picture) -> Best:
        found: Best = []
        for template in self._templates(picture):
            similarities = self._gallery @ template
            row = int(similarities.argmax())
            found.append((int(self._owners[row]), float(similarities[row])))
        return found


def owners(watchlist: WatchList) -> NDArray[np.intp]:
    """For each template row of the list the position of its subject."""
    found = np.empty(len(watchlist.templates), np.intp)
    for position, subject in enumerate(watchlist.subjects):
        found[[reference.row for reference in subject.pictures]] = position
    return found


def insightface(pack: Pack, watchlist: WatchList, threshold: float, size: int, threads: int) -> Peer:
    from evaluation.errors import EvaluationError
    from evaluation.insightface_app import open_insightface

    try:
        app = open_insightface(pack, size=size, threads=threads)
    except EvaluationError as error:
        raise BenchmarkError(str(error)) from error
    return Loop(lambda picture: [face.normed_embedding for face in app.get(picture)], watchlist, threshold)


def uniface(pack: Pack, watchlist: WatchList, threshold: float, size: int, threads: int) -> Peer:
    """Its sessions take all cores, whatever `threads` says: it has no setting for them."""
    try:
        import uniface.detection.scrfd as scrfd
        from uniface.recognition.base import BaseRecognizer, PreprocessConfig
    except ImportError as error:
        raise BenchmarkError(f"uniface is not installed here ({error}): pip install uniface[cpu]") from error

    class Recogniser(BaseRecognizer):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            spec = pack.recogniser
            super().__init__(
                model_path=str(pack.folder / spec.file),
                preprocessing=PreprocessConfig(spec.mean, spec.std),
                providers=["CPUExecutionProvider"],
            )

    class Detector(scrfd.SCRFD):  # type: ignore[misc, unused-ignore]
        def inference(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
            # Its own weights give no batch axis.
            return [output.reshape(-1, output.shape[-1]) for output in super().inference(blob)]

    if pack.detector.kind != "scrfd":
        raise BenchmarkError(f"uniface: pack {pack.name} has no SCRFD detector")
    # It takes its own weights only, by download: this pack's stand in their place.
    scrfd.verify_model_weights = lambda *_, **__: str(pack.folder / pack.detector.file)
    detector = Detector(
        confidence_threshold=pack.detector.least_score, input_size=(size, size), providers=["CPUExecutionProvider"]
    )
    # It takes two anchors a cell for granted, as its own weights have them.
    detector._num_anchors = pack.detector.anchors_per_cell
    recogniser = Recogniser()

    def templates(picture: Picture) -> list[NDArray[Any]]:
        faces = detector.detect(picture)
        return [unit(recogniser.get_embedding(picture, face.landmarks).reshape(1, -1))[0] for face in faces]

    return Loop(templates, watchlist, threshold)


class FaceRecognition:
    """dlib's HOG detector and 128-d network, at its own usual distance of 0.6; similarity here is 1 - distance."""

    threshold = 0.4

    def __init__(self, library: Any, watchlist: WatchList) -> None:
        self._library = library
        self._owners: list[int] = []
        templates = []
        for position, subject in enumerate(watchlist.subjects):
            for reference in subject.pictures:
                jpeg = np.frombuffer(watchlist.portraits[reference.id], np.uint8)
                portrait = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
                assert portrait is not None
                found = library.face_encodings(np.ascontiguousarray(portrait[:, :, ::-1]))
                templates += found[:1]
                self._owners += [position] * len(found[:1])
        if not templates:
            raise BenchmarkError("face_recognition finds no face in the list's portraits")
        self._gallery = np.stack(templates)

    def best(self, picture: Picture) -> Best:
        found: Best = []
        for template in self._library.face_encodings(np.ascontiguousarray(picture[:, :, ::-1])):
            distances = np.linalg.norm(self._gallery - template, axis=1)
            row = int(distances.argmin())
            found.append((self._owners[row], 1.0 - float(distances[row])))
        return found


def face_recognition(pack: Pack, watchlist: WatchList, threshold: float, size: int, threads: int) -> Peer:
    """With networks, threshold and picture size of its own: dlib computes on one core."""
    try:
        # It says what is missing and leaves Python.
        with contextlib.redirect_stdout(None):
            import face_recognition as library
    except (ImportError, SystemExit) as error:
        raise BenchmarkError(
            "face_recognition is not installed here, with its models and a setuptools that still has pkg_resources"
        ) from error
    return FaceRecognition(library, watchlist)


PEERS: dict[str, Open] = {"insightface": insightface, "uniface": uniface, "face_recognition": face_recognition}
