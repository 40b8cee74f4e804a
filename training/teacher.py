"""The teacher as a PyTorch module, and its embeddings of the clean crops.

The teacher (`lab-mbf`'s recogniser) comes as ONNX. Converted to PyTorch it runs on the device where the student trains,
so that both see the same augmented view of each sample.

    python -m training.teacher --shared ../shared --crops .train/crops.npz --out .train/teacher.npz
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

from inference.pack import load_pack
from inference.recogniser import Recogniser
from inference.sessions import SessionSettings
from training.crops import Crops, load_crops

Floats = npt.NDArray[np.float32]

TEACHER = Path("models") / "lab-mbf"
LEAK_SIMILARITY = 0.4
TRAINING_ROLES = ("train", "validation")


@dataclass(frozen=True)
class Step:
    """One node of the graph: its operator, the names it reads and writes, and its attributes."""

    op: str
    inputs: tuple[str, ...]
    output: str
    stride: int = 1
    padding: int = 0
    groups: int = 1
    axis: int = 1


class OnnxRecogniser(nn.Module):
    """A recogniser's ONNX graph, of the few operators that the packs use, as a PyTorch module.

    Weights stored as int8 with Cast and Mul are turned into float32 here. `forward` maps [N, 3, 112, 112] to the
    embedding as the file gives it (not of unit length).

    Raises:
        ValueError: the graph holds an operator outside Cast, Mul, Conv, PRelu, Add, Concat, Flatten, Gemm.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        graph = onnx.load(str(path)).graph
        values = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.steps: list[Step] = []
        for node in graph.node:
            given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            names, output = tuple(node.input), node.output[0]
            if node.op_type == "Cast":
                values[output] = values[names[0]].float()
            elif node.op_type == "Mul":
                values[output] = values[names[0]] * values[names[1]]
            elif node.op_type == "Conv":
                step = Step("Conv", names, output, given["strides"][0], given["pads"][0], given["group"])
                self.steps.append(step)
            elif node.op_type in {"PRelu", "Add", "Concat", "Flatten", "Gemm"}:
                self.steps.append(Step(node.op_type, names, output, axis=given.get("axis", 1)))
            else:
                raise ValueError(f"{path}: operator {node.op_type} is not known to the converter")
        wanted = {name for step in self.steps for name in step.inputs} & set(values)
        self.names = {name: f"w{number}" for number, name in enumerate(sorted(wanted))}
        for name, key in self.names.items():
            value = values[name].float()
            self.register_buffer(key, value.flatten() if value.ndim == 3 else value)

    def forward(self, x: Tensor) -> Tensor:
        seen = {self.input: x}

        def value(name: str) -> Tensor:
            return seen[name] if name in seen else self.get_buffer(self.names[name])

        for step in self.steps:
            arguments = [value(name) for name in step.inputs]
            if step.op == "Conv":
                seen[step.output] = F.conv2d(
                    arguments[0],
                    arguments[1],
                    arguments[2],
                    stride=step.stride,
                    padding=step.padding,
                    groups=step.groups,
                )
            elif step.op == "PRelu":
                seen[step.output] = F.prelu(*arguments)
            elif step.op == "Add":
                seen[step.output] = arguments[0] + arguments[1]
            elif step.op == "Concat":
                seen[step.output] = torch.cat(arguments, step.axis)
            elif step.op == "Flatten":
                seen[step.output] = arguments[0].flatten(1)
            else:
                seen[step.output] = F.linear(*arguments)
        return seen[self.output]


def embed(pack: Path, pixels: npt.NDArray[np.uint8]) -> Floats:
    """Templates [N, D] of [N, 112, 112, 3] RGB views by the recogniser of `pack`, on one CPU thread."""
    return Recogniser(load_pack(pack), SessionSettings()).embed(list(pixels[..., ::-1]))


def find_leaks(crops: Crops, embeddings: Floats) -> npt.NDArray[np.bool_]:
    """True for crops that may not train because the teacher finds them like a held-back or put-aside person.

    LFW knows some people under two names, and UTKFace may repeat people of LFW: labels alone do not keep the
    held-back people out. All crops of a label go as soon as one of them is too similar.
    """
    kept_apart = ~np.isin(crops.roles, TRAINING_ROLES)
    like = (embeddings @ embeddings[kept_apart].T).max(axis=1) > LEAK_SIMILARITY
    bad = set(crops.identities[like & ~kept_apart].tolist())
    return np.asarray(np.isin(crops.identities, list(bad)) & ~kept_apart, np.bool_)


def difference(pack: Path, pixels: npt.NDArray[np.uint8]) -> float:
    """Largest difference between ONNX Runtime's and PyTorch's templates of [N, 112, 112, 3] RGB views."""
    module = OnnxRecogniser(pack / load_pack(pack).recogniser.file)
    with torch.inference_mode():
        mine = F.normalize(module(torch.from_numpy(pixels.transpose(0, 3, 1, 2) / np.float32(127.5) - 1)), dim=1)
    return float(np.abs(mine.numpy() - embed(pack, pixels)).max())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Check the converted teacher and cache its embeddings of the crops.")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--crops", type=Path, default=Path(".train/crops.npz"))
    parser.add_argument("--out", type=Path, default=Path(".train/teacher.npz"))
    arguments = parser.parse_args()
    crops = load_crops(arguments.crops)
    apart = difference(arguments.shared / TEACHER, crops.views()[:8])
    print(f"PyTorch against ONNX Runtime: largest difference {apart:.1e}")
    if apart > 1e-3:
        raise SystemExit("the converted teacher is not the teacher")
    embeddings = embed(arguments.shared / TEACHER, crops.views())
    leaks = find_leaks(crops, embeddings)
    np.savez(arguments.out, embeddings=embeddings.astype(np.float16), leaks=leaks)
    print(f"{int(leaks.sum())} of {len(leaks)} crops left out of training: like a person kept apart")


if __name__ == "__main__":
    main()
