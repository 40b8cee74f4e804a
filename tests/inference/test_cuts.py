from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.cuts import CutDetector
from tests.inference.conftest import frames


def cuts_in(video: Path, step: int = 1) -> list[int]:
    detector = CutDetector()
    return [number * step for number, picture in enumerate(list(frames(video))[::step]) if detector.is_cut(picture)]


def test_the_cuts_of_a_sitcom_are_found_and_nothing_else(shared: Path) -> None:
    video = shared / "data/videos/sitcom-table/sitcom_table.mp4"
    assert cuts_in(video) == [104, 270, 401, 452, 553]


@pytest.mark.parametrize("step", [1, 5])
def test_a_walking_crowd_is_no_cut_even_at_five_frames_a_second(shared: Path, step: int) -> None:
    assert cuts_in(shared / "data/videos/street-arcade/street_arcade.mp4", step) == []


def test_flash_and_exposure_are_no_cuts(shared: Path) -> None:
    scene = next(frames(shared / "data/videos/street-arcade/street_arcade.mp4")).astype(np.float32)
    detector = CutDetector()
    for gain, offset in ((1.0, 0), (1.9, 60), (1.0, 0), (0.3, 0), (1.0, 0), (2.5, 0), (0.5, 80)):
        assert not detector.is_cut(np.clip(scene * gain + offset, 0, 255).astype(np.uint8))


def test_a_picture_of_another_size_can_be_compared() -> None:
    drawn = np.random.default_rng(0).integers(0, 255, (18, 32, 3), np.uint8)
    large = cv2.resize(drawn, (1280, 720), interpolation=cv2.INTER_CUBIC)
    detector = CutDetector()
    assert not detector.is_cut(np.asarray(large, np.uint8))
    assert not detector.is_cut(np.asarray(cv2.resize(large, (640, 360)), np.uint8))
    assert detector.is_cut(np.asarray(large[::-1], np.uint8))
