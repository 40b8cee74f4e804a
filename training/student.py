"""The student: a MobileFaceNet-like network made for ONNX Runtime on a CPU.

Against MobileFaceNet two things differ. Activations are leaky rectifiers, which ONNX Runtime fuses into the
convolution before them (a PReLU is a pass of its own over memory). And the weights sit late: the 7x7 stage and the
head hold most of them, because there a parameter costs 49 multiplications and at the front 3136.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

LEAK = 0.1
INPUT_SIZE = 112


@dataclass(frozen=True)
class Shape:
    """Widths and depths of the student.

    Attributes:
        stem: channels of the first convolution, at 56x56.
        stages: (channels, expanded channels, residual blocks) at 28x28, 14x14 and 7x7.
        head: channels that the last 1x1 convolution leaves at each of the 49 positions.
        embedding_size: length of the output.
    """

    stem: int = 64
    stages: tuple[tuple[int, int, int], ...] = ((64, 128, 4), (128, 384, 7), (192, 512, 3))
    head: int = 32
    embedding_size: int = 512


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless `linear`, a leaky rectifier."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.05),
        )
        if not linear:
            self.append(nn.LeakyReLU(LEAK, inplace=True))


class Block(nn.Module):
    """Inverted bottleneck with a linear output; a residual where shape allows."""

    def __init__(self, inputs: int, expanded: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.body = nn.Sequential(
            ConvNorm(inputs, expanded),
            ConvNorm(expanded, expanded, 3, stride, groups=expanded),
            ConvNorm(expanded, outputs, linear=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return x + y if self.residual else y


class Student(nn.Module):
    """[N, 3, 112, 112] RGB in -1..1 to [N, embedding_size], not yet of unit length."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        width = self.shape.stem
        self.stem = nn.Sequential(ConvNorm(3, width, 3, 2), ConvNorm(width, width, 3, 1, groups=width))
        stages: list[nn.Module] = []
        for channels, expanded, blocks in self.shape.stages:
            stages.append(Block(width, expanded, channels, stride=2))
            stages.extend(Block(channels, expanded, channels) for _ in range(blocks))
            width = channels
        self.stages = nn.Sequential(*stages)
        self.head = nn.Sequential(ConvNorm(width, 2 * width), ConvNorm(2 * width, self.shape.head))
        self.project = nn.Linear(self.shape.head * 49, self.shape.embedding_size)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.head(self.stages(self.stem(x))).flatten(1))
        return y


class UnitLength(nn.Module):
    """A student whose output has unit length: what is exported."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.student(x), dim=1)


def count_parameters(model: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in model.parameters())
