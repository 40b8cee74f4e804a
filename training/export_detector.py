"""Write a trained starter detector as ONNX with YuNet's interface; weights stored as float16, computed as float32.

Usage: python -m training.export_detector CHECKPOINT.pt det_starter.onnx
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from training.detector_model import INPUT_SCALE, STRIDES, ConvBn, Separable, StarterDetector

OUTPUTS = (("cls", 0, 1), ("obj", 1, 2), ("bbox", 2, 6), ("kps", 6, 16))


class GraphWriter:
    """Collects nodes and stored weights; every method takes tensor names and returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: NDArray[np.generic], name: str) -> str:
        self.stored.append(numpy_helper.from_array(values, name))
        return name

    def weight(self, values: torch.Tensor) -> str:
        """Store as float16 and cast: ONNX Runtime folds the cast when it loads the model."""
        array = values.detach().cpu().numpy().astype(np.float16)
        if not np.isfinite(array).all():
            raise ValueError("a weight does not fit into float16: train on, or store it as float32")
        return self.node("Cast", [self.constant(array, f"w{len(self.stored)}")], to=TensorProto.FLOAT)

    def conv(self, x: str, weight: torch.Tensor, bias: torch.Tensor, conv: torch.nn.Conv2d) -> str:
        kernel, stride, pad = conv.kernel_size[0], conv.stride[0], int(conv.padding[0])
        return self.node(
            "Conv",
            [x, self.weight(weight), self.weight(bias)],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            group=conv.groups,
        )

    def conv_bn(self, x: str, layer: ConvBn, scale: float = 1.0) -> str:
        weight, bias = layer.folded()
        y = self.conv(x, weight * scale, bias, layer.conv)
        return self.node("Relu", [y]) if layer.relu else y

    def separable(self, x: str, block: Separable) -> str:
        y = self.conv_bn(self.conv_bn(x, block.depthwise), block.pointwise)
        return self.node("Relu", [self.node("Add", [y, x])]) if block.residual else y


def build_onnx(model: StarterDetector) -> onnx.ModelProto:
    """The network of `model` (in eval mode, on any device) as an ONNX graph with YuNet's input and outputs."""
    writer = GraphWriter()
    x = writer.conv_bn("input", model.stem, INPUT_SCALE)
    levels = []
    for stage in model.stages:
        for block in stage:
            x = writer.separable(x, block)
        levels.append(x)
    features = [writer.conv_bn(level, lat) for lat, level in zip(model.laterals, levels[1:], strict=True)]
    scales = writer.constant(np.array([1, 1, 2, 2], np.float32), "upscale")
    flat = writer.constant(np.array([0, -1, 16], np.int64), "flat")
    axis = writer.constant(np.array([2], np.int64), "axis")
    results: dict[int, str] = {}
    above = ""
    for index in reversed(range(len(STRIDES))):
        feature = features[index]
        if above:
            up = writer.node(
                "Resize",
                [above, "", scales],
                mode="nearest",
                nearest_mode="floor",
                coordinate_transformation_mode="asymmetric",
            )
            feature = writer.node("Add", [feature, up])
        blocks = list(model.heads[index])
        above = writer.separable(feature, blocks[0])
        feature = above
        for block in blocks[1:]:
            feature = writer.separable(feature, block)
        head: torch.nn.Conv2d = model.outputs[index]
        raw = writer.conv(feature, head.weight, head.bias, head)
        rows = writer.node("Reshape", [writer.node("Transpose", [raw], perm=[0, 2, 3, 1]), flat])
        results[STRIDES[index]] = rows
    declared = []
    for name, first, last in OUTPUTS:
        start = writer.constant(np.array([first], np.int64), f"{name}_from")
        end = writer.constant(np.array([last], np.int64), f"{name}_to")
        for stride in STRIDES:
            output = f"{name}_{stride}"
            if name in ("cls", "obj"):
                part = writer.node("Slice", [results[stride], start, end, axis])
                writer.node("Sigmoid", [part], output)
            else:
                writer.node("Slice", [results[stride], start, end, axis], output)
            declared.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", None, last - first]))
    graph = helper.make_graph(
        writer.nodes,
        "det_starter",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        declared,
        writer.stored,
    )
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="openlfr")
    result.ir_version = 8
    onnx.checker.check_model(result)
    return result


def load_checkpoint(path: Path) -> StarterDetector:
    """The averaged weights of a checkpoint written by `training.detector`, in eval mode."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = StarterDetector()
    model.load_state_dict(state["average"])
    model.eval()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    data = build_onnx(load_checkpoint(arguments.checkpoint)).SerializeToString()
    arguments.output.write_bytes(data)
    print(f"{arguments.output}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
