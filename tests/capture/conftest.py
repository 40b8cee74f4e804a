"""Real video, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

FRAMES = 90
FPS = 25.0


def picture(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Shows its number as eight black or white bars, so that order and completeness can be seen after any coding."""
    bits = [(number >> bit) & 1 for bit in range(8)]
    bars = np.repeat(np.array(bits, np.uint8) * 215 + 20, 16)
    return np.broadcast_to(bars[None, :, None], (96, 128, 3)).copy()


def number_of(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> int:
    return sum((float(pixels[:, 16 * bit + 4 : 16 * bit + 12].mean()) > 128) << bit for bit in range(8))


def write_video(file: Path, frames: int = FRAMES, fps: float = FPS) -> Path:
    coding = "MJPG" if file.suffix == ".avi" else "mp4v"
    video = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*coding), fps, (128, 96))
    assert video.isOpened()
    for number in range(frames):
        video.write(picture(number))
    video.release()
    return file


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4")


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[[str, int], Path]:
    return lambda name, frames: write_video(tmp_path / name, frames)
