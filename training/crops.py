"""Faces cut out of the shared pictures, aligned and cached once.

A crop is 144 x 144 pixels: the usual 112 x 112 ArcFace view with 16 pixels more on each side, at the same scale, so
that augmentation can shift, turn and zoom without showing an invented border. All crops go into one archive as WebP
(about 5 KB each) beside a table that says what they are.

    python -m training.crops --shared ../shared --out .train/crops.npz

With `--pack inference/packs/starter --roles held-back aside` the faces of the figures are found by another pack's
detector, to measure that pack as a whole.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.detector import Detector
from inference.faces import Face
from inference.pack import load_pack
from inference.recogniser import ARCFACE_POINTS, similarity_transform
from inference.sessions import SessionSettings
from training.split import Split, load_split

MARGIN = 16
SIZE = 112 + 2 * MARGIN
WEBP_QUALITY = 88
ROLES = ("train", "validation", "held-back", "aside")
VIDEOS = ("street-arcade", "single-speakers", "intel-head-pose")
UTK_ASIDE_PER_CELL = 30
LFW_VALIDATION_EVERY = 24

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """One picture to look for faces in.

    Attributes:
        path: of the picture.
        role: `train`, `validation` (training people, for watching the training), `held-back` (LFW people of the
            figures) or `aside` (UTKFace people of the figures by group).
        identity: label of the face nearest the centre.
        group: `Group/gender` for UTKFace, else empty.
        border: fraction of the picture's side to add around it before detection.
        all_faces: take every face, not only the one nearest the centre.
    """

    path: Path
    role: str
    identity: str
    group: str = ""
    border: float = 0.0
    all_faces: bool = False


def lfw_sources(root: Path, split: Split) -> Iterator[Source]:
    """LFW development pictures; training people give one in `LFW_VALIDATION_EVERY` pictures to validation."""
    for picture in split.held_back_pictures:
        yield Source(root / picture.path, "held-back", picture.identity)
    for number, picture in enumerate(split.train_pictures):
        if number % LFW_VALIDATION_EVERY == 0:
            yield Source(root / picture.path, "validation", picture.identity)
        else:
            yield Source(root / picture.path, "train", picture.identity, all_faces=True)


def utk_sources(root: Path) -> Iterator[Source]:
    """UTKFace sample; the last pictures of each group and gender are put aside for the figures."""
    with (root / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["group"], row["gender"], row["path"]))
    for cell, members in itertools.groupby(rows, key=lambda row: f"{row['group']}/{row['gender']}"):
        listed = list(members)
        for number, row in enumerate(listed):
            role = "aside" if number >= len(listed) - UTK_ASIDE_PER_CELL else "train"
            yield Source(root / row["path"], role, row["identity"], group=cell, border=0.3)


def frmdb_sources(root: Path) -> Iterator[Source]:
    """FRMDB: all pictures train."""
    with (root / "images.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            border = 0.2 if row["framing"] == "crop" else 0.0
            yield Source(root / row["path"], "train", f"frmdb-{row['identity']}", border=border)


def pictures(source: Source) -> Iterator[Image]:
    """The picture of `source`, or one frame in eight of a video, as BGR.

    Raises:
        ValueError: the file is no picture that OpenCV can read.
    """
    if source.path.suffix in {".mp4", ".gif"}:
        video = cv2.VideoCapture(str(source.path))
        for number in itertools.count():
            ok, frame = video.read()
            if not ok:
                return
            if number % 8 == 0:
                yield np.asarray(frame, np.uint8)
    image = cv2.imread(str(source.path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{source.path}: not a picture that can be read")
    pad = round(source.border * max(image.shape[:2]))
    yield np.asarray(cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE), np.uint8)


def choose(faces: list[Face], image: Image, source: Source) -> list[Face]:
    """The faces of `source` to keep: the one nearest the centre first, then, if asked, the others."""
    centre = np.array([image.shape[1] / 2, image.shape[0] / 2])
    ordered = sorted(faces, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - centre)))
    return ordered if source.all_faces else ordered[:1]


def cut(image: Image, face: Face) -> Image:
    """The crop of a face: the ArcFace view with `MARGIN` pixels more on each side."""
    matrix = similarity_transform(face.landmarks, ARCFACE_POINTS + np.float32(MARGIN))
    return np.asarray(cv2.warpAffine(image, matrix, (SIZE, SIZE)), np.uint8)


def all_sources(shared: Path) -> list[Source]:
    """Every picture and video that the recipe uses, in a fixed order."""
    data = shared / "data"
    found = list(lfw_sources(data / "lfw", load_split(shared)))
    found.extend(utk_sources(data / "utkface-sample"))
    found.extend(frmdb_sources(data / "frmdb"))
    for folder in VIDEOS:
        for path in sorted((data / "videos" / folder).iterdir()):
            if path.suffix in {".mp4", ".gif"}:
                found.append(Source(path, "train", path.stem, all_faces=True))
    return found


def collect(shared: Path, out: Path, pack: Path, roles: frozenset[str]) -> None:
    """Detect, align and store the faces of the sources of `roles`; print progress and how many had no face."""
    detector = Detector(load_pack(pack), SessionSettings())
    sources = [source for source in all_sources(shared) if source.role in roles]
    rows: list[tuple[str, str, str, str]] = []
    codes: list[Image] = []
    missed: dict[str, int] = {}
    for number, source in enumerate(sources):
        name = str(source.path.relative_to(shared / "data"))
        for image in pictures(source):
            chosen = choose(detector.detect(image), image, source)
            if not chosen:
                missed[source.role] = missed.get(source.role, 0) + 1
            for rank, face in enumerate(chosen):
                ok, code = cv2.imencode(".webp", cut(image, face), [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
                if ok:
                    identity = source.identity if rank == 0 else f"{name}#{rank}"
                    rows.append((name, source.role, identity, source.group))
                    codes.append(np.asarray(code, np.uint8).ravel())
        if number % 500 == 0:
            print(f"{number}/{len(sources)} pictures, {len(codes)} faces", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        out,
        data=np.concatenate(codes),
        ends=np.cumsum([len(code) for code in codes]),
        names=np.array([row[0] for row in rows]),
        roles=np.array([row[1] for row in rows]),
        identities=np.array([row[2] for row in rows]),
        groups=np.array([row[3] for row in rows]),
    )
    print(f"{len(codes)} faces, {out.stat().st_size / 2**20:.1f} MiB; no face found: {missed}")


@dataclass(frozen=True)
class Crops:
    """The cached faces: pixels [N, 144, 144, 3] RGB, and for each its file, role, identity and group."""

    pixels: Image
    names: npt.NDArray[np.str_]
    roles: npt.NDArray[np.str_]
    identities: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]

    def of(self, role: str) -> Crops:
        """Those of one role, in their order."""
        keep = self.roles == role
        return Crops(self.pixels[keep], self.names[keep], self.roles[keep], self.identities[keep], self.groups[keep])

    def views(self) -> Image:
        """The 112 x 112 views without margin, [N, 112, 112, 3] RGB."""
        return self.pixels[:, MARGIN:-MARGIN, MARGIN:-MARGIN]


def load_crops(path: Path) -> Crops:
    """Read what `collect` wrote.

    Raises:
        FileNotFoundError: nothing was collected yet.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no crops; make them with: python -m training.crops")
    with np.load(path) as file:
        ends = file["ends"]
        data = file["data"]
        pixels = np.empty((len(ends), SIZE, SIZE, 3), np.uint8)
        for number, (start, end) in enumerate(itertools.pairwise([0, *ends.tolist()])):
            decoded = cv2.imdecode(data[start:end], cv2.IMREAD_COLOR)
            pixels[number] = np.asarray(decoded)[..., ::-1]
        return Crops(pixels, file["names"], file["roles"], file["identities"], file["groups"])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Cut out and cache the faces that the recogniser trains on.")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path(".train/crops.npz"))
    parser.add_argument("--pack", type=Path, help="whose detector finds the faces (default: lab-mbf)")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES)
    arguments = parser.parse_args()
    pack = arguments.pack or arguments.shared / "models" / "lab-mbf"
    collect(arguments.shared, arguments.out, pack, frozenset(arguments.roles))


if __name__ == "__main__":
    main()
