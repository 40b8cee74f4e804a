"""Training scenes for the detector: the bank's faces in photographs, mosaics and collages, seen by a street camera.

A scene is a pure function of the bank and of a random generator. Faces are rows [n, 15]: left, top, right, bottom, ten
point values (the picture's left eye first), certainty (1 face, 0 neither face nor background); pixels of the scene.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator

from training.backgrounds import background
from training.detector_bank import UTKFACE_BORDER, Decoy, Entry
from training.detector_teacher import Floats, Image, as_image, decode
from training.street_camera import degrade, occlude

MIRRORED = (1, 0, 2, 4, 3)
LEAST_FACE = 7.0
VISIBLE_ENOUGH = 0.55
VISIBLE_AT_ALL = 0.15
PHOTO_SOURCES = {
    "lfw": 0.3,
    "frmdb": 0.2,
    "frmdb-crop": 0.1,
    "street": 0.14,
    "head-pose": 0.1,
    "speaker": 0.07,
    "utkface": 0.09,
}
PIECE_SOURCES = {"lfw": 0.66, "utkface": 0.16, "frmdb-crop": 0.08, "frmdb": 0.06, "head-pose": 0.02, "speaker": 0.02}


@dataclass(frozen=True)
class Source:
    """A decoded picture of the bank, its faces, and the picture at half, quarter, ... size."""

    image: Image
    faces: Floats
    smaller: tuple[Image, ...] = ()

    @property
    def certain(self) -> Floats:
        return self.faces[self.faces[:, 14] > 0]


def halvings(image: Image) -> tuple[Image, ...]:
    """The picture at half, quarter, ... size, down to about 50 pixels."""
    smaller = []
    while min(image.shape[:2]) >= 100:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = as_image(cv2.resize(image, half, interpolation=cv2.INTER_AREA))
        smaller.append(image)
    return tuple(smaller)


def prepare(entry: Entry) -> Source:
    """Decode one picture of the bank; a UTKFace picture loses the border that only the teachers needed."""
    image, faces = decode(entry.jpeg), entry.faces
    if entry.source == "utkface":
        edge = UTKFACE_BORDER
        image = np.ascontiguousarray(image[edge:-edge, edge:-edge])
        faces = faces.copy()
        faces[:, :14] -= edge
    return Source(image, faces, halvings(image))


class Bank:
    """Decoded pictures by source, in memory (about 1.3 GB; worker processes share it after a fork)."""

    def __init__(self, entries: list[Entry], decoys: list[Decoy] | None = None):
        with ThreadPoolExecutor() as pool:
            sources = list(pool.map(prepare, entries))
        self.by_source: dict[str, list[Source]] = {}
        for entry, source in zip(entries, sources, strict=True):
            self.by_source.setdefault(entry.source, []).append(source)
        self.with_faces = {
            name: [source for source in sources if len(source.certain)] for name, sources in self.by_source.items()
        }
        self.all = [source for sources in self.by_source.values() for source in sources]
        self.decoys = [(sources[decoy.entry], decoy.box) for decoy in decoys or []]

    def draw(self, rng: Generator, weights: dict[str, float]) -> Source:
        """A picture with at least one certain face; the source by weight, the picture evenly."""
        names = [name for name in weights if self.with_faces.get(name)]
        odds = np.array([weights[name] for name in names])
        name = names[rng.choice(len(names), p=odds / odds.sum())]
        return self.with_faces[name][rng.integers(len(self.with_faces[name]))]

    def focus(self, rng: Generator, weights: dict[str, float], decoys: float) -> tuple[Source, Floats]:
        """A picture and the box [4] in it to look at: a sure face or, with the chance `decoys`, a mined decoy."""
        if self.decoys and rng.random() < decoys:
            return self.decoys[rng.integers(len(self.decoys))]
        source = self.draw(rng, weights)
        faces = source.certain
        box: Floats = faces[rng.integers(len(faces)), :4]
        return source, box

    def face_free_patch(self, rng: Generator) -> Image:
        """A window of a random picture that touches no face, sure or doubtful; half of them in strange colours, turned.

        The bank has few places for its many scenes: what is no face is no face on its side and in blue either.
        """
        patch = self.face_free_window(rng)
        if rng.random() < 0.5:
            return patch
        patch = np.rot90(patch, int(rng.integers(4)))[:, :, rng.permutation(3)]
        return np.ascontiguousarray(255 - patch if rng.random() < 0.2 else patch)

    def face_free_window(self, rng: Generator) -> Image:
        """A window of a random picture that touches no face, sure or doubtful; else all of a face-free picture."""
        textures = self.by_source["face-free"]
        for _ in range(8):
            source = (
                textures[rng.integers(len(textures))] if rng.random() < 0.2 else self.all[rng.integers(len(self.all))]
            )
            height, width = source.image.shape[:2]
            side = rng.uniform(0.2, 0.9) * min(height, width)
            left, top = rng.uniform(0, width - side), rng.uniform(0, height - side)
            apart = (
                (source.faces[:, 0] > left + side)
                | (source.faces[:, 2] < left)
                | (source.faces[:, 1] > top + side)
                | (source.faces[:, 3] < top)
            )
            if apart.all():
                return source.image[int(top) : int(top + side), int(left) : int(left + side)]
        return textures[rng.integers(len(textures))].image


@dataclass
class Canvas:
    """A scene in the making: pixels, which piece owns each pixel (-1: background), and the pieces' faces."""

    image: Image
    owner: np.ndarray = field(init=False)
    faces: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owner = np.full(self.image.shape[:2], -1, np.int16)


def centre_of(box: Floats) -> Floats:
    """Middle [2] of a box [4]."""
    return np.asarray((box[:2] + box[2:4]) / 2, np.float32)


def place(scale: float, degrees: float, mirror: bool, source_xy: Floats, scene_xy: Floats) -> Floats:
    """The 2x3 matrix that maps `source_xy` to `scene_xy`, with scale, rotation and mirroring about it."""
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) * scale
    if mirror:
        turn[:, 0] *= -1
    shift = scene_xy - turn @ source_xy
    return np.concatenate([turn, shift[:, None]], axis=1).astype(np.float32)


def move_faces(faces: Floats, matrix: Floats) -> Floats:
    """Faces after the affine `matrix`; a box becomes the bounding box of its turned ellipse."""
    if not len(faces):
        return faces
    turn, shift = matrix[:, :2], matrix[:, 2]
    centre = (faces[:, :2] + faces[:, 2:4]) / 2 @ turn.T + shift
    half = (faces[:, 2:4] - faces[:, :2]) / 2
    half = np.sqrt(half**2 @ (turn**2).T)
    points = faces[:, 4:14].reshape(-1, 5, 2) @ turn.T + shift
    if np.linalg.det(turn) < 0:
        points = points[:, MIRRORED]
    parts = [centre - half, centre + half, points.reshape(-1, 10), faces[:, 14:]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def cutout_mask(height: int, width: int, rng: Generator, cutout: bool) -> Floats:
    """Opacity [height, width] of a piece: the full rectangle, or one with soft edges or a soft ellipse."""
    if not cutout:
        return np.ones((height, width), np.float32)
    mask = np.zeros((height, width), np.float32)
    soft = rng.uniform(0.01, 0.12) * min(height, width)
    if rng.random() < 0.5:
        edge = round(soft)
        mask[edge : height - edge, edge : width - edge] = 1
    else:
        axes = (int(width * 0.5 - soft), int(height * 0.5 - soft))
        cv2.ellipse(mask, (width // 2, height // 2), (max(axes[0], 1), max(axes[1], 1)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(soft * 0.6, 0.5)), np.float32)


def paste(
    canvas: Canvas,
    source: Source,
    window: tuple[float, float, float, float],
    matrix: Floats,
    rng: Generator,
    cutout: bool = False,
    clip: tuple[int, int, int, int] | None = None,
) -> None:
    """Draw the `window` of a source through `matrix` (source to scene), inside `clip`; adds the source's faces."""
    height, width = source.image.shape[:2]
    left, top = max(0, int(window[0])), max(0, int(window[1]))
    right, bottom = min(width, math.ceil(window[2])), min(height, math.ceil(window[3]))
    if right - left < 4 or bottom - top < 4:
        return
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    level = min(len(source.smaller), int(math.log2(1.15 / scale))) if scale < 0.575 else 0
    patch = source.smaller[level - 1] if level else source.image
    ratio = np.array([width / patch.shape[1], height / patch.shape[0]], np.float32)
    left, top = int(left / ratio[0]), int(top / ratio[1])
    patch = patch[top : math.ceil(bottom / ratio[1]), left : math.ceil(right / ratio[0])]
    local = matrix.copy()
    local[:, :2] *= ratio
    local[:, 2] += local[:, :2] @ np.array([left, top], np.float32)
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32) * [patch.shape[1], patch.shape[0]]
    corners = corners @ local[:, :2].T + local[:, 2]
    bounds = clip or (0, 0, canvas.image.shape[1], canvas.image.shape[0])
    x0, y0 = np.maximum(np.floor(corners.min(0)), bounds[:2]).astype(int)
    x1, y1 = np.minimum(np.ceil(corners.max(0)), bounds[2:]).astype(int)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    local[:, 2] -= [x0, y0]
    size = (int(x1 - x0), int(y1 - y0))
    mask = cutout_mask(patch.shape[0], patch.shape[1], rng, cutout)
    drawn = cv2.warpAffine(patch, local, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(mask, local, size, flags=cv2.INTER_LINEAR)
    under = canvas.image[y0:y1, x0:x1]
    under[:] = under + (drawn.astype(np.float32) - under) * alpha[:, :, None]
    canvas.owner[y0:y1, x0:x1][alpha > 0.5] = len(canvas.faces)
    canvas.faces.append(move_faces(source.faces, matrix))


def visible_faces(canvas: Canvas) -> Floats:
    """All pieces' faces that can still be seen; those half hidden or tiny become uncertain."""
    height, width = canvas.owner.shape
    kept = [np.zeros((0, 15), np.float32)]
    for piece, faces in enumerate(canvas.faces):
        for face in faces:
            # The inner part of the box: a cut-out may lose the box's corners and still show the face.
            inset = 0.15 * (face[2:4] - face[:2])
            low, high = face[:2] + inset, face[2:4] - inset
            area = max(float(np.prod(high - low)), 1.0)
            a, b = np.clip(low, 0, [width, height]).astype(int), np.ceil(np.clip(high, 0, [width, height])).astype(int)
            seen = np.count_nonzero(canvas.owner[a[1] : b[1], a[0] : b[0]] == piece) / area
            if seen < VISIBLE_AT_ALL:
                continue
            row = face.copy()
            middle = (face[:2] + face[2:4]) / 2
            inside = 0 <= middle[0] < width and 0 <= middle[1] < height
            if seen < VISIBLE_ENOUGH or not inside or float((face[2:4] - face[:2]).max()) < LEAST_FACE:
                row[14] = 0
            kept.append(row[None])
    return np.concatenate(kept)


def log_uniform(rng: Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def tilt(rng: Generator) -> float:
    """Rotation in degrees: mostly none to slight, at times up to 30."""
    return float(rng.uniform(-30, 30)) if rng.random() < 0.25 else float(rng.normal(0, 5))


def photo(canvas: Canvas, bank: Bank, rng: Generator) -> None:
    """One picture, zoomed so that one of its faces has a chosen size at a chosen place."""
    source, face = bank.focus(rng, PHOTO_SOURCES, 0.15)
    size = canvas.owner.shape[0]
    target = log_uniform(rng, 14, size * 0.95) if rng.random() < 0.8 else rng.uniform(0.3, 1.0) * size
    scale = min(target / float(face[2] - face[0]), 3.5)
    margin = min(0.5, 0.42 * target / size)
    where = (rng.uniform(margin, 1 - margin, 2) * size).astype(np.float32)
    matrix = place(scale, tilt(rng), rng.random() < 0.5, centre_of(face), where)
    # Only the part of a large frame that the scene can show needs to be scaled.
    reach = np.abs(np.linalg.inv(matrix[:, :2])) @ np.array([size, size]) / 2
    centre = np.linalg.solve(matrix[:, :2], np.array([size, size]) / 2 - matrix[:, 2])
    paste(canvas, source, (*(centre - reach - 2), *(centre + reach + 2)), matrix, rng)


def mosaic(canvas: Canvas, bank: Bank, rng: Generator) -> None:
    """A grid of pictures that fills the scene."""
    size = canvas.owner.shape[0]
    cell = log_uniform(rng, 30, 200)
    for top in np.arange(0, size, cell):
        for left in np.arange(-rng.uniform(0, cell), size, cell):
            source, face = bank.focus(rng, PIECE_SOURCES, 0.12)
            scale = cell * rng.uniform(0.25, 0.7) / float(face[3] - face[1])
            where = np.array([left + cell * rng.uniform(0.35, 0.65), top + cell * rng.uniform(0.35, 0.6)], np.float32)
            matrix = place(scale, tilt(rng) / 2, rng.random() < 0.5, centre_of(face), where)
            clip = (max(0, int(left)), max(0, int(top)), min(size, int(left + cell)), min(size, int(top + cell)))
            reach = cell / scale
            centre = centre_of(face)
            paste(canvas, source, (*(centre - reach), *(centre + reach)), matrix, rng, clip=clip)


def collage(canvas: Canvas, bank: Bank, rng: Generator) -> None:
    """People cut out with their surroundings, and face-free decoys cut out the same way, small ones first."""
    size = canvas.owner.shape[0]
    count = 1 + int(rng.exponential(5.0))
    largest = size * 0.8 / math.sqrt(count)
    widths = sorted(log_uniform(rng, 9, max(largest, 20)) for _ in range(min(count, 30)))
    for width in widths:
        where = rng.uniform(0.02, 0.98, 2).astype(np.float32) * size
        if rng.random() < 0.2:
            patch = bank.face_free_patch(rng)
            decoy = Source(patch, np.zeros((0, 15), np.float32))
            extent = np.array(patch.shape[1::-1], np.float32)
            middle = np.array(patch.shape[1::-1], np.float32) / np.float32(2)
            matrix = place(2 * width / float(extent[0]), tilt(rng) * 3, rng.random() < 0.5, middle, where)
            paste(canvas, decoy, (0, 0, *extent), matrix, rng, cutout=True)
            continue
        source, face = bank.focus(rng, PIECE_SOURCES, 0.12)
        middle, extent = centre_of(face), face[2:4] - face[:2]
        matrix = place(width / float(extent[0]), tilt(rng), rng.random() < 0.5, middle, where)
        around = rng.uniform(0.75, 1.8, 4)
        window = (*(middle - extent * around[:2]), *(middle + extent * around[2:]))
        paste(canvas, source, window, matrix, rng, cutout=rng.random() < 0.8)


def crowd(canvas: Canvas, bank: Bank, rng: Generator) -> None:
    """Rows of people, shoulder to shoulder, those in front larger and hiding those behind."""
    size = canvas.owner.shape[0]
    width = log_uniform(rng, 9, 30)
    growth, gap, depth = rng.uniform(1.0, 1.35), rng.uniform(1.2, 2.2), rng.uniform(1.0, 2.4)
    top = rng.uniform(0.02, 0.5) * size
    while top < size and len(canvas.faces) < 70:
        left = rng.uniform(-1, 1) * width
        while left < size:
            source, face = bank.focus(rng, PIECE_SOURCES, 0.04)
            middle, extent = centre_of(face), face[2:4] - face[:2]
            where = np.array([left, top + rng.normal(0, 0.2) * width], np.float32)
            own = width * rng.uniform(0.8, 1.2)
            matrix = place(own / float(extent[0]), tilt(rng), rng.random() < 0.5, middle, where)
            around = rng.uniform(0.75, 1.3, 4)
            window = (*(middle - extent * around[:2]), *(middle + extent * around[2:] * [1.0, 1.6]))
            paste(canvas, source, window, matrix, rng, cutout=True)
            left += width * gap * rng.uniform(0.7, 1.3)
        width *= growth
        top += width * depth


class Scene(NamedTuple):
    """Two BGR pictures [S, S, 3] of the same, one as a street camera would deliver it, and their faces [n, 15]."""

    image: Image
    clean: Image
    faces: Floats


def make_scene(bank: Bank, rng: Generator, size: int = 320) -> Scene:
    """One scene, `size` pixels wide and high."""
    canvas = Canvas(background(bank.face_free_patch, rng, size))
    kind = rng.random()
    if kind < 0.4:
        photo(canvas, bank, rng)
        if rng.random() < 0.15:
            collage(canvas, bank, rng)
    elif kind < 0.56:
        mosaic(canvas, bank, rng)
    elif kind < 0.74:
        collage(canvas, bank, rng)
    elif kind < 0.88:
        crowd(canvas, bank, rng)
    faces = visible_faces(canvas)
    clean = occlude(canvas.image, faces, rng)
    return Scene(degrade(clean, rng), clean, faces)
