"""Write the trained student as the starter pack's ONNX file.

    python -m training.export_recogniser --out inference/packs/starter/rec_starter.onnx

Batch normalisation is folded into the convolutions. Weights are stored as int8 with one float32 scale per output
channel, and Cast and Mul, which ONNX Runtime folds to float32 when it loads the model (it keeps a DequantizeLinear, and
would run it for every face); biases and activations are float32. The output is made unit length inside the graph.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.student import INPUT_SIZE, ConvNorm, Student, UnitLength

OPSET = 17
Floats = npt.NDArray[np.float32]


def fold(student: Student) -> Student:
    """Merge each batch normalisation into its convolution, in place; returns the student in evaluation mode."""
    student.eval()
    for module in student.modules():
        if isinstance(module, ConvNorm):
            convolution: Any = module[0]
            normalisation: Any = module[1]
            module[0] = fuse_conv_bn_eval(convolution, normalisation)
            module[1] = torch.nn.Identity()
    return student


def to_graph(student: Student) -> onnx.ModelProto:
    """The folded student, with unit-length output, as an ONNX model with float32 weights."""
    buffer: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            UnitLength(student).eval(),
            (torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE),),
            buffer,
            input_names=["input"],
            output_names=["embedding"],
            dynamic_axes={"input": {0: "batch"}, "embedding": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())


def quantise(weight: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Round a weight [outputs, ...] to int8 with one scale per output.

    Of 25 ranges from 0.6 to 1 of the largest value the one with the least squared error is taken.
    """
    flat = weight.reshape(len(weight), -1)
    largest = np.abs(flat).max(axis=1, keepdims=True)
    best_scale = np.maximum(largest / 127, 1e-12).astype(np.float32)
    best_error = np.full(len(flat), np.inf)
    for part in np.linspace(0.6, 1.0, 25):
        scale = np.maximum(largest * part / 127, 1e-12).astype(np.float32)
        error = ((np.clip(np.round(flat / scale), -127, 127) * scale - flat) ** 2).sum(axis=1)
        better = error < best_error
        best_error = np.where(better, error, best_error)
        best_scale = np.where(better[:, None], scale, best_scale)
    codes = np.clip(np.round(flat / best_scale), -127, 127).astype(np.int8)
    return codes.reshape(weight.shape), best_scale[:, 0]


def store_as_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace each weight of two or more dimensions by int8 codes, scales, and Cast and Mul nodes."""
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim < 2 or values.dtype != np.float32:
            kept.append(tensor)
            continue
        codes, scales = quantise(values)
        name = tensor.name
        scales = scales.reshape(-1, *[1] * (values.ndim - 1))
        kept.append(numpy_helper.from_array(codes, f"{name}.int8"))
        kept.append(numpy_helper.from_array(scales, f"{name}.scale"))
        nodes.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.cast"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name]))
    nodes.extend(model.graph.node)
    graph = helper.make_graph(nodes, "rec_starter", model.graph.input, model.graph.output, kept)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    made.producer_name = "openlfr-training"
    onnx.checker.check_model(made)
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Export the trained recogniser to ONNX with int8 weights.")
    parser.add_argument("--checkpoint", type=Path, default=Path(".train/recogniser.pt"))
    parser.add_argument("--out", type=Path, default=Path("inference/packs/starter/rec_starter.onnx"))
    arguments = parser.parse_args()
    student = Student()
    student.load_state_dict(torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)["average"])
    model = store_as_int8(to_graph(fold(student)))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(arguments.out))
    data = arguments.out.read_bytes()
    print(f"{arguments.out}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
