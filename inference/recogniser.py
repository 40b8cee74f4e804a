"""Templates of faces: five-point alignment to the ArcFace 112 x 112 template, batched embedding, unit length."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.faces import Chip, Picture
from inference.pack import Pack, PackError
from inference.sessions import Session, SessionSettings

ARCFACE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where eyes, nose and mouth corners go in the 112 x 112 crop: the ArcFace template (Deng et al., CVPR 2019)."""

CROP_SIZE = 112
MAX_BATCH = 32


def similarity_transform(points: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The 2 x 3 matrix of turn, one scale and shift that maps `points` (n, 2) nearest to `target` in least squares.

    In complex numbers: target = a * point + b, so a is the regression of the centred sets (Umeyama, TPAMI 1991, in two
    dimensions and without reflection). Points that all coincide have no turn or scale: they are only shifted.
    """
    source = points.astype(np.float64) @ np.array([1.0, 1.0j])
    wanted = target.astype(np.float64) @ np.array([1.0, 1.0j])
    centred = source - source.mean()
    spread = np.vdot(centred, centred).real
    turn = np.vdot(centred, wanted - wanted.mean()) / spread if spread > 0.0 else 1.0 + 0.0j
    shift = wanted.mean() - turn * source.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def align(picture: Picture, landmarks: NDArray[np.float32], size: int = CROP_SIZE) -> Chip:
    """The size x size crop in which the five `landmarks` (5, 2) lie as in the ArcFace template; black outside."""
    target = ARCFACE_POINTS * (size / CROP_SIZE)
    matrix = similarity_transform(landmarks, target)
    return np.asarray(cv2.warpAffine(picture, matrix, (size, size)), np.uint8)


class Recogniser:
    """One recogniser session."""

    def __init__(self, pack: Pack, session: SessionSettings) -> None:
        """Raises PackError where the model's real output is not of the declared size, or SessionError."""
        spec = pack.recogniser
        self._spec = spec
        self._pack = pack.name
        self._batch = MAX_BATCH if spec.batch == "dynamic" else spec.batch
        self.embedding_size = spec.embedding_size
        self._session = Session(pack.model_bytes(spec), session, spec.input, f"pack {pack.name}, recogniser")
        if spec.output not in self._session.outputs:
            raise PackError(f"pack {pack.name}: {spec.file} has no output named {spec.output!r}")
        try:
            # Two, so that a model made for a batch of one, and not said to be, is found out here and not in a crowd.
            self.embed([np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)] * 2)
        except RuntimeError as error:
            raise PackError(f"pack {pack.name}: {spec.file} does not take two 112 x 112 crops: {error}") from None

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        """(n, embedding_size) unit templates of n aligned 112 x 112 crops, no copy kept: the caller overwrites them.

        Raises PackError where the model's real output is not of the declared size.
        """
        templates = np.empty((len(crops), self.embedding_size), np.float32)
        for at in range(0, len(crops), self._batch):
            raw = self._embed_batch(crops[at : at + self._batch])
            if raw.shape[1:] != templates.shape[1:]:
                raise PackError(
                    f"pack {self._pack}: {self._spec.file} gives {raw.shape[1:]} values,"
                    f" pack.toml says {self.embedding_size}"
                )
            np.divide(raw, _lengths(raw), out=templates[at : at + self._batch])
            raw.fill(0.0)
        return templates

    def _embed_batch(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        blob = cv2.dnn.blobFromImages(
            crops,
            scalefactor=1.0 / self._spec.std,
            mean=(self._spec.mean,) * 3,
            swapRB=self._spec.channel_order == "RGB",
        )
        results = self._session.run(np.asarray(blob, np.float32), (self._spec.output,))
        blob.fill(0.0)
        return results[0]


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row of (n, d) divided by its length; a row of zeros stays."""
    scaled: NDArray[np.float32] = vectors / _lengths(vectors)
    return scaled


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 1), never 0."""
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.maximum(lengths, np.finfo(np.float32).tiny)
