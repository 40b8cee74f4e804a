"""What a camera sees, in numbers: light, sharpness, stillness."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.sight import EVERY_NS, Sight, measure
from operator_ui.health import BRIGHT, DARK, FROZEN_S, SOFT
from tests.inference.conftest import frames

Pixels = NDArray[np.uint8]
SECOND = 1_000_000_000


def street(height: int = 720, width: int = 1280) -> Pixels:
    """Edges of all sizes, as a street has."""
    random = np.random.default_rng(4)
    picture = np.full((height, width, 3), 120, np.uint8)
    for _ in range(300):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        w, h = int(random.integers(4, 160)), int(random.integers(4, 160))
        cv2.rectangle(picture, (x, y), (x + w, y + h), random.integers(20, 230, 3).tolist(), -1)
    return picture


def noisy(picture: Pixels, seed: int = 0) -> Pixels:
    grain = np.random.default_rng(seed).normal(0, 4, picture.shape)
    return np.clip(picture.astype(np.float32) + grain, 0, 255).astype(np.uint8)


def blurred(picture: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.015 * picture.shape[1]), np.uint8)


def test_brightness_is_the_mean() -> None:
    assert measure(np.full((90, 160, 3), 7, np.uint8))[0] == pytest.approx(7, abs=0.6)
    assert measure(noisy(np.full((720, 1280, 3), 200, np.uint8)))[0] == pytest.approx(200, abs=1)


def test_a_street_is_sharp_and_out_of_focus_it_is_not() -> None:
    assert measure(street())[1] > SOFT
    assert measure(noisy(street()))[1] > SOFT
    assert measure(blurred(street()))[1] < SOFT


def test_the_noise_of_a_covered_lens_is_no_detail() -> None:
    assert measure(noisy(np.full((720, 1280, 3), 90, np.uint8)))[1] < SOFT


def test_sharpness_holds_in_poor_light() -> None:
    dim = (street().astype(np.float32) * 0.4).astype(np.uint8)
    assert measure(dim)[1] > SOFT
    assert measure(dim)[0] > DARK


def test_people_on_real_video_are_seen_well_and_through_a_bad_lens_they_are_not(shared: Path) -> None:
    videos = sorted((shared / "data" / "videos").rglob("*.mp4"))
    assert videos
    for video in videos:
        picture = next(frames(video))
        brightness, sharpness = measure(picture)
        assert DARK < brightness < BRIGHT
        assert sharpness > SOFT
        assert measure(blurred(picture))[1] < SOFT


def test_a_picture_is_measured_at_most_twice_a_second() -> None:
    sight = Sight()
    sight.look(np.full((90, 160, 3), 100, np.uint8), 0)
    sight.look(np.full((90, 160, 3), 0, np.uint8), EVERY_NS - 1)
    assert sight.brightness == 100
    for step in range(1, 6):
        sight.look(np.full((90, 160, 3), 0, np.uint8), step * EVERY_NS)
    assert sight.brightness == 0


def test_a_bus_that_passes_close_by_makes_no_blind_camera() -> None:
    sight = Sight()
    for step, value in enumerate((120, 120, 3, 3, 120)):
        sight.look(np.full((90, 160, 3), value, np.uint8), step * EVERY_NS)
    assert sight.brightness == 120


def test_the_same_picture_again_and_again_is_still_and_one_with_new_noise_is_not() -> None:
    sight, frozen = Sight(), noisy(street(), 1)
    assert sight.still_s is None
    for step in range(13):
        sight.look(frozen, step * EVERY_NS)
    assert sight.still_s == 6.0 > FROZEN_S
    sight.look(noisy(street(), 2), 13 * EVERY_NS)
    assert sight.still_s == 0.0


def test_the_frame_itself_is_left_as_it_is() -> None:
    picture = street()
    before = picture.copy()
    Sight().look(picture, SECOND)
    assert (picture == before).all()
