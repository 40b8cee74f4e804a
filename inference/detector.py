"""Face detection with SCRFD and YuNet networks: a picture in, faces out."""

import math
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.faces import Face, Picture
from inference.pack import DetectorFile, Pack, PackError
from inference.sessions import Session, SessionSettings

DEFAULT_SIZE = 640
MINIMUM_SIZE = 128
"""Pictures whose longest side is shorter are enlarged to it, in pixels; all others are never enlarged."""

NMS_IOU = 0.4
"""Of two detections that overlap by more than this share of their union only the better scored is kept."""


class Detections(NamedTuple):
    """Detections before they are made `Face`s: n boxes (n, 4), landmarks (n, 5, 2) and scores (n,), float32."""

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]


class _Decoder(Protocol):
    outputs: tuple[str, ...]

    def decode(self, outputs: list[NDArray[np.float32]], height: int, width: int, threshold: float) -> Detections: ...


class Detector:
    """One detector session. Not for several threads at once: the input canvas is reused."""

    def __init__(self, pack: Pack, session: SessionSettings) -> None:
        """Raises PackError or SessionError."""
        spec = pack.detector
        self._spec = spec
        self._session = Session(pack.model_bytes(spec), session, spec.input, f"pack {pack.name}, detector")
        self.least_score = spec.least_score
        self._canvas = np.zeros((0, 0, 3), np.uint8)
        self._decoder: _Decoder = _Scrfd(spec, self._session.outputs) if spec.kind == "scrfd" else _Yunet(spec)
        try:
            self.detect(np.zeros((64, 64, 3), np.uint8))
        except (ValueError, RuntimeError) as error:
            raise PackError(f"pack {pack.name}: {spec.file} is no {spec.kind} detector: {error}") from None

    def detect(self, picture: Picture, size: int = DEFAULT_SIZE, score_threshold: float | None = None) -> list[Face]:
        """The faces of `picture`, best score first.

        `size`: longest side of the detector's input in pixels; larger pictures are reduced to it. `score_threshold`:
        detections below are not faces; None: the pack's own.
        """
        threshold = self.least_score if score_threshold is None else score_threshold
        scale, canvas = self._letterbox(picture, size)
        blob = cv2.dnn.blobFromImage(
            canvas,
            scalefactor=1.0 / self._spec.std,
            mean=(self._spec.mean,) * 3,
            swapRB=self._spec.channel_order == "RGB",
        )
        outputs = self._session.run(np.asarray(blob, np.float32), self._decoder.outputs)
        found = self._decoder.decode(outputs, canvas.shape[0], canvas.shape[1], threshold)
        kept = suppress(found.boxes, found.scores, NMS_IOU)
        boxes, landmarks = found.boxes[kept] / scale, found.landmarks[kept] / scale
        return [
            Face(box, points, float(score))
            for box, points, score in zip(boxes, landmarks, found.scores[kept], strict=True)
        ]

    def _letterbox(self, picture: Picture, size: int) -> tuple[float, Picture]:
        """The picture at the top left of a canvas whose sides are multiples of the stride, zeros elsewhere."""
        height, width = picture.shape[:2]
        scale, inner_height, inner_width = fit(height, width, size)
        multiple = self._spec.size_multiple
        shape = (math.ceil(inner_height / multiple) * multiple, math.ceil(inner_width / multiple) * multiple, 3)
        if self._canvas.shape != shape:
            self._canvas = np.zeros(shape, np.uint8)
        else:
            self._canvas[inner_height:] = 0
            self._canvas[:, inner_width:] = 0
        target = self._canvas[:inner_height, :inner_width]
        if scale == 1.0:
            target[...] = picture
        else:
            cv2.resize(picture, (inner_width, inner_height), dst=target)
        return scale, self._canvas


def fit(height: int, width: int, size: int) -> tuple[float, int, int]:
    """Scale, height and width at which a picture of this size is put before the detector."""
    longest = max(height, width)
    target = min(max(longest, MINIMUM_SIZE), size)
    scale = target / longest
    return scale, max(round(height * scale), 1), max(round(width * scale), 1)


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], iou: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: indices of the boxes (n, 4) to keep, best score first."""
    order = np.argsort(-scores, kind="stable")
    left, top, right, bottom = boxes[order].T
    areas = (right - left) * (bottom - top)
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if not alive[index]:
            continue
        rest = slice(index + 1, None)
        across = np.minimum(right[rest], right[index]) - np.maximum(left[rest], left[index])
        down = np.minimum(bottom[rest], bottom[index]) - np.maximum(top[rest], top[index])
        shared = np.maximum(across, 0.0) * np.maximum(down, 0.0)
        alive[rest] &= shared <= iou * (areas[rest] + areas[index] - shared)
    return order[alive]


class _Scrfd:
    """Outputs by stride: scores (n, 1); left, top, right, bottom distances (n, 4); points (n, 10), in strides."""

    def __init__(self, spec: DetectorFile, outputs: tuple[str, ...]) -> None:
        self._spec = spec
        if len(outputs) != 3 * len(spec.strides):
            raise PackError(f"{spec.file} has {len(outputs)} outputs, an SCRFD with points {3 * len(spec.strides)}")
        self.outputs = outputs

    def decode(self, outputs: list[NDArray[np.float32]], height: int, width: int, threshold: float) -> Detections:
        levels = len(self._spec.strides)
        found = []
        for level, stride in enumerate(self._spec.strides):
            scores, distances, offsets = (outputs[level + levels * kind] for kind in range(3))
            scores = scores.reshape(-1)
            hits = np.flatnonzero(scores >= threshold)
            anchors = self._spec.anchors_per_cell
            if len(scores) != (height // stride) * (width // stride) * anchors:
                raise ValueError(f"{len(scores)} scores at stride {stride} do not fit a {height} x {width} input")
            corners = _cell_corners(hits // anchors, width // stride)
            near = distances.reshape(-1, 4)[hits]
            boxes = np.concatenate([corners - near[:, :2], corners + near[:, 2:]], axis=1)
            points = corners[:, None] + offsets.reshape(-1, 5, 2)[hits]
            found.append(Detections(boxes * stride, points * stride, scores[hits]))
        return _concatenate(found)


class _Yunet:
    """Outputs by stride: `cls`, `obj` (n, 1); `bbox` (n, 4): centre and log size; `kps` (n, 10), in strides."""

    def __init__(self, spec: DetectorFile) -> None:
        self._spec = spec
        self.outputs = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in spec.strides)

    def decode(self, outputs: list[NDArray[np.float32]], height: int, width: int, threshold: float) -> Detections:
        levels = len(self._spec.strides)
        found = []
        for level, stride in enumerate(self._spec.strides):
            classes, objects, sizes, offsets = (outputs[level + levels * kind] for kind in range(4))
            scores = np.sqrt(np.clip(classes.reshape(-1), 0.0, 1.0) * np.clip(objects.reshape(-1), 0.0, 1.0))
            hits = np.flatnonzero(scores >= threshold)
            if len(scores) != (height // stride) * (width // stride):
                raise ValueError(f"{len(scores)} scores at stride {stride} do not fit a {height} x {width} input")
            corners = _cell_corners(hits, width // stride)
            regressed = sizes.reshape(-1, 4)[hits]
            centres, halves = corners + regressed[:, :2], np.exp(regressed[:, 2:]) / 2
            boxes = np.concatenate([centres - halves, centres + halves], axis=1)
            points = corners[:, None] + offsets.reshape(-1, 5, 2)[hits]
            found.append(Detections(boxes * stride, points * stride, scores[hits]))
        return _concatenate(found)


def _cell_corners(cells: NDArray[np.intp], across: int) -> NDArray[np.float32]:
    """(n, 2): x and y, in cells, of the cells numbered row by row, `across` in a row."""
    rows, columns = np.divmod(cells, across)
    return np.stack([columns, rows], axis=1).astype(np.float32)


def _concatenate(levels: list[Detections]) -> Detections:
    boxes, landmarks, scores = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    return Detections(boxes, landmarks, scores)
