"""The starter detector's network: a small depthwise face detector with YuNet's tensor interface.

Input: float32 [N, 3, H, W], BGR, 0..255, H and W multiples of 32. The scaling lives inside the network.
Output: for each stride 8, 16, 32 one map [N, 16, H/s, W/s] of raw values per cell:
channel 0 class logit, 1 object logit, 2..5 box (dx, dy, log w, log h), 6..15 five points (x, y).
Decoding (cell = (column, row), s = stride): score = sqrt(sigmoid(cls) * sigmoid(obj)); centre = (cell + (dx, dy)) * s;
size = exp(log w, log h) * s; point = (cell + (x, y)) * s. Same as YuNet (libfacedetection.train).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
CHANNELS = 16
INPUT_SCALE = 1.0 / 128.0


@dataclass(frozen=True)
class DetectorShape:
    """Widths (channels) and depths (residual blocks) of the network.

    Wider or deeper levels raise accuracy and time; stride 4 dominates the time, stride 32 the number of weights.
    """

    stem: int = 16
    widths: tuple[int, int, int, int] = (32, 64, 96, 128)
    depths: tuple[int, int, int, int] = (1, 6, 4, 2)
    neck: int = 64
    head_depth: int = 1


class HalvingDepthwise(torch.autograd.Function):
    """Depthwise 3x3 convolution of stride 2; the backward pass goes through the one of stride 1.

    On the CPU, PyTorch's own backward pass of a strided depthwise convolution is several times as slow.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return functional.conv2d(x, weight.to(x.dtype), stride=2, padding=1, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        spread = torch.zeros_like(x)
        spread[:, :, ::2, ::2] = gradients[0]
        one = [1, 1]
        by_x, by_weight, _ = torch.ops.aten.convolution_backward(
            spread, x, weight.to(x.dtype), None, one, one, one, False, [0, 0], len(weight), [True, True, False]
        )
        return by_x, by_weight.to(weight.dtype)


class ConvBn(nn.Module):
    """Convolution without bias, batch normalisation and, if asked, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        conv = self.conv
        halving = self.training and not x.is_cuda and conv.stride == (2, 2) and conv.groups > 1
        x = self.bn(HalvingDepthwise.apply(x, conv.weight) if halving else conv(x))
        return torch.relu(x) if self.relu else x

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias with the batch normalisation folded in (inference only)."""
        std = torch.sqrt(self.bn.running_var + self.bn.eps)
        gain = self.bn.weight / std
        bias = self.bn.bias - self.bn.running_mean * gain
        return self.conv.weight * gain[:, None, None, None], bias


class Separable(nn.Module):
    """Depthwise 3x3 then pointwise 1x1; with `residual` the input is added before the last ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, residual: bool = False):
        super().__init__()
        self.depthwise = ConvBn(inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = ConvBn(inputs, outputs, 1, relu=not residual)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return torch.relu(x + y) if self.residual else y


class StarterDetector(nn.Module):
    """Backbone with strides 2 to 32, a top-down neck and one head per stride."""

    def __init__(self, shape: DetectorShape | None = None):
        super().__init__()
        self.shape = shape or DetectorShape()
        s = self.shape
        self.stem = ConvBn(3, s.stem, 3, 2)
        self.stages = nn.ModuleList()
        inputs = s.stem
        for width, depth in zip(s.widths, s.depths, strict=True):
            blocks = [Separable(inputs, width, 2)] + [Separable(width, width, residual=True) for _ in range(depth)]
            self.stages.append(nn.ModuleList(blocks))
            inputs = width
        self.laterals = nn.ModuleList(ConvBn(width, s.neck, 1) for width in s.widths[1:])
        self.heads = nn.ModuleList(
            nn.ModuleList(Separable(s.neck, s.neck, residual=True) for _ in range(1 + s.head_depth)) for _ in STRIDES
        )
        self.outputs = nn.ModuleList(nn.Conv2d(s.neck, CHANNELS, 1) for _ in STRIDES)
        for conv in self.outputs:
            nn.init.normal_(conv.weight, std=0.01)
            nn.init.zeros_(conv.bias)
            with torch.no_grad():
                conv.bias[1] = -4.6
                conv.bias[2:4] = 0.5
                conv.bias[4:6] = 1.0
                conv.bias[6:] = 0.5

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x * INPUT_SCALE)
        levels = []
        for stage in self.stages:
            for block in stage:
                x = block(x)
            levels.append(x)
        features = [lateral(level) for lateral, level in zip(self.laterals, levels[1:], strict=True)]
        # Top-down: each level hears from the coarser one after that has had its first head block.
        outputs: list[Tensor] = []
        above: Tensor | None = None
        for index in reversed(range(len(STRIDES))):
            feature = features[index]
            if above is not None:
                feature = feature + functional.interpolate(above, scale_factor=2.0, mode="nearest")
            above = self.heads[index][0](feature)
            feature = above
            for block in list(self.heads[index])[1:]:
                feature = block(feature)
            # Exact under autocast too: a point is wanted to a small part of a cell.
            with torch.autocast(x.device.type, enabled=False):
                outputs.append(self.outputs[index](feature.float()))
        return outputs[::-1]


def count_weights(model: nn.Module) -> int:
    """Number of weights after folding: every convolution's weights and one bias per output channel."""
    total = 0
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            total += module.weight.numel() + module.out_channels
    return total
