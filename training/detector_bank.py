"""The detector's picture bank: training pictures with the teachers' faces, cached once in one file.

Usage: python -m training.detector_bank --shared ../shared --output .train/det/bank.npz

What goes in: LFW pictures of training identities (one each), the UTKFace sample without the last 20 of each group and
sex, FRMDB people 001 to 031 and 040 to 067, frames of the videos without sitcom-table (and without the last quarter of
street-arcade), and the face-free pictures that scikit-image and scikit-learn carry. Group photographs stay out: they
are for tests.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector_teacher import Faces, Floats, Image, Teacher, as_image, decode, encode, overlap
from training.split import load_split

FRMDB_HELD_BACK = frozenset(f"{code:03d}" for code in range(32, 40))
UTKFACE_BORDER = 60
UTKFACE_TRAIN = 100
FACE_FREE = {
    "skimage/data": [
        "brick.png",
        "cell.png",
        "chelsea.png",
        "chessboard_GRAY.png",
        "clock_motion.png",
        "coffee.png",
        "grass.png",
        "gravel.png",
        "horse.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "logo.png",
        "microaneurysms.png",
        "moon.png",
        "motorcycle_left.png",
        "phantom.png",
        "text.png",
    ],
    "sklearn/datasets/images": ["china.jpg", "flower.jpg"],
}


Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Entry:
    """One picture of the bank: its source, the encoded bytes, the faces (see `label`)."""

    source: str
    jpeg: bytes
    faces: Floats


@dataclass(frozen=True)
class Decoy:
    """A place [4] in picture number `entry` of the bank that a student took for a face."""

    entry: int
    box: Floats


def label(image: Image, teachers: tuple[Teacher, Teacher], longest: int) -> Floats:
    """The teachers' faces as rows [n, 15]: left, top, right, bottom, ten point values, certainty.

    Certainty is 1 for a face to learn, 0 for a place that must count neither as a face nor as background: the better
    teacher is unsure there, or only the other one sees a face.
    """
    main, second = (teacher.detect(image, longest, least=0.15) for teacher in teachers)
    agree: Mask = np.zeros(len(main.scores), dtype=bool)
    alone: Mask = np.ones(len(second.scores), dtype=bool)
    if len(main.scores) and len(second.scores):
        ious = overlap(main.boxes, second.boxes)
        agree = np.any((ious > 0.4) & (second.scores[None] > 0.45), axis=1)
        alone = ious.max(axis=0) < 0.3
    certain = (main.scores >= 0.6) | ((main.scores >= 0.35) & agree)
    doubtful = second.pick(alone & (second.scores > 0.4))
    return np.concatenate([rows(main, certain), rows(doubtful, np.zeros(len(doubtful.scores), dtype=bool))])


def rows(faces: Faces, certain: Mask) -> Floats:
    """Faces as rows [n, 15]."""
    parts = [faces.boxes, faces.points.reshape(-1, 10), certain[:, None]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def read_frames(path: Path, every: int, until: float = 1.0) -> Iterator[Image]:
    """Every `every`-th frame of the first `until` of a video."""
    video = cv2.VideoCapture(str(path))
    last = int(video.get(cv2.CAP_PROP_FRAME_COUNT) * until)
    for index in range(max(last, 1)):
        good, frame = video.read()
        if not good:
            break
        if index % every == 0:
            yield as_image(frame)
    video.release()


def lfw_paths(shared: Path, limit: int) -> list[Path]:
    """One LFW picture for each of at most `limit` training identities, the same choice every time."""
    first: dict[str, str] = {}
    for picture in load_split(shared).train_pictures:
        first.setdefault(picture.identity, picture.path)
    names = sorted(first, key=lambda name: hashlib.sha256(f"det:{name}".encode()).hexdigest())
    return [shared / "data/lfw" / first[name] for name in names[:limit]]


def utkface_paths(shared: Path, train: bool) -> list[Path]:
    """UTKFace pictures to train on: the first of each group and sex, by the number in the name; or the rest."""
    paths = sorted((shared / "data/utkface-sample/images").glob("*.jpg"))
    return [path for path in paths if (int(path.stem.rsplit("_", 1)[1]) <= UTKFACE_TRAIN) == train]


def bordered(image: Image) -> Image:
    """A UTKFace picture in a grey border: without it the teachers miss faces as tightly cropped as these."""
    edge = UTKFACE_BORDER
    framed = np.full((image.shape[0] + 2 * edge, image.shape[1] + 2 * edge, 3), 110, np.uint8)
    framed[edge:-edge, edge:-edge] = image
    return framed


def pictures(shared: Path, lfw: int) -> Iterator[tuple[str, Image, bytes | None, int]]:
    """Source, picture, its bytes where they travel unchanged, and the size at which the teachers look at it."""
    for path in lfw_paths(shared, lfw):
        data = path.read_bytes()
        yield "lfw", decode(data), data, 448
    for path in utkface_paths(shared, train=True):
        yield "utkface", bordered(decode(path.read_bytes())), None, 320
    with (shared / "data/frmdb/images.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["identity"] not in FRMDB_HELD_BACK:
                image = decode((shared / "data/frmdb" / row["path"]).read_bytes())
                small = max(image.shape) < 500
                yield ("frmdb-crop" if row["framing"] != "full" else "frmdb"), image, None, 448 if small else 960
    videos = shared / "data/videos"
    for frame in read_frames(videos / "street-arcade/street_arcade.mp4", 6, until=0.75):
        yield "street", as_image(cv2.resize(frame, (1600, 900), interpolation=cv2.INTER_AREA)), None, 1600
    for path in sorted((videos / "intel-head-pose").glob("*.gif")):
        for frame in read_frames(path, 4):
            yield "head-pose", frame, None, 960
    for path in sorted((videos / "single-speakers").glob("*.mp4")):
        for frame in read_frames(path, 25):
            yield "speaker", frame, None, 640
    for package, names in FACE_FREE.items():
        found = importlib.util.find_spec(package.split("/")[0])
        if found is None or found.origin is None:
            print(f"{package}: not installed, its pictures are left out", flush=True)
            continue
        folder = Path(found.origin).parent.joinpath(*package.split("/")[1:])
        for name in names:
            image = decode((folder / name).read_bytes())
            scale = min(1.0, 640 / max(image.shape))
            yield "face-free", as_image(cv2.resize(image, None, fx=scale, fy=scale)), None, 0


def build(shared: Path, lfw: int) -> Iterator[Entry]:
    """All entries of the bank, in a fixed order."""
    teachers = (Teacher.named(shared, "scrfd-2.5g"), Teacher.named(shared, "yunet-n"))
    for source, image, data, longest in pictures(shared, lfw):
        faces = label(image, teachers, longest) if longest else np.zeros((0, 15), np.float32)
        yield Entry(source, data or encode(image, 85), faces)


def save(entries: list[Entry], path: Path) -> None:
    """Write the bank as one .npz file without pickles."""
    data = np.frombuffer(b"".join(entry.jpeg for entry in entries), np.uint8)
    sizes = np.array([len(entry.jpeg) for entry in entries], np.int64)
    counts = np.array([len(entry.faces) for entry in entries], np.int64)
    faces = np.concatenate([entry.faces for entry in entries])
    part = path.with_suffix(".part.npz")
    np.savez(part, data=data, sizes=sizes, counts=counts, faces=faces, sources=np.array([e.source for e in entries]))
    part.rename(path)


def load(path: Path) -> list[Entry]:
    """Read a bank written by `save`."""
    with np.load(path) as stored:
        data, sources, faces = stored["data"].tobytes(), stored["sources"], stored["faces"]
        ends, face_ends = np.cumsum(stored["sizes"]), np.cumsum(stored["counts"])
    starts, face_starts = np.concatenate([[0], ends[:-1]]), np.concatenate([[0], face_ends[:-1]])
    return [
        Entry(str(sources[i]), data[starts[i] : ends[i]], faces[face_starts[i] : face_ends[i]])
        for i in range(len(sources))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--output", type=Path, default=Path(".train/det/bank.npz"))
    parser.add_argument("--lfw", type=int, default=2600, help="LFW pictures, one per identity")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    entries: list[Entry] = []
    for entry in build(arguments.shared, arguments.lfw):
        entries.append(entry)
        if len(entries) % 250 == 0:
            print(f"{len(entries)} pictures", flush=True)
    save(entries, arguments.output)
    certain = sum(int(entry.faces[:, 14].sum()) for entry in entries)
    print(
        f"{arguments.output}: {len(entries)} pictures, {certain} faces, {arguments.output.stat().st_size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
