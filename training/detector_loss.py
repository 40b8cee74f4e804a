"""Which cells shall find which face (SimOTA, after YOLOX), and what the detector pays for its errors.

Faces of a batch are padded to [N, M, 15] (left, top, right, bottom, ten point values, certainty) with rows of zeros and
`used` [N, M] marks the real rows. All lengths are pixels of the network's input.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.detector_model import CHANNELS, STRIDES

# Longer side of a face in pixels that a level may be given: neighbouring levels overlap and the cost decides.
REACH = {8: (0.0, 64.0), 16: (32.0, 144.0), 32: (80.0, 1e9)}
CENTRE_RADIUS = 1.5
CANDIDATES = 10
LEAST_POINTS_SIZE = 12.0


class Predictions(NamedTuple):
    """The network's answers for all cells of all levels, decoded to pixels."""

    cls: Tensor
    obj: Tensor
    boxes: Tensor
    points: Tensor
    cells: Tensor
    strides: Tensor


class Loss(NamedTuple):
    """Parts of the loss, each a scalar."""

    cls: Tensor
    obj: Tensor
    box: Tensor
    points: Tensor

    def total(self) -> Tensor:
        return self.cls + self.obj + 5.0 * self.box + 16.0 * self.points


def decode(maps: list[Tensor]) -> Predictions:
    """Flatten the levels' maps to [N, A, ...]; boxes as left, top, right, bottom; cells' centres [A, 2]."""
    flat, cells, strides = [], [], []
    for stride, level in zip(STRIDES, maps, strict=True):
        batch, _, height, width = level.shape
        flat.append(level.permute(0, 2, 3, 1).reshape(batch, -1, CHANNELS).float())
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        cells.append(torch.stack([x, y], dim=-1).reshape(-1, 2))
        strides.append(torch.full((height * width,), float(stride)))
    raw = torch.cat(flat, dim=1)
    cell = torch.cat(cells).to(raw.device).float()
    step = torch.cat(strides).to(raw.device)
    centre = (raw[:, :, 2:4] + cell) * step[:, None]
    half = raw[:, :, 4:6].clamp(-6, 6).exp() * step[:, None] / 2
    points = (raw[:, :, 6:].reshape(*raw.shape[:2], 5, 2) + cell[:, None]) * step[:, None, None]
    boxes = torch.cat([centre - half, centre + half], dim=-1)
    return Predictions(raw[:, :, 0], raw[:, :, 1], boxes, points, (cell + 0.5) * step[:, None], step)


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of a [N, M, 4] with b [N, A, 4]: [N, M, A]."""
    low = torch.maximum(a[:, :, None, :2], b[:, None, :, :2])
    high = torch.minimum(a[:, :, None, 2:], b[:, None, :, 2:])
    both = (high - low).clamp(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).prod(-1)
    return both / (area_a[:, :, None] + area_b[:, None] - both).clamp(min=1e-6)


@torch.no_grad()
def assign(pred: Predictions, faces: Tensor, used: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For every cell its face's index [N, A] (-1: none), the IoU with it, and whether the cell is to be ignored."""
    boxes = faces[:, :, :4]
    certain = used & (faces[:, :, 14] > 0)
    centre = pred.cells
    left_top = centre - boxes[:, :, None, :2]
    right_bottom = boxes[:, :, None, 2:] - centre
    inside = torch.cat([left_top, right_bottom], dim=-1).amin(-1) > 0
    ignored = (inside & (used & ~certain)[:, :, None]).any(1)
    middle = (boxes[:, :, None, :2] + boxes[:, :, None, 2:]) / 2
    near = ((centre - middle).abs() < CENTRE_RADIUS * pred.strides[:, None]).all(-1)
    longest = (boxes[..., 2:] - boxes[..., :2]).amax(-1)[:, :, None]
    low = torch.empty_like(pred.strides)
    high = torch.empty_like(pred.strides)
    for stride, (least, most) in REACH.items():
        low[pred.strides == stride] = least
        high[pred.strides == stride] = most
    fits = (longest >= low) & (longest < high)
    allowed = (inside | near) & fits & certain[:, :, None]
    iou = pair_iou(boxes, pred.boxes)
    score = (pred.cls.sigmoid() * pred.obj.sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    cost = 3.0 * -torch.log(iou + 1e-7) - torch.log(score)[:, None]
    cost = cost + 1e3 * (~(inside & near)) + 1e6 * (~allowed)
    best = (iou * allowed).topk(CANDIDATES, dim=-1).values
    count = best.sum(-1).int().clamp(1, CANDIDATES)
    order = cost.topk(CANDIDATES, dim=-1, largest=False)
    taken = torch.arange(CANDIDATES, device=cost.device) < count[:, :, None]
    taken = taken & (order.values < 1e5)
    chosen = torch.zeros_like(allowed).scatter(-1, order.indices, taken)
    # A cell wanted by several faces goes to the one it costs least.
    wanted = cost.masked_fill(~chosen, float("inf"))
    least_cost, index = wanted.min(dim=1)
    index = torch.where(torch.isfinite(least_cost), index, torch.full_like(index, -1))
    own_iou = iou.gather(1, index.clamp(min=0)[:, None]).squeeze(1)
    return index, own_iou, ignored & (index < 0)


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


def detector_loss(maps: list[Tensor], faces: Tensor, used: Tensor) -> Loss:
    """The loss of a batch, each part per matched cell."""
    pred = decode(maps)
    index, iou, ignored = assign(pred, faces, used)
    matched = index >= 0
    count = matched.sum().clamp(min=1).float()
    # Background cells weigh by how wrong they are (focal), else their number drowns the faces.
    weight = torch.where(matched, torch.ones_like(pred.obj), pred.obj.detach().sigmoid() ** 1.5)
    weight = weight.masked_fill(ignored, 0.0)
    obj = functional.binary_cross_entropy_with_logits(pred.obj, matched.float(), weight, reduction="sum") / count
    # Every cell is reckoned and the unmatched ones weighed with nothing: picking the matched ones out would make the
    # host wait for the device in every step.
    own = faces.gather(1, index.clamp(min=0)[:, :, None].expand(-1, -1, faces.shape[2]))
    own = torch.where(matched[:, :, None], own, own.new_tensor([0.0, 0.0, 32.0, 32.0, *([16.0] * 10), 1.0]))
    quality = functional.binary_cross_entropy_with_logits(pred.cls, iou.clamp(0, 1), reduction="none")
    cls = (quality * matched).sum() / count
    box = (box_loss(pred.boxes, own[:, :, :4]) * matched).sum() / count
    size = (own[:, :, 2:4] - own[:, :, :2]).clamp(min=1).prod(-1).sqrt()
    error = (pred.points - own[:, :, 4:14].reshape(*own.shape[:2], 5, 2)) / size[:, :, None, None]
    per_face = functional.smooth_l1_loss(error, torch.zeros_like(error), beta=0.02, reduction="none").mean((2, 3))
    points = (per_face * (matched & (size >= LEAST_POINTS_SIZE))).sum() / count
    return Loss(cls, obj, box, points)
