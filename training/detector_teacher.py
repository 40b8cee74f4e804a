"""Face detectors run as teachers or as yardsticks: SCRFD, YuNet and anything with YuNet's interface, on the CPU.

Boxes are (left, top, right, bottom), points the five landmarks (eyes, nose, mouth corners; picture's left first), both
in pixels of the picture given, float32.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

STRIDES = (8, 16, 32)
Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

TEACHERS = {
    "scrfd-2.5g": ("extra-scrfd-2.5g/det_scrfd_2.5g_kps.onnx", "scrfd"),
    "scrfd-500m": ("lab-mbf/det_scrfd_500m_kps.onnx", "scrfd"),
    "yunet-n": ("yunet-mfn/det_yunet_n.onnx", "yunet"),
}


def as_image(picture: npt.ArrayLike) -> Image:
    """What OpenCV returned (it declares a wider type), as the uint8 picture that it is."""
    return np.asarray(picture, np.uint8)


def decode(data: bytes) -> Image:
    """A BGR picture from encoded bytes."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a picture could not be decoded")
    return as_image(image)


def encode(image: Image, quality: int) -> bytes:
    """JPEG bytes of a BGR picture."""
    good, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError("a picture could not be encoded")
    return data.tobytes()


class Faces(NamedTuple):
    """Faces of one picture, best score first: boxes [n, 4], points [n, 5, 2], scores [n]."""

    boxes: Floats
    points: Floats
    scores: Floats

    def pick(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Faces:
        """The chosen faces, by mask or by index."""
        return Faces(self.boxes[chosen], self.points[chosen], self.scores[chosen])


def overlap(a: Floats, b: Floats) -> Floats:
    """Intersection over union of every box of `a` [n, 4] with every box of `b` [m, 4]: [n, m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=1)
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=1)
    ratio: Floats = (both / np.maximum(area_a[:, None] + area_b[None] - both, 1e-6)).astype(np.float32)
    return ratio


def suppress(faces: Faces, limit: float = 0.45, most: int = 1500) -> Faces:
    """Greedy non-maximum suppression of the `most` best: drop a face that overlaps a better one beyond `limit`."""
    order = np.argsort(-faces.scores, kind="stable")[:most]
    faces = faces.pick(order)
    ious = overlap(faces.boxes, faces.boxes)
    alive = np.ones(len(order), dtype=bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ious[i, i + 1 :] <= limit
    return faces.pick(alive)


def decode_yunet(outputs: dict[str, Floats], width: int, least: float) -> Faces:
    """Faces from YuNet's twelve outputs of one picture `width` pixels wide (formula: libfacedetection.train)."""
    boxes, points, scores = [], [], []
    for stride in STRIDES:
        score = np.sqrt(outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0])
        kept = np.flatnonzero(score >= least)
        cell = np.stack([kept % (width // stride), kept // (width // stride)], axis=1).astype(np.float32)
        raw = outputs[f"bbox_{stride}"][0, kept]
        centre = (cell + raw[:, :2]) * stride
        half = np.exp(raw[:, 2:]) * stride / 2
        boxes.append(np.concatenate([centre - half, centre + half], axis=1))
        points.append((outputs[f"kps_{stride}"][0, kept].reshape(-1, 5, 2) + cell[:, None]) * stride)
        scores.append(score[kept])
    return Faces(np.concatenate(boxes), np.concatenate(points), np.concatenate(scores))


def decode_scrfd(outputs: list[Floats], width: int, least: float) -> Faces:
    """Faces from SCRFD's nine outputs of one picture, two anchors a cell, letterboxed to `width` pixels."""
    boxes, points, scores = [], [], []
    for level, stride in enumerate(STRIDES):
        score = outputs[level][0, :, 0]
        kept = np.flatnonzero(score >= least)
        place = kept // 2
        cell = np.stack([place % (width // stride), place // (width // stride)], axis=1).astype(np.float32) * stride
        distance = outputs[3 + level][0, kept] * stride
        boxes.append(np.concatenate([cell - distance[:, :2], cell + distance[:, 2:]], axis=1))
        points.append(outputs[6 + level][0, kept].reshape(-1, 5, 2) * stride + cell[:, None])
        scores.append(score[kept])
    return Faces(np.concatenate(boxes), np.concatenate(points), np.concatenate(scores))


def letterbox(image: Image, longest: int | None = None) -> tuple[Image, float]:
    """Scale the longer side to `longest` (None: keep), pad with zeros at right and bottom to multiples of 32."""
    height, width = image.shape[:2]
    scale = 1.0 if longest is None else longest / max(height, width)
    if scale != 1.0:
        flag = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = as_image(cv2.resize(image, size, interpolation=flag))
    height, width = image.shape[:2]
    padded = np.zeros((-(-height // 32) * 32, -(-width // 32) * 32, 3), np.uint8)
    padded[:height, :width] = image
    return padded, scale


class Teacher:
    """One detector in ONNX, one thread."""

    def __init__(self, path: Path, kind: str):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.kind = kind
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]
        self.input = self.session.get_inputs()[0].name

    @classmethod
    def named(cls, shared: Path, name: str) -> Teacher:
        """A detector of the shared packs, by its name in TEACHERS."""
        path, kind = TEACHERS[name]
        return cls(shared / "models" / path, kind)

    def answers(self, image: Image) -> Floats:
        """YuNet's raw answers [A, 15] for all cells of a BGR picture (sides multiples of 32): score, box, points."""
        data = np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32))
        out = dict(zip(self.names, self.session.run(self.names, {self.input: data}), strict=True))
        cls, obj, box, points = (
            np.concatenate([out[f"{part}_{stride}"][0] for stride in STRIDES]) for part in ("cls", "obj", "bbox", "kps")
        )
        return np.concatenate([np.sqrt(cls * obj), box, points], axis=1)

    def detect(self, image: Image, longest: int | None = None, least: float = 0.3) -> Faces:
        """Faces with a score of at least `least` in a BGR picture, its longer side scaled to `longest` before."""
        padded, scale = letterbox(image, longest)
        if self.kind == "scrfd":
            data = (padded[:, :, ::-1].astype(np.float32) - 127.5) / 128.0
        else:
            data = padded.astype(np.float32)
        outputs = self.session.run(self.names, {self.input: np.ascontiguousarray(data.transpose(2, 0, 1)[None])})
        if self.kind == "scrfd":
            faces = decode_scrfd(outputs, padded.shape[1], least)
        else:
            faces = decode_yunet(dict(zip(self.names, outputs, strict=True)), padded.shape[1], least)
        faces = suppress(faces)
        return Faces(faces.boxes / scale, faces.points / scale, faces.scores)
