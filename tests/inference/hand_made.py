"""Tiny packs and scripted networks, made by hand: for rules that need no trained weights."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from inference.faces import Chip, Face, Picture

PACK_TOML = """format = 1
name = "tiny"
version = "1"

[detector]
file = "detector.onnx"
sha256 = "{detector}"
kind = "yunet"
input = "input"
channel_order = "BGR"
mean = 0.0
std = 1.0
licence = "CC0-1.0"

[recogniser]
file = "recogniser.onnx"
sha256 = "{recogniser}"
kind = "arcface"
input = "input"
output = "embedding"
channel_order = "RGB"
mean = 127.5
std = 127.5
licence = "CC0-1.0"
embedding_size = 3
"""


def mean_colour_model() -> onnx.ModelProto:
    """A "recogniser" of 3 values: the mean of each channel."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean_colour",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def write_pack(folder: Path, changes: Mapping[str, str] | None = None, more: str = "") -> Path:
    """A pack whose files match their hashes; `changes` replace text of its pack.toml, `more` is appended."""
    folder.mkdir(parents=True, exist_ok=True)
    data = mean_colour_model().SerializeToString()
    for name in ("detector.onnx", "recogniser.onnx"):
        (folder / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    text = PACK_TOML.format(detector=digest, recogniser=digest)
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "pack.toml").write_text(text + more, "utf-8")
    return folder


SIDE = 60.0
"""Width of a scripted face."""


def face(x: float, y: float, *, side: float = SIDE, score: float = 0.9) -> Face:
    """A frontal face with its centre at x, y."""
    half = side / 2
    box = np.array([x - half, y - half * 1.2, x + half, y + half * 1.2], np.float32)
    # The ArcFace points of a 112 x 112 crop, about their centre.
    points = np.array([[-18, -12], [18, -12], [0, 8], [-15, 28], [15, 28]], np.float32) * (side / 80)
    return Face(box, points + np.array([x, y], np.float32), score)


@dataclass
class ScriptedDetector:
    """Finds what the script says, frame by frame; draws nothing."""

    script: Sequence[Sequence[Face]]
    least_score: float = 0.5
    frame: int = 0

    def detect(self, picture: Picture, size: int = 640, score_threshold: float | None = None) -> list[Face]:
        found = list(self.script[self.frame])
        self.frame += 1
        return found


@dataclass
class ScriptedRecogniser:
    """Gives the template of the person whose colour fills the crop's middle: `paint` makes such pictures."""

    people: NDArray[np.float32]
    """(n, d) unit templates; person i is painted with brightness `BRIGHTNESS + 10 * i`."""
    batches: list[int] = field(default_factory=list)

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        if crops:
            self.batches.append(len(crops))
        who = [round((float(crop[56, 56, 0]) - BRIGHTNESS) / 10) for crop in crops]
        return self.people[who].copy() if who else np.empty((0, self.people.shape[1]), np.float32)


@dataclass(frozen=True)
class ScriptedNetworks:
    detector: ScriptedDetector
    recogniser: ScriptedRecogniser


BRIGHTNESS = 60


def paint(height: int, width: int, faces: Mapping[int, Sequence[Face]]) -> Picture:
    """A picture in which each face of person i shows the brightness by which `ScriptedRecogniser` knows i.

    A checkered background and edge give every crop contrast and sharpness.
    """
    rows, columns = np.indices((height, width))
    picture = np.repeat((120 + 60 * ((rows // 40 + columns // 40) % 2))[:, :, None], 3, axis=2).astype(np.uint8)
    for person, shown in faces.items():
        for one in shown:
            left, top, right, bottom = (max(int(edge), 0) for edge in one.box)
            inside = rows[top:bottom, left:right] // 6 + columns[top:bottom, left:right] // 6
            picture[top:bottom, left:right] = (200 * (inside % 2))[:, :, None]
            x, y = one.landmarks.mean(axis=0).astype(int)
            picture[max(y - 12, 0) : y + 13, max(x - 12, 0) : x + 13] = BRIGHTNESS + 10 * person
    return picture
