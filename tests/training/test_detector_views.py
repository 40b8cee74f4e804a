"""The other views of a scene and the network's own short cuts keep what they are views and short cuts of."""

from __future__ import annotations

import numpy as np
import pytest

from training.detector_targets import cells, correct
from training.detector_teacher import Floats

torch = pytest.importorskip("torch", reason="the training group is not installed")

SIZE = 96
# Its middle lies off the border of two cells: there a face has no mirrored cell.
FACE = np.array([[41, 48, 73, 80, 51, 58, 63, 58, 57, 66, 52, 72, 62, 72, 1]], np.float32)


def target(faces: Floats, size: int, left: int = 0) -> Floats:
    """Targets of a teacher that finds the face at the cell of stride 8 under its middle, or `left` cells beside it."""
    place, stride = cells(size)
    middle = (faces[0, :2] + faces[0, 2:4]) / 2
    column, row = (middle // 8).astype(int)
    cell = row * (size // 8) + column - left
    found = np.zeros((len(stride), 15), np.float32)
    found[cell, 0] = 0.9
    found[cell, 1:3] = middle / 8 - place[cell]
    found[cell, 3:5] = np.log((faces[0, 2:4] - faces[0, :2]) / 8)
    return correct(found, faces, size)


def test_mirrored_targets_are_the_targets_of_the_mirrored_face() -> None:
    from training.detector_views import mirror

    flipped = FACE.copy()
    flipped[:, [0, 2]] = SIZE - FACE[:, [2, 0]]
    points = FACE[:, 4:14].reshape(5, 2)[[1, 0, 2, 4, 3]]
    points[:, 0] = SIZE - points[:, 0]
    flipped[:, 4:14] = points.reshape(1, 10)
    result, wanted = mirror(torch.from_numpy(target(FACE, SIZE))[None], SIZE)[0].numpy(), target(flipped, SIZE)
    found = wanted[:, 16] > 0
    np.testing.assert_allclose(result[found], wanted[found], atol=1e-4)
    np.testing.assert_allclose(result[:, [0, 1, 16, 17]], wanted[:, [0, 1, 16, 17]], atol=1e-4)


def test_a_part_of_a_scene_has_the_targets_of_the_face_there_and_none_of_a_face_outside() -> None:
    from training.detector_views import crop

    images = torch.zeros(1, 3, SIZE, SIZE, dtype=torch.uint8)
    images[:, :, 48:80, 40:72] = 255
    given = torch.from_numpy(target(FACE, SIZE))[None]
    part, inside = crop(images, given, 32, 32, 64)
    moved = FACE - np.array([32] * 14 + [0], np.float32)
    np.testing.assert_allclose(inside[0].numpy(), target(moved, 64), atol=1e-4)
    assert part[0, 0, 16, 8] == 255
    beside = FACE + np.array([8, 0] * 7 + [0], np.float32)
    _, outside = crop(images, torch.from_numpy(target(beside, SIZE, left=1))[None], 0, 32, 64)
    own = 4 * 8 + 7
    assert outside[0, own, 0] > 0
    assert (outside[0, own, [1, 16, 17]] == 0).all()


def test_the_loss_is_lowest_for_answers_that_are_the_targets() -> None:
    from training.detector_loss import detector_loss

    wanted = torch.from_numpy(target(FACE, SIZE))[None]
    levels, start = [], 0
    for stride in (8, 16, 32):
        count = SIZE // stride
        part = wanted[:, start : start + count * count]
        logit = torch.logit(part[:, :, :1].clamp(1e-4, 1 - 1e-4))
        raw = torch.cat([logit, logit, part[:, :, 2:16]], dim=2)
        levels.append(raw.unflatten(1, (count, count)).permute(0, 3, 1, 2))
        start += count * count
    best = detector_loss(levels, wanted)
    assert float(best.box) < 1e-5
    assert float(best.points) < 1e-8
    for channel, part in ((0, 0), (1, 0), (2, 1), (5, 1), (6, 2), (15, 2)):
        changed = [level.clone() for level in levels]
        changed[0][:, channel] += 0.5
        assert float(detector_loss(changed, wanted)[part]) > float(best[part])


def test_the_quick_backward_pass_gives_the_gradients_of_the_plain_one() -> None:
    from training.detector_model import HalvingDepthwise

    torch.manual_seed(0)
    x, weight = torch.randn(2, 3, 8, 12, requires_grad=True), torch.randn(3, 1, 3, 3, requires_grad=True)
    results = HalvingDepthwise.apply(x, weight), torch.nn.functional.conv2d(x, weight, None, 2, 1, 1, 3)
    quick, plain = (torch.autograd.grad(result.square().sum(), (x, weight)) for result in results)
    for one, other in zip(quick, plain, strict=True):
        torch.testing.assert_close(one, other)
