"""Test scenes for the detector: held-back people on plain and textured ground, face-free pictures, group photographs.

Nothing here is in the detector's bank. Truth for scenes is SCRFD-2.5G on the undisturbed picture, for the annotated
group photographs the boxes that come with them.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.backgrounds import plain, texture
from training.detector_bank import FRMDB_HELD_BACK, UTKFACE_BORDER, bordered, label, utkface_paths
from training.detector_teacher import Floats, Image, Teacher, as_image, decode
from training.scenes import Canvas, Source, paste, place
from training.split import load_split
from training.street_camera import degrade

SCENE = 320
GROUNDS = ("plain", "texture", "street")
FACE_FREE = ("coins.png", "page.png", "retina.jpg", "rocket.jpg")


@dataclass(frozen=True)
class Test:
    """A picture and its faces [n, 15] as in the bank: certainty 1 must be found, 0 may be found or not."""

    group: str
    image: Image
    faces: Floats


@dataclass(frozen=True)
class Subject:
    """A held-back picture with exactly one face to find, and a note on who it is (a label of the data set)."""

    image: Image
    faces: Floats
    label: str


def central_only(faces: Floats, image: Image) -> Floats:
    """The same faces, only the one nearest the centre certain."""
    faces = faces.copy()
    certain = np.flatnonzero(faces[:, 14] > 0)
    middle = np.array(image.shape[1::-1]) / 2
    distance = np.linalg.norm((faces[certain, :2] + faces[certain, 2:4]) / 2 - middle, axis=1)
    faces[:, 14] = 0
    faces[certain[np.argmin(distance)], 14] = 1
    return faces


def lfw_subjects(shared: Path, teachers: tuple[Teacher, Teacher], limit: int) -> list[Subject]:
    """The first picture of each of `limit` held-back identities, as far as the teacher is sure of its central face."""
    with (shared / "data/lfw/images.csv").open(newline="", encoding="utf-8") as file:
        sex = {row["path"]: row["gender"] for row in csv.DictReader(file)}
    first: dict[str, str] = {}
    for picture in load_split(shared).held_back_pictures:
        first.setdefault(picture.identity, picture.path)
    subjects = []
    for path in sorted(first.values())[:limit]:
        image = decode((shared / "data/lfw" / path).read_bytes())
        faces = label(image, teachers, 448)
        if (faces[:, 14] > 0).any():
            subjects.append(Subject(image, central_only(faces, image), sex[path] or "unknown"))
    return subjects


def utkface_subjects(shared: Path, teachers: tuple[Teacher, Teacher]) -> list[Subject]:
    """The held-back UTKFace pictures, labelled group and sex."""
    subjects = []
    for path in utkface_paths(shared, train=False):
        image = decode(path.read_bytes())
        faces = label(bordered(image), teachers, 320)
        faces[:, :14] -= UTKFACE_BORDER
        if (faces[:, 14] > 0).any():
            subjects.append(Subject(image, central_only(faces, image), path.stem.rsplit("_", 1)[0]))
    return subjects


def composite(subject: Subject, width: float, ground: str, seed: int) -> Test:
    """The whole picture, its face `width` pixels wide, upright somewhere on a ground of 320 x 320."""
    rng = np.random.default_rng((7, seed, round(width), GROUNDS.index(ground)))
    canvas = Canvas(plain(rng, SCENE) if ground == "plain" else texture(rng, SCENE))
    height, breadth = subject.image.shape[:2]
    face = subject.faces[subject.faces[:, 14] > 0][0]
    scale = width / float(face[2] - face[0])
    room = np.maximum(np.array([SCENE, SCENE]) - np.array([breadth, height]) * scale, 0)
    corner = (rng.uniform(0, 1, 2) * room).astype(np.float32)
    matrix = place(scale, 0.0, False, np.zeros(2, np.float32), corner)
    paste(canvas, Source(subject.image, subject.faces), (0, 0, breadth, height), matrix, rng)
    image = degrade(canvas.image, rng) if ground == "street" else canvas.image
    return Test(f"{ground} {width:.0f}", image, canvas.faces[0])


def face_free(shared: Path, textures: int) -> Iterator[Test]:
    """Pictures without a face: dogs, scikit-image's samples that training did not see, textures."""
    none = np.zeros((0, 15), np.float32)
    yield Test("face-free", decode((shared / "data/group-photos/images/no_person_dogs.jpg").read_bytes()), none)
    found = importlib.util.find_spec("skimage")
    if found and found.origin:
        for name in FACE_FREE:
            yield Test("face-free", decode((Path(found.origin).parent / "data" / name).read_bytes()), none)
    for seed in range(textures):
        yield Test("face-free", texture(np.random.default_rng((11, seed)), SCENE), none)


def group_photos(shared: Path, annotated: bool) -> Iterator[tuple[str, Image, Floats]]:
    """Name, picture and boxes [n, 4] of the group photographs with boxes, or those without (then none)."""
    root = shared / "data/group-photos"
    boxes: dict[str, list[list[float]]] = {}
    with (root / "boxes.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            x, y, w, h = (float(row[key]) for key in ("left", "top", "width", "height"))
            boxes.setdefault(row["path"], []).append([x, y, x + w, y + h])
    with (root / "images.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["path"] in boxes) == annotated and row["faces_annotated"] != "0":
                given = np.array(boxes.get(row["path"], []), np.float32).reshape(-1, 4)
                yield Path(row["path"]).stem, decode((root / row["path"]).read_bytes()), given


def video_frames(path: Path, every: int, start: float = 0.0) -> Iterator[Image]:
    """Every `every`-th frame of a video from the part `start` (0..1) on."""
    video = cv2.VideoCapture(str(path))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    for index in range(count):
        good, frame = video.read()
        if good and index >= start * count and index % every == 0:
            yield as_image(frame)
    video.release()


def frmdb_frames(shared: Path) -> Iterator[tuple[str, Image]]:
    """Role (enrol or probe) and full frame of the FRMDB people that training did not see."""
    with (shared / "data/frmdb/images.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["identity"] in FRMDB_HELD_BACK and row["framing"] == "full":
                yield row["role"], decode((shared / "data/frmdb" / row["path"]).read_bytes())
