from dataclasses import replace

import numpy as np
import pytest

from inference.looks import (
    Geometry,
    Light,
    Look,
    Reason,
    cut_out,
    geometry,
    keep_best,
    light,
    quality,
    refuse_geometry,
    refuse_light,
    worth_embedding,
)
from inference.settings import PipelineSettings, SettingsError
from tests.inference.hand_made import face
from watchlist.comparison import portrait

SETTINGS = PipelineSettings(threshold=0.35)
GOOD = Geometry(eye_distance=40.0, turn=0.1, roll=2.0, cut_off=0.0, score=0.85)
LIT = Light(sharpness=0.1, brightness=120.0, contrast=40.0)


def look(value: float = 0.5, turn: float = 0.0) -> Look:
    return Look(np.ones(4, np.float32), np.ones((2, 2, 3), np.uint8), np.ones((5, 2), np.float32), value, turn, 0, 0.0)


def test_a_frontal_face_measures_as_frontal() -> None:
    seen = geometry(face(100, 100, side=80), 720, 1280)
    assert seen.turn == pytest.approx(0.0, abs=1e-6)
    assert seen.roll == pytest.approx(0.0, abs=1e-6)
    assert seen.eye_distance == pytest.approx(36.0)
    assert seen.cut_off == pytest.approx(0.0)


def test_turning_the_head_changes_turn_but_not_size() -> None:
    frontal = face(100, 100, side=80)
    points = frontal.landmarks.copy()
    points[:, 0] = 100 + (points[:, 0] - 100) * 0.5
    points[2, 0] += 9
    turned = geometry(replace(frontal, landmarks=points), 720, 1280)
    assert turned.turn == pytest.approx(0.5)
    assert turned.eye_distance == pytest.approx(geometry(frontal, 720, 1280).eye_distance, rel=0.05)


def test_a_face_half_outside_the_frame_is_cut_off_by_half() -> None:
    assert geometry(face(0, 300), 720, 1280).cut_off == pytest.approx(0.5)
    assert geometry(face(-500, 300), 720, 1280).cut_off == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"turn": -1.7}, Reason.TURNED_AWAY),
        ({"eye_distance": 13.9}, Reason.TOO_SMALL),
        ({"cut_off": 0.3}, Reason.CUT_OFF),
        ({"roll": -60.0}, Reason.TILTED),
        ({"score": 0.49}, Reason.UNCERTAIN),
    ],
)
def test_each_floor_has_its_reason(change: dict[str, float], reason: Reason | None) -> None:
    assert refuse_geometry(replace(GOOD, **change), SETTINGS, 0.5) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"sharpness": 0.005}, None),
        ({"sharpness": 0.0035}, Reason.TOO_BLURRED),
        ({"brightness": 10.0}, Reason.BADLY_LIT),
        ({"brightness": 250.0}, Reason.BADLY_LIT),
        ({"contrast": 3.0}, Reason.BADLY_LIT),
    ],
)
def test_each_floor_of_light_has_its_reason(change: dict[str, float], reason: Reason | None) -> None:
    assert refuse_light(replace(LIT, **change), SETTINGS) is reason


def test_blur_lowers_the_sharpness_that_light_measures_and_darkness_does_not() -> None:
    import cv2

    crop = np.random.default_rng(0).integers(60, 200, (112, 112, 3), np.uint8)
    sharp = light(crop).sharpness
    assert light(np.asarray(cv2.GaussianBlur(crop, (9, 9), 3), np.uint8)).sharpness < sharp / 10
    assert light((crop // 2).astype(np.uint8)).sharpness == pytest.approx(sharp, rel=0.05)


@pytest.mark.parametrize("worse", [{"turn": 0.6}, {"eye_distance": 18.0}, {"score": 0.6}, {"cut_off": 0.1}])
def test_quality_falls_with_each_fault(worse: dict[str, float]) -> None:
    assert 0.0 < quality(replace(GOOD, **worse), LIT) < quality(GOOD, LIT) <= 1.0
    assert quality(GOOD, replace(LIT, sharpness=0.02)) < quality(GOOD, LIT)


def test_the_first_good_look_is_embedded_at_once_and_later_ones_only_for_a_reason() -> None:
    def worth(value: float = 0.5, turn: float = 0.0, since: float = 0.5, kept: int = 2, doubted: bool = False) -> bool:
        return worth_embedding(value, turn, since, [look() for _ in range(kept)], SETTINGS, doubted=doubted)

    assert worth(kept=0, since=0.0)
    assert not worth()
    assert worth(kept=1)  # agreement needs two
    assert not worth(kept=1, since=0.1)
    assert worth(value=0.56)  # clearly better
    assert worth(turn=0.4)  # another pose
    assert worth(since=1.0)  # refreshed
    assert worth(doubted=True)  # may be another person
    assert not worth(value=0.9, since=0.1)
    assert not worth(since=0.1, doubted=True)


def test_once_enough_looks_are_kept_a_later_one_needs_to_be_clearly_better_than_the_worst_of_them() -> None:
    kept = [look(value) for value in (0.9, 0.8, 0.7, 0.6, 0.5)]
    assert len(kept) == SETTINGS.max_looks
    assert worth_embedding(0.56, 0.0, 0.5, kept, SETTINGS)
    assert not worth_embedding(0.54, 0.0, 0.5, kept, SETTINGS)
    assert not worth_embedding(0.56, 0.0, 0.5, kept[:-1], SETTINGS)


def test_near_the_threshold_each_frame_whose_look_would_be_kept_is_embedded() -> None:
    def worth(value: float, since: float, kept: int = 5) -> bool:
        return worth_embedding(value, 0.0, since, [look() for _ in range(kept)], SETTINGS, near=True)

    assert worth(0.51, 0.04)
    assert not worth(0.49, 0.04)
    assert not worth(0.49, 0.5)  # it would be dropped again, and change nothing
    assert worth(0.1, 0.04, kept=4)
    assert not worth(0.9, 0.01)


def test_the_looks_that_must_agree_lie_a_gap_apart_even_near_the_threshold() -> None:
    one = [look()]
    assert not worth_embedding(0.9, 0.0, 0.1, one, SETTINGS, near=True)
    assert worth_embedding(0.9, 0.0, SETTINGS.gap, one, SETTINGS, near=True)


def test_the_best_looks_are_kept_best_first() -> None:
    kept, dropped = keep_best([look(0.1), look(0.9), look(0.5)], 2)
    assert ([one.quality for one in kept], [one.quality for one in dropped]) == ([0.9, 0.5], [0.1])


@pytest.mark.parametrize(
    ("centre", "apart"), [((300, 200), 40), ((300, 200), 7), ((12, 9), 60), ((635, 470), 90), ((320, 240), 420)]
)
def test_the_portrait_of_what_is_kept_of_a_frame_is_that_of_the_frame(centre: tuple[int, int], apart: float) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    x, y = centre
    points = [
        [x - apart / 2, y - 3],
        [x + apart / 2, y + 3],
        [x, y + apart / 2],
        [x - 9, y + apart],
        [x + 9, y + apart],
    ]
    landmarks = np.array(points, np.float32)
    chip, moved = cut_out(picture, landmarks)
    assert not np.shares_memory(chip, picture)
    kept = Look(np.ones(4, np.float32), chip, moved, 0.5, 0.0, 0, 0.0)
    difference = kept.portrait().astype(int) - portrait(picture, landmarks)
    # Where points are rounded another way, an interpolated pixel differs by a little.
    assert np.abs(difference).mean() < 0.5
    if apart < 100:
        assert chip.size < picture.size


def test_a_wiped_look_holds_nothing() -> None:
    one = look()
    one.wipe()
    assert not one.template.any()
    assert not one.chip.any()


@pytest.mark.parametrize(
    "wrong",
    [{"agreement": 0}, {"max_looks": 1}, {"threshold": 1.5}, {"frame_rate": 0.0}, {"lost_after": -1.0}],
)
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        PipelineSettings(**{"threshold": 0.35, **wrong})  # type: ignore[arg-type]
