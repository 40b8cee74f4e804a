"""What the detector pays for its errors: its maps against the targets of `training.detector_targets`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.detector_model import CHANNELS

FOCUS = 1.0


class Loss(NamedTuple):
    """Parts of the loss, each a scalar."""

    score: Tensor
    box: Tensor
    points: Tensor

    def total(self) -> Tensor:
        return self.score + 2.0 * self.box + 16.0 * self.points


def flatten(maps: list[Tensor]) -> Tensor:
    """The levels' maps as one [N, A, 16], cells in the order of the targets."""
    return torch.cat([level.permute(0, 2, 3, 1).reshape(len(level), -1, CHANNELS).float() for level in maps], dim=1)


def box_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """EIoU (Zhang et al. 2021) of boxes [..., 4]: 1 - IoU + distances of centre, width and height."""
    low, high = torch.maximum(predicted[..., :2], target[..., :2]), torch.minimum(predicted[..., 2:], target[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    size_p, size_t = predicted[..., 2:] - predicted[..., :2], target[..., 2:] - target[..., :2]
    iou = both / (size_p.prod(-1) + size_t.prod(-1) - both).clamp(min=1e-6)
    hull = torch.maximum(predicted[..., 2:], target[..., 2:]) - torch.minimum(predicted[..., :2], target[..., :2])
    offset = (predicted[..., :2] + predicted[..., 2:] - target[..., :2] - target[..., 2:]) / 2
    centre = offset.square().sum(-1) / hull.square().sum(-1).clamp(min=1e-6)
    sides = ((size_p - size_t).square() / hull.square().clamp(min=1e-6)).sum(-1)
    return 1 - iou + centre + sides


def corners(raw: Tensor) -> Tensor:
    """Raw boxes [..., 4] (dx, dy, log w, log h) as left, top, right, bottom relative to the cell, in strides."""
    half = raw[..., 2:4].clamp(-6, 6).exp() / 2
    return torch.cat([raw[..., :2] - half, raw[..., :2] + half], dim=-1)


def detector_loss(maps: list[Tensor], targets: Tensor) -> Loss:
    """The loss of a batch, each part per face-finding cell; targets [N, A, 18].

    Both score logits learn the score: their mean is that of two opinions. Background cells weigh by how wrong they are,
    else their number drowns the faces.
    """
    raw = flatten(maps)
    score, weight, box_weight = (targets[:, :, channel] for channel in (0, 1, 16))
    count = box_weight.sum().clamp(min=1.0)
    logits, wanted = raw[:, :, :2], score[:, :, None].expand(-1, -1, 2)
    wrong = (logits.detach().sigmoid() - wanted).abs() ** FOCUS
    price = torch.maximum(wrong, wanted) * weight[:, :, None]
    scores = functional.binary_cross_entropy_with_logits(logits, wanted, price, reduction="sum")
    # Few cells find a face: reckoning only with these makes the loss cheap beside the network.
    chosen = box_weight > 0
    found, true = raw[chosen], targets[chosen]
    box = (box_loss(corners(found[:, 2:6]), corners(true[:, 2:6])) * true[:, 16]).sum() / count
    extent = true[:, 4:6].mean(1, keepdim=True).exp()
    error = (found[:, 6:] - true[:, 6:16]) / extent
    per_face = functional.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="none").mean(1)
    points = (per_face * true[:, 17]).sum() / count
    return Loss(scores / count, box, points)
