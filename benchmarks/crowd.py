"""Passers-by drawn into a video: heads cut out of pictures come nearer, each in a place of its own; who is where, when.

    truth = make_crowd(Path("crowd.mp4"), lfw_pictures())        # 20 faces in each frame

The pictures are centred on a face as those of LFW are: the face is 0.38 of their width. Equal arguments give equal
frames on one machine.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import BenchmarkError

Image = NDArray[np.uint8]
Size = tuple[int, int]
"""Width and height, pixels."""

COLUMNS = ("video", "frame_from", "frame_to", "identity", "view", "note")
FACE_OF_PICTURE = 0.38
"""Width of the face, as a share of its picture's."""
HEAD = (0.25, 0.33)
"""Half axes of the cut-out's ellipse, as shares of the picture: the head without the people behind it."""
HEAD_CENTRE = (0.5, 0.47)
CUT_OUT_WIDTH = 250
FAR_TO_NEAR = 0.42
"""How wide a face is at first, of its width at last."""
WIDEST_FACE, NARROWEST_FACE = 110.0, 24.0  # pixels
SPARE_PLACES = 1.5
"""So many times as many places as people: where somebody leaves nobody comes at once, which a tracker might confuse."""
WALK_S = (2.0, 2.8)
GRAINS = 3


@dataclass(frozen=True)
class Place:
    """Where on the picture one person walks at a time, pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def near(self) -> float:
        """Width of a face at its nearest: the whole head stays inside."""
        return min(self.width / 1.45, self.height / 2.3, WIDEST_FACE)


@dataclass(frozen=True)
class Walk:
    """One person's way through the picture, from frame `first` to frame `last`, both included."""

    identity: str
    picture: Path
    place: Place
    first: int
    last: int
    phase: float
    """0 to 1: where in its sway it begins, and to which side it drifts."""

    def box(self, frame: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the face, pixels. Its width grows as that of somebody at an even pace."""
        done = (frame - self.first) / max(1, self.last - self.first)
        near, place = self.place.near, self.place
        far = max(NARROWEST_FACE, FAR_TO_NEAR * near)
        width = far * near / (near - (near - far) * done)
        room = place.height - 1.9 * near
        x = place.left + place.width / 2 + (self.phase - 0.5) * 0.12 * place.width * (2 * done - 1)
        y = place.top + 0.95 * near + room * done + 0.03 * near * sin(4 * pi * (done + self.phase))
        return x - width / 2, y - 0.65 * width, x + width / 2, y + 0.65 * width


@dataclass(frozen=True)
class Truth:
    """A drawn video and who is in it."""

    video: Path
    table: Path
    """CSV with the columns of the labelled videos."""
    size: Size
    fps: float
    frames: int
    walks: tuple[Walk, ...]

    @property
    def people(self) -> int:
        return len({walk.identity for walk in self.walks})

    def at(self, frame: int) -> list[Walk]:
        """Who is in this frame."""
        return [walk for walk in self.walks if walk.first <= frame <= walk.last]


def make_crowd(
    out: Path,
    pictures: Sequence[Path],
    faces: int = 20,
    seconds: float = 8.0,
    fps: float = 12.0,
    size: Size = (1920, 1080),
    seed: int = 7,
) -> Truth:
    """`faces` people in every frame: as one leaves another comes, elsewhere. Each picture stands for one person.

    `pictures`: files in a folder with the person's name, or named after them; one of each person is taken. Raises
    BenchmarkError where there are too few people or the video cannot be written.
    """
    rng = np.random.default_rng([seed, 1])
    people = one_each(pictures, rng)
    total = round(seconds * fps)
    places = lay_out(size, round(faces * SPARE_PLACES))
    free = list(rng.permutation(len(places)))
    walks: list[Walk] = []
    ends: list[tuple[int, int]] = []
    for frame in range(total):
        for last, place in [one for one in ends if one[0] < frame]:
            ends.remove((last, place))
            free.append(place)
        while len(ends) < faces:
            if len(walks) == len(people):
                raise BenchmarkError(f"{len(people)} people are too few for {seconds:g} s with {faces} faces at a time")
            identity, picture = people[len(walks)]
            place = free.pop(0)
            length = rng.uniform(*WALK_S) * fps
            # At the start people are everywhere on their way, not all at its beginning.
            first = frame - round(length * rng.uniform(0, 0.8)) if frame == 0 else frame
            last = first + max(1, round(length))
            walks.append(Walk(identity, picture, places[place], first, last, float(rng.uniform())))
            ends.append((last, place))
    return write(out, walks, total, fps, size, seed)


def one_each(pictures: Sequence[Path], rng: np.random.Generator) -> list[tuple[str, Path]]:
    """(person, one picture of that person), in an order by chance."""
    of_person: dict[str, list[Path]] = {}
    for picture in pictures:
        of_person.setdefault(identity_of(picture), []).append(picture)
    names = sorted(of_person)
    return [(names[at], of_person[names[at]][0]) for at in rng.permutation(len(names))]


def identity_of(picture: Path) -> str:
    """`.../Ada_Lovelace/Ada_Lovelace_0001.jpg` and `.../Ada_Lovelace.jpg` are of Ada_Lovelace."""
    stem = picture.stem
    return stem[:-5] if stem[-5:-4] == "_" and stem[-4:].isdigit() else stem


def lay_out(size: Size, places: int) -> list[Place]:
    """At least so many places that do not overlap, as large as can be."""
    width, height = size

    def grid(columns: int) -> list[Place]:
        rows = -(-places // columns)
        across, down = width / columns, height / rows
        return [Place(x * across, y * down, across, down) for y in range(rows) for x in range(columns)]

    found = max((grid(columns) for columns in range(1, places + 1)), key=lambda laid: laid[0].near)
    if found[0].near < 1.5 * NARROWEST_FACE:
        raise BenchmarkError(f"{places} people find no room on {width} x {height} pixels: a larger picture, or fewer")
    return found


def write(out: Path, walks: Sequence[Walk], frames: int, fps: float, size: Size, seed: int) -> Truth:
    """Draw the video (MPEG-4 part 2) and its table. Raises BenchmarkError where it cannot be written."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.stem}.part{out.suffix}")
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    try:
        if not writer.isOpened():
            raise BenchmarkError(f"{out}: OpenCV cannot write this video here")
        for frame in draw(walks, frames, size, seed):
            writer.write(frame)
        writer.release()
        part.replace(out)
    finally:
        writer.release()
        part.unlink(missing_ok=True)
    shown = tuple(walk for walk in walks if walk.first < frames)
    table = out.with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for walk in shown:
            rows.writerow([out.name, max(0, walk.first), min(walk.last, frames - 1), walk.identity, "frontal", "drawn"])
    return Truth(out, table, size, fps, frames, shown)


def draw(walks: Sequence[Walk], frames: int, size: Size, seed: int) -> Iterator[Image]:
    """The frames, BGR, in order; each array is good until the next one is asked for."""
    streets = _streets(size, seed)
    coming = sorted(walks, key=lambda walk: walk.first)
    heads: dict[Walk, Image] = {}
    frame = streets[0].copy()
    for number in range(frames):
        np.copyto(frame, streets[number % GRAINS])
        while coming and coming[0].first <= number:
            walk = coming.pop(0)
            heads[walk] = cut_out(walk.picture)
        heads = {walk: head for walk, head in heads.items() if walk.last >= number}
        for walk, head in heads.items():
            _lay_over(frame, head, walk, number)
        yield frame


def cut_out(picture: Path) -> Image:
    """BGRA, CUT_OUT_WIDTH wide: transparent but for the head. Raises BenchmarkError for a file that is no picture."""
    pixels = cv2.imread(str(picture), cv2.IMREAD_COLOR)
    if pixels is None:
        raise BenchmarkError(f"{picture}: not a picture that can be read")
    height = round(pixels.shape[0] * CUT_OUT_WIDTH / pixels.shape[1])
    pixels = cv2.resize(pixels, (CUT_OUT_WIDTH, height), interpolation=cv2.INTER_AREA)
    centre = round(HEAD_CENTRE[0] * CUT_OUT_WIDTH), round(HEAD_CENTRE[1] * height)
    axes = round(HEAD[0] * CUT_OUT_WIDTH), round(HEAD[1] * height)
    mask = np.zeros((height, CUT_OUT_WIDTH), np.uint8)
    cv2.ellipse(mask, centre, axes, 0, 0, 360, (255,), -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 4), np.uint8)
    return np.dstack([pixels, mask])


def _lay_over(frame: Image, head: Image, walk: Walk, number: int) -> None:
    left, top, right, bottom = walk.box(number)
    done = (number - walk.first) / max(1, walk.last - walk.first)
    swing = sin(2 * pi * (1.5 * done + walk.phase))
    scale = (right - left) / (FACE_OF_PICTURE * CUT_OUT_WIDTH)
    # A head that turns a little is a little narrower.
    size = max(2, round(head.shape[1] * scale * (1 - 0.04 * abs(swing)))), max(2, round(head.shape[0] * scale))
    small = cv2.resize(head, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    middle = HEAD_CENTRE[0] * size[0], HEAD_CENTRE[1] * size[1]
    turned = np.asarray(cv2.warpAffine(small, cv2.getRotationMatrix2D(middle, 3 * swing, 1.0), size), np.uint8)
    x, y = round((left + right) / 2 - middle[0]), round((top + bottom) / 2 - middle[1])
    x0, y0, x1, y1 = max(0, x), max(0, y), min(frame.shape[1], x + size[0]), min(frame.shape[0], y + size[1])
    if x1 <= x0 or y1 <= y0:
        return
    seen, under = turned[y0 - y : y1 - y, x0 - x : x1 - x], frame[y0:y1, x0:x1]
    cover = seen[:, :, 3:].astype(np.uint16)
    light = np.clip(seen[:, :, :3].astype(np.uint16) * round(256 + 12 * swing) >> 8, 0, 255)
    under[:] = (under * (255 - cover) + light * cover) // 255


def _streets(size: Size, seed: int) -> list[Image]:
    """The empty street with the grain of different frames: fine and coarse patterns on a slope of brightness."""
    rng = np.random.default_rng([seed, 2])
    width, height = size
    down = np.linspace(168, 96, height, dtype=np.float32)[:, None, None]
    street = np.repeat(np.repeat(down, width, axis=1), 3, axis=2) * np.array([1.02, 1.0, 0.97], np.float32)
    for cells, contrast in ((24, 10.0), (160, 7.0)):
        pattern = rng.normal(0, contrast, (cells * height // width + 1, cells)).astype(np.float32)
        street += cv2.resize(pattern, size, interpolation=cv2.INTER_CUBIC)[:, :, None]
    grain = [rng.normal(0, 1.5, street.shape).astype(np.float32) for _ in range(GRAINS)]
    return [np.clip(street + one, 0, 255).astype(np.uint8) for one in grain]
