"""Other views of a stored scene, its targets moved with it: a part of it, mirrored, in other light."""

from __future__ import annotations

import torch
from torch import Tensor

from training.detector_model import STRIDES
from training.scenes import MIRRORED

COARSEST = STRIDES[-1]


def levels(targets: Tensor, size: int) -> list[Tensor]:
    """Targets [N, A, 18] of scenes `size` pixels wide as one [N, H, W, 18] for each stride."""
    counts = [size // stride for stride in STRIDES]
    parts = targets.split([count * count for count in counts], dim=1)
    return [part.unflatten(1, (count, count)) for part, count in zip(parts, counts, strict=True)]


def crop(images: Tensor, targets: Tensor, left: int, top: int, size: int) -> tuple[Tensor, Tensor]:
    """The part `size` pixels wide at (left, top), all multiples of 32; faces centred outside it do not count."""
    cut = []
    for stride, level in zip(STRIDES, levels(targets, images.shape[3]), strict=True):
        x, y, count = left // stride, top // stride, size // stride
        part = level[:, y : y + count, x : x + count].clone()
        place = torch.arange(count, device=part.device)
        across, down = part[..., 2] + place, part[..., 3] + place[:, None]
        inside = (across >= 0) & (across < count) & (down >= 0) & (down < count)
        # A cell that finds nothing has no box to be inside or outside.
        part[..., [1, 16, 17]] *= (inside | (part[..., 16] == 0))[..., None]
        cut.append(part.flatten(1, 2))
    return images[:, :, top : top + size, left : left + size], torch.cat(cut, dim=1)


def mirror(targets: Tensor, size: int) -> Tensor:
    """The targets [N, A, 18] of the mirrored scenes, `size` pixels wide."""
    flipped = torch.cat([level.flip(2).flatten(1, 2) for level in levels(targets, size)], dim=1)
    points = flipped[:, :, 6:16].unflatten(2, (5, 2))[:, :, list(MIRRORED)]
    points = torch.stack([1 - points[..., 0], points[..., 1]], dim=-1).flatten(2)
    parts = [flipped[:, :, :2], 1 - flipped[:, :, 2:3], flipped[:, :, 3:6], points, flipped[:, :, 16:]]
    return torch.cat(parts, dim=2)


def vary(images: Tensor, targets: Tensor, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pictures uint8 [N, 3, S, S] and targets as float views `size` pixels wide, half of them mirrored."""
    steps = (images.shape[3] - size) // COARSEST + 1
    left, top = (COARSEST * int(torch.randint(steps, (1,), generator=generator)) for _ in range(2))
    images, targets = crop(images, targets.float(), left, top, size)
    half = len(images) // 2
    images = torch.cat([images[:half].flip(3), images[half:]])
    targets = torch.cat([mirror(targets[:half], size), targets[half:]])
    gain = 1 + 0.2 * torch.randn(len(images), 1, 1, 1, generator=generator)
    tint = 1 + 0.06 * torch.randn(len(images), 3, 1, 1, generator=generator)
    shift = 15 * torch.randn(len(images), 1, 1, 1, generator=generator)
    lit = images.float() * (gain * tint).to(images.device) + shift.to(images.device)
    return lit.clamp(0, 255), targets
