"""What a street camera does to a face, on whole batches, on the device where the training runs.

`views` makes from stored crops the views that teacher and student both see. Three things happen in turn: two faces are
mixed (which makes faces of people who do not exist, so that a few thousand people become millions), the geometry is
disturbed (alignment errors, mirrored, slight stretching), and the picture is spoilt (light, colour, blur, scale, noise,
JPEG, occlusion). Every function maps values in 0..1 to values in 0..1 and draws from the given generator only.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

OUTPUT = 112

JPEG_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


class Dice:
    """Random draws from one seed: tensors from a generator on the device, whole numbers from one beside it."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device=device).manual_seed(seed)
        self.host = torch.Generator().manual_seed(seed)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Evenly spread in low..high."""
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        """Standard normal."""
        return torch.randn(shape, generator=self.generator, device=self.device)

    def chosen(self, count: int, chance: float) -> Tensor:
        """[count, 1, 1, 1], true with probability `chance`."""
        return (self.uniform(count) < chance).view(-1, 1, 1, 1)

    def between(self, low: int, high: int) -> int:
        """A whole number in low..high, drawn without waiting for the device."""
        return int(torch.randint(low, high + 1, (1,), generator=self.host).item())

    def state(self) -> dict[str, Tensor]:
        """Both generators' states, for a checkpoint."""
        return {"device": self.generator.get_state().cpu(), "host": self.host.get_state()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from `state`."""
        self.generator.set_state(state["device"].cpu())
        self.host.set_state(state["host"].cpu())


def mix(x: Tensor, dice: Dice, chance: float = 0.6) -> Tensor:
    """Blend a face with the next one of the batch: all over, or within a soft random region."""
    n = len(x)
    other = x.roll(1, 0)
    even = dice.uniform(n, 1, 1, 1, low=0.2, high=0.8)
    field = F.interpolate(dice.normal(n, 1, 4, 4), size=x.shape[-2:], mode="bicubic", align_corners=False)
    region = torch.sigmoid((field + dice.normal(n, 1, 1, 1) * 0.4) * 8)
    weight = torch.where(dice.chosen(n, 0.4), even, region)
    return torch.where(dice.chosen(n, chance), x + (other - x) * weight, x)


def geometry(x: Tensor, dice: Dice) -> Tensor:
    """Turn, scale, stretch, shift, mirror and slightly bend [N, 3, S, S] crops into [N, 3, 112, 112] views."""
    n, size = len(x), x.shape[-1]
    angle = dice.normal(n) * math.radians(5.0)
    scale = torch.exp(dice.normal(n) * 0.05) * (OUTPUT / size)
    stretch, shear = torch.exp(dice.normal(n) * 0.04), dice.normal(n) * 0.04
    mirrored = torch.where(dice.uniform(n) < 0.5, -1.0, 1.0)
    shift = dice.normal(n, 2) * (2.0 * 2 / size)
    c, s = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = torch.stack(
        [
            torch.stack([c * stretch * mirrored, -s + shear * scale, shift[:, 0]], 1),
            torch.stack([s * mirrored, c / stretch, shift[:, 1]], 1),
        ],
        1,
    )
    grid = F.affine_grid(rows, [n, 3, OUTPUT, OUTPUT], align_corners=False)
    bend = F.interpolate(dice.normal(n, 2, 4, 4), size=(OUTPUT, OUTPUT), mode="bicubic", align_corners=False)
    strength = dice.uniform(n, 1, 1, 1) * dice.chosen(n, 0.4) * (3.0 * 2 / size)
    grid = grid + (bend * strength).permute(0, 2, 3, 1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def light(x: Tensor, dice: Dice) -> Tensor:
    """Exposure, contrast, gamma, colour of the light, saturation; a lamp from one side."""
    n = len(x)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * torch.where(dice.chosen(n, 0.12), 0.0, dice.uniform(n, 1, 1, 1, low=0.5, high=1.4))
    x = x * torch.exp(dice.normal(n, 3, 1, 1) * 0.08)
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (x - middle) * torch.exp(dice.normal(n, 1, 1, 1) * 0.2) + middle
    x = x * torch.exp(dice.normal(n, 1, 1, 1) * 0.25)
    line = torch.linspace(-1, 1, OUTPUT, device=x.device)
    slope = dice.normal(n, 2, 1, 1) * 0.25 * dice.chosen(n, 0.3)
    x = x * torch.exp(slope[:, :1] * line.view(1, 1, 1, -1) + slope[:, 1:] * line.view(1, 1, -1, 1))
    return x.clamp(1e-4, 1.0) ** torch.exp(dice.normal(n, 1, 1, 1) * 0.25)


def blur_kernels(count: int, dice: Dice, side: int = 11) -> Tensor:
    """[count, side, side] kernels: a Gaussian spot drawn out along a random direction (out of focus and moving)."""
    line = torch.arange(side, device=dice.device) - side // 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    angle = dice.uniform(count, 1, 1, high=math.pi)
    along = torch.cos(angle) * x + torch.sin(angle) * y
    across = torch.cos(angle) * y - torch.sin(angle) * x
    spot = dice.uniform(count, 1, 1, low=0.4, high=1.6)
    drawn = spot + dice.uniform(count, 1, 1, high=2.4) * (dice.uniform(count, 1, 1) < 0.5)
    kernels = torch.exp(-0.5 * ((along / drawn) ** 2 + (across / spot) ** 2))
    return kernels / kernels.sum((1, 2), keepdim=True)


def in_parts(x: Tensor, dice: Dice, chance: float, parts: int = 8) -> tuple[Tensor, list[tuple[int, int]]]:
    """Shift the batch by a random number of places and name the equal parts that make up `chance` of it."""
    step = max(1, len(x) // parts)
    shifted = x.roll(dice.between(0, len(x) - 1), 0)
    whole = max(1, round(parts * chance))
    return shifted, [(k * step, min((k + 1) * step, len(x))) for k in range(whole) if k * step < len(x)]


def blur(x: Tensor, dice: Dice, chance: float = 0.25) -> Tensor:
    """Convolve parts of the batch, each with a kernel of its own."""
    x, parts = in_parts(x, dice, chance)
    kernels = blur_kernels(len(parts), dice)
    pieces = [x[parts[-1][1] :]]
    for (start, end), kernel in zip(parts, kernels, strict=True):
        weight = kernel.expand(3, 1, *kernel.shape)
        pieces.append(F.conv2d(F.pad(x[start:end], (5, 5, 5, 5), mode="replicate"), weight, groups=3))
    return torch.cat(pieces)


def rescale(x: Tensor, dice: Dice, chance: float = 0.375) -> Tensor:
    """Make parts of the batch as small as distant faces are (24 to 90 pixels), and large again."""
    x, parts = in_parts(x, dice, chance)
    pieces = [x[parts[-1][1] :]]
    for start, end in parts:
        side = dice.between(24, 90)
        small = F.interpolate(x[start:end], size=(side, side), mode="bilinear", antialias=True)
        pieces.append(F.interpolate(small, size=(OUTPUT, OUTPUT), mode="bilinear", align_corners=False))
    return torch.cat(pieces)


def noise(x: Tensor, dice: Dice, chance: float = 0.25) -> Tensor:
    """Sensor noise, stronger in bright places (shot noise) over a floor."""
    n = len(x)
    strength = dice.uniform(n, 1, 1, 1, low=0.005, high=0.06) * dice.chosen(n, chance)
    return x + dice.normal(*x.shape) * strength * (0.4 + x.clamp(min=0).sqrt())


@cache
def jpeg_tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """The orthonormal cosine transform of an 8 x 8 block as a [64, 64] matrix, and the luma quantisation table [64]."""
    k = torch.arange(8).view(-1, 1)
    j = torch.arange(8).view(1, -1)
    rows = torch.cos((2 * j + 1) * k * math.pi / 16) * 0.5
    rows[0] *= math.sqrt(0.5)
    return torch.kron(rows, rows).to(device), torch.tensor(JPEG_LUMA, dtype=torch.float32).flatten().to(device)


def jpeg(x: Tensor, dice: Dice, chance: float = 0.35) -> Tensor:
    """Quantise 8 x 8 cosine blocks as JPEG does, of quality 15 to 80 or so; no chroma subsampling."""
    n, cells = len(x), x.shape[-1] // 8
    transform, luma = jpeg_tables(x.device)
    blocks = (x * 255 - 128).view(n, 3, cells, 8, cells, 8).transpose(3, 4).reshape(n, -1, 64)
    table = luma * torch.exp(dice.uniform(n, 1, 1, low=math.log(0.3), high=math.log(2.2)))
    waves = torch.round(blocks @ transform.T / table) * table
    back = (waves @ transform + 128) / 255
    back = back.view(n, 3, cells, cells, 8, 8).transpose(3, 4).reshape(x.shape)
    return torch.where(dice.chosen(n, chance), back, x)


def occlude(x: Tensor, dice: Dice, chance: float = 0.15) -> Tensor:
    """Cover a random upright rectangle with one colour, or with a piece of another picture of the batch."""
    n = len(x)
    line = torch.linspace(0, 1, OUTPUT, device=x.device)
    centre, half = dice.uniform(n, 2), dice.uniform(n, 2, low=0.06, high=0.25)
    across = (line.view(1, -1) - centre[:, :1]).abs() < half[:, :1]
    down = (line.view(1, -1) - centre[:, 1:]).abs() < half[:, 1:]
    covered = (across.view(n, 1, 1, -1) & down.view(n, 1, -1, 1)) & dice.chosen(n, chance)
    filler = torch.where(dice.chosen(n, 0.5), dice.uniform(n, 3, 1, 1), x.roll(n // 2, 0))
    return torch.where(covered, filler, x)


def views(crops: Tensor, dice: Dice, clean: float = 0.3) -> Tensor:
    """[N, 3, 144, 144] bytes to [N, 3, 112, 112] augmented views in -1..1, in another order.

    A share `clean` of them is mixed and moved, but not spoilt.
    """
    x = geometry(mix(crops.float() / 255, dice), dice)
    at = round(clean * len(x))
    x, untouched = x[at:], x[:at]
    x = torch.where(dice.chosen(len(x), 0.75), light(x, dice), x)
    x = occlude(x, dice)
    for spoil in (blur, rescale, noise, jpeg):
        x = spoil(x, dice)
    return torch.cat([untouched, x.clamp(0, 1)]) * 2 - 1
