"""Writes the staged walk-by clip, its truth, and the pictures to enrol from.

The clip is a normal video file (`.mp4`: MPEG-4 part 2; `.avi`: Motion JPEG, which OpenCV reads without FFmpeg). The
truth has the columns of the labelled videos: video, frame_from, frame_to (0-based, inclusive), identity, view, note.
Equal arguments give equal frames on one machine. See `people` for where the faces come from, and what follows.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rig.walkby.figure import Figure, Pose, draw_figure, lay_over
from rig.walkby.passes import ROUND, Pass, exposure, plan
from rig.walkby.people import FACE_METRES, PEOPLE, Image
from rig.walkby.scene import Camera, Street, draw_street

CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
COLUMNS = ("video", "frame_from", "frame_to", "identity", "view", "note")
SMALLEST_FACE = 16.0
"""Pixels; a pass counts in the truth while its face is at least this wide and in view."""
SHUTTER = 1 / 60
LONGEST_BLUR = 8.0  # pixels
PORTRAIT_SIDE = 400

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Seen:
    """One pass in the finished clip: first and last frame (inclusive) in which its face is in view, widest face."""

    identity: str
    listed: bool
    frame_from: int
    frame_to: int
    widest: float


@dataclass(frozen=True)
class Clip:
    """A written clip: the video, its truth CSV, what it shows."""

    video: Path
    truth: Path
    frames: int
    fps: float
    size: tuple[int, int]
    passes: tuple[Seen, ...]


@dataclass(frozen=True)
class _Standing:
    """A pass in one frame: where its eyes are on the picture."""

    walk: Pass
    z: float
    scale: float
    eyes: tuple[float, float]


def make_clip(
    out: Path,
    seed: int = 7,
    size: tuple[int, int] = (1280, 720),
    fps: float = 12.5,
    seconds: float = ROUND,
    progress: Progress | None = None,
) -> Clip:
    """Draws the clip into the file `out` and `truth.csv` beside it; `progress` gets frames done and frames in all.

    `size` is width and height in even pixels. Raises ValueError for a size, rate, length or file type that cannot be
    drawn, OSError where the video cannot be written. A clip that fails leaves no half file.
    """
    if out.suffix.lower() not in CODECS:
        raise ValueError(f"{out.name}: a clip is written as .mp4 or .avi")
    if min(size) < 160 or size[0] % 2 or size[1] % 2:
        raise ValueError(f"size {size[0]} x {size[1]}: width and height must be even and at least 160")
    if not 1 <= fps <= 120 or not 1 <= seconds <= 3600:
        raise ValueError(f"fps {fps} must be 1 to 120, seconds {seconds} 1 to 3600")
    total = round(seconds * fps)
    street, walks = draw_street(Camera(*size), seed), plan(seed, seconds)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.stem}.part{out.suffix}")
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*CODECS[out.suffix.lower()]), fps, size)
    try:
        if not writer.isOpened():
            raise OSError(f"{out}: OpenCV cannot write this video here")
        for number, frame in enumerate(draw_frames(street, walks, seed, fps, total), start=1):
            writer.write(frame)
            if progress is not None:
                progress(number, total)
        writer.release()
        part.replace(out)
    finally:
        writer.release()
        part.unlink(missing_ok=True)
    passes = tuple(seen for walk in walks if (seen := _seen(street, walk, fps, total)) is not None)
    truth = out.with_name("truth.csv")
    _write_truth(truth, out.name, passes)
    return Clip(out, truth, total, fps, size, passes)


def enrol(out: Path) -> list[Path]:
    """Writes `<identity>.jpg` (400 x 400) of each listed person into `out`, lit and turned unlike the clip."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for turn, person in zip((-1, 1), (p for p in PEOPLE if p.listed), strict=True):
        down = np.linspace(222, 176, PORTRAIT_SIDE, dtype=np.float32)[:, None, None]
        wall = np.repeat(down * np.array([1.0, 0.96, 0.92], np.float32), PORTRAIT_SIDE, axis=1)
        picture = wall.astype(np.uint8)
        pose = Pose(yaw=7.0 * turn, pitch=-3.0, roll=2.5 * turn, light=1.04, side_light=-0.9)
        eyes = (0.5 * PORTRAIT_SIDE, 0.42 * PORTRAIT_SIDE)
        lay_on(picture, draw_figure(person, 940.0, eyes, PORTRAIT_SIDE, pose))
        cool = np.array([1.05, 1.0, 0.96], np.float32)
        picture = np.clip((picture / 255.0) ** 0.93 * 255 * cool, 0, 255).astype(np.uint8)
        path = out / f"{person.identity}.jpg"
        ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
        if not ok:
            raise OSError(f"{path}: OpenCV cannot write a JPEG here")
        path.write_bytes(data.tobytes())
        written.append(path)
    return written


def draw_frames(street: Street, walks: tuple[Pass, ...], seed: int, fps: float, total: int) -> Iterator[Image]:
    """The frames of the clip, BGR, in order."""
    rng = np.random.default_rng([seed, 4])
    shape = street.picture.shape
    grains = [rng.normal(0, 2.2, shape).astype(np.int16) for _ in range(3)]
    bright = [np.clip(g, 0, 255).astype(np.uint8) for g in grains]
    dark = [np.clip(-g, 0, 255).astype(np.uint8) for g in grains]
    for number in range(total):
        time = number / fps
        frame = street.picture.copy()
        standing = [_stand(street.camera, walk, time) for walk in walks if walk.is_on(time)]
        fronts = sorted(street.fronts, key=lambda front: -front[0])
        for who in sorted(standing, key=lambda s: -s.z):
            while fronts and fronts[0][0] > who.z:
                _cover(frame, street.picture, fronts.pop(0)[1])
            _walker(frame, street.camera, who, time)
        for _, mask in fronts:
            _cover(frame, street.picture, mask)
        gain, warmth = exposure(time, seed)
        cv2.LUT(frame, _tones(gain, warmth), dst=frame)
        cv2.add(frame, bright[number % 3], dst=frame)
        yield np.asarray(cv2.subtract(frame, dark[number % 3], dst=frame), np.uint8)


def _stand(camera: Camera, walk: Pass, time: float) -> _Standing:
    x, z = walk.place(time)
    eyes = camera.place(x, walk.person.eye_height + walk.bob(time), z)
    return _Standing(walk, z, camera.scale(z), eyes)


def _walker(frame: Image, camera: Camera, who: _Standing, time: float) -> None:
    foot = camera.place(who.walk.place(time)[0], 0.0, who.z)
    if foot[1] < camera.height * 1.1:
        _shadow(frame, foot, who.scale)
    figure = draw_figure(who.walk.person, who.scale, who.eyes, camera.height, who.walk.pose(time))
    later = _stand(camera, who.walk, time + SHUTTER)
    moved = (later.eyes[0] - who.eyes[0], later.eyes[1] - who.eyes[1])
    lay_on(frame, Figure(_blurred(figure.picture, moved), figure.left, figure.top))


def _shadow(frame: Image, foot: tuple[float, float], scale: float) -> None:
    wide, tall = 0.42 * scale, 0.10 * scale
    left, top = int(foot[0] - 1.6 * wide), int(foot[1] - 2 * tall)
    dark = np.zeros((int(4 * tall) + 2, int(3.2 * wide) + 2), np.uint8)
    middle = (round(foot[0] - left - 0.2 * wide), round(foot[1] - top))
    cv2.ellipse(dark, middle, (round(wide), round(tall)), 0, 0, 360, (105,), -1, cv2.LINE_AA)
    side = 2 * int(0.06 * scale) + 1
    dark = np.asarray(cv2.blur(cv2.blur(dark, (side, side)), (side, side)), np.uint8)
    nothing = np.zeros_like(dark)
    lay_on(frame, Figure(np.asarray(cv2.merge([nothing, nothing, nothing, dark]), np.uint8), left, top))


def _blurred(picture: Image, moved: tuple[float, float]) -> Image:
    """Motion blur along the way that the figure moves while the shutter is open (pixels)."""
    length = min(LONGEST_BLUR, hypot(*moved))
    if length < 1.5:
        return picture
    step = np.array(moved) / hypot(*moved) * length / 2
    middle = np.ceil(np.abs(step)).astype(int)
    kernel = np.zeros((2 * middle[1] + 1, 2 * middle[0] + 1), np.float32)
    for share in np.linspace(-1, 1, 9):
        column, row = np.round(middle + share * step).astype(int)
        kernel[row, column] += 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def lay_on(frame: Image, figure: Figure) -> None:
    """Lays the part of the figure that is inside the frame on it."""
    height, width = figure.picture.shape[:2]
    left, top = max(0, figure.left), max(0, figure.top)
    right, bottom = min(frame.shape[1], figure.left + width), min(frame.shape[0], figure.top + height)
    if left >= right or top >= bottom:
        return
    inside = figure.picture[top - figure.top : bottom - figure.top, left - figure.left : right - figure.left]
    lay_over(frame[top:bottom, left:right], inside)


def _cover(frame: Image, picture: Image, mask: Image) -> None:
    """Puts the street back over people who are behind the masked part of it."""
    cv2.copyTo(picture, mask, frame)


def _tones(gain: float, warmth: float) -> npt.NDArray[np.uint8]:
    """Look-up table (256, 1, 3): exposure with a soft shoulder, so that bright faces keep their shape."""
    light = np.arange(256, dtype=np.float32) / 255
    table = np.empty((256, 1, 3), np.float32)
    for channel, tint in enumerate((2 - warmth, 1.0, warmth)):
        value = light * gain * tint
        table[:, 0, channel] = np.where(value > 0.8, 0.8 + 0.2 * np.tanh((value - 0.8) / 0.2), value)
    return np.asarray(np.clip(table * 255, 0, 255), np.uint8)


def _seen(street: Street, walk: Pass, fps: float, total: int) -> Seen | None:
    """In which frames the face of a pass is in view: in the frame and not behind a shop."""
    shops = street.fronts[0]
    frames, widest = [], 0.0
    for number in range(total):
        if not walk.is_on(number / fps):
            continue
        who = _stand(street.camera, walk, number / fps)
        wide, column, row = FACE_METRES * who.scale, round(who.eyes[0]), round(who.eyes[1])
        inside = 0.4 * wide <= who.eyes[0] < street.camera.width - 0.4 * wide
        hidden = inside and who.z > shops[0] and shops[1][row, column] > 0
        if inside and not hidden and wide >= SMALLEST_FACE * street.camera.width / 1280:
            frames.append(number)
            widest = max(widest, wide)
    if not frames:
        return None
    return Seen(walk.person.identity, walk.person.listed, frames[0], frames[-1], widest)


def _write_truth(path: Path, video: str, passes: tuple[Seen, ...]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for seen in passes:
            note = f"staged; widest face {seen.widest:.0f} pixels" + ("" if seen.listed else "; on no list")
            rows.writerow([video, seen.frame_from, seen.frame_to, seen.identity, "walks up to the camera", note])
