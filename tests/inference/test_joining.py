import numpy as np
import pytest

from inference.faces import Template
from inference.joining import agreeing, fuse, resembles
from inference.looks import Look


def look(template: Template, quality: float = 0.5) -> Look:
    return Look(template, np.zeros((2, 2, 3), np.uint8), np.zeros((5, 2), np.float32), quality, 0.0, 0, 0.0)


def direction(degrees: float) -> Template:
    return np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))], np.float32)


def test_a_fusion_is_of_unit_length_and_leans_to_the_better_look() -> None:
    even = fuse([look(direction(0)), look(direction(60))])
    leaning = fuse([look(direction(0), 0.9), look(direction(60), 0.1)])
    assert np.linalg.norm(even) == pytest.approx(1.0, abs=1e-6)
    assert even @ direction(30) == pytest.approx(1.0, abs=1e-6)
    assert leaning @ direction(0) > even @ direction(0)


def test_fusing_noisy_looks_comes_nearer_to_the_truth_than_each_of_them() -> None:
    drawn = np.random.default_rng(7)
    truth = drawn.normal(size=512).astype(np.float32)
    noisy = truth + 2 * drawn.normal(size=(5, 512)).astype(np.float32)
    truth, looks = truth / np.linalg.norm(truth), [look(row / np.linalg.norm(row)) for row in noisy]
    assert fuse(looks) @ truth > max(float(one.template @ truth) for one in looks)


def test_any_look_may_vouch_for_a_new_one() -> None:
    looks = [look(direction(0)), look(direction(80))]
    fused = fuse(looks)
    assert resembles(direction(150), fused, looks, floor=0.3)
    assert not resembles(direction(150), fused, looks[:1], floor=0.3)


def test_looks_agree_from_a_share_of_the_threshold_up() -> None:
    assert agreeing([0.40, 0.31, 0.29, -0.1], threshold=0.40, share=0.75) == 2
    assert agreeing([], threshold=0.40, share=0.75) == 0
