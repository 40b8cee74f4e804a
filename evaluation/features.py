"""What a pack makes of labelled pictures: of each a template and measures of quality, or why there is none."""

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import EvaluationError
from evaluation.reading import DEFAULT_READING, MEASURES, PictureReader, ProbeReader, Reading, Seen
from inference.looks import Geometry, Light, quality
from inference.reader import Models
from watchlist.pictures import decode_picture

Tick = Callable[[int, int], None]
"""Called with how many pictures are done, and how many there are."""
Floats = NDArray[np.float32]

_FORMAT = 1
"""Of a cached file; part of its key."""


@dataclass(frozen=True, eq=False)
class Features:
    """Of n pictures, in their order. Measures are NaN where no face was found."""

    templates: Floats
    """(n, d), unit rows; zeros where there is none."""
    found: NDArray[np.bool_]
    """(n,): is there a template?"""
    measures: Floats
    """(n, len(MEASURES))."""
    faces: NDArray[np.int64]
    """(n,): faces in the picture."""
    refused: tuple[str, ...]
    """n: why there is no template; empty where there is one."""

    def measure(self, name: str) -> Floats:
        """(n,): one of `MEASURES`."""
        column: Floats = self.measures[:, MEASURES.index(name)]
        return column

    @property
    def eye_distance(self) -> Floats:
        """Pixels, as if the head were frontal."""
        return self.measure("eye_distance")

    @property
    def turn(self) -> Floats:
        """Signed, 0 frontal; see `inference.looks.Geometry`."""
        return self.measure("turn")

    @property
    def roll(self) -> Floats:
        """Degrees."""
        return self.measure("roll")

    @property
    def score(self) -> Floats:
        """The detector's."""
        return self.measure("score")

    @property
    def sharpness(self) -> Floats:
        """See `inference.looks.Light`."""
        return self.measure("sharpness")

    @property
    def brightness(self) -> Floats:
        """Mean, 0..255."""
        return self.measure("brightness")

    @property
    def contrast(self) -> Floats:
        """Standard deviation of brightness."""
        return self.measure("contrast")

    @property
    def quality(self) -> Floats:
        """(n,): what orders looks in the pipeline, 0..1; see `inference.looks.quality`."""
        return np.array(
            [
                quality(*seen) if found else np.nan
                for seen, found in zip(map(as_seen, self.measures), self.found, strict=True)
            ],
            np.float32,
        )

    def spread(self, rows: NDArray[np.intp], count: int) -> "Features":
        """These pictures as the `rows` of `count` pictures; the others were not read: not found, and not refused."""
        templates = np.zeros((count, self.templates.shape[1]), np.float32)
        templates[rows] = self.templates
        found = np.zeros(count, bool)
        found[rows] = self.found
        measures = np.full((count, len(MEASURES)), np.nan, np.float32)
        measures[rows] = self.measures
        faces = np.zeros(count, np.int64)
        faces[rows] = self.faces
        refused = [""] * count
        for row, reason in zip(rows.tolist(), self.refused, strict=True):
            refused[row] = reason
        return Features(templates, found, measures, faces, tuple(refused))

    def merged(self, other: "Features") -> "Features":
        """Both, where at most one of them has read each picture."""
        refused = tuple(one or another for one, another in zip(self.refused, other.refused, strict=True))
        return Features(
            self.templates + other.templates,
            self.found | other.found,
            np.where(np.isnan(self.measures), other.measures, self.measures),
            self.faces + other.faces,
            refused,
        )


def as_seen(measures: Floats) -> tuple[Geometry, Light]:
    """One row of `Features.measures` as the pipeline's own types."""
    values = [float(value) for value in measures]
    return Geometry(*values[:5]), Light(*values[5:])


def read_features(
    pictures: Sequence[Path],
    models: Models,
    reading: Reading = DEFAULT_READING,
    *,
    cache: Path | None = None,
    tick: Tick | None = None,
) -> Features:
    """Each picture as a look of a camera. Raises UnreadablePicture or EvaluationError."""
    return read_pictures(pictures, ProbeReader(models, reading), cache=cache, tick=tick)


def read_pictures(
    pictures: Sequence[Path], reader: PictureReader, *, cache: Path | None = None, tick: Tick | None = None
) -> Features:
    """Each picture by `reader`; from the folder `cache`, where it is given and holds the answer, else into it.

    A cache holds templates of people: nothing is written unless it is asked for, and for the user's eyes only.
    Raises UnreadablePicture, or EvaluationError where the cache cannot be used.
    """
    store = _Store(cache, reader) if cache is not None else None
    seen: list[Seen] = []
    for done, path in enumerate(pictures, 1):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise EvaluationError(f"{path}: cannot be read ({error.strerror}); check the path") from error
        one = store.find(data) if store else None
        if one is None:
            one = reader.read(decode_picture(data, str(path)))
            if store:
                store.keep(data, one)
        seen.append(one)
        if tick:
            tick(done, len(pictures))
    return collect(seen, reader.dimension)


def collect(seen: Sequence[Seen], dimension: int) -> Features:
    """`dimension`: values of a template."""
    templates = np.zeros((len(seen), dimension), np.float32)
    for index, one in enumerate(seen):
        if one.template is not None:
            templates[index] = one.template
    return Features(
        templates,
        np.array([one.template is not None for one in seen], bool),
        np.stack([one.measures for one in seen]) if seen else np.empty((0, len(MEASURES)), np.float32),
        np.array([one.faces for one in seen], np.int64),
        tuple(one.refused for one in seen),
    )


class _Store:
    """One small file for each picture, named by the picture's SHA-256, in a folder named by the reader's key."""

    def __init__(self, folder: Path, reader: PictureReader) -> None:
        name = hashlib.sha256(f"{_FORMAT}|{reader.key}".encode()).hexdigest()[:24]
        self._folder, self._dimension = folder / name, reader.dimension
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = self._folder / "key.txt"
            if not key.exists():
                key.write_text(f"{reader.key}\n", "utf-8")
        except OSError as error:
            raise EvaluationError(f"{folder}: no folder to cache in ({error.strerror}); name another") from error

    def find(self, data: bytes) -> Seen | None:
        path = self._path(data)
        if not path.exists():
            return None
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                template, measures = kept["template"], kept["measures"]
                faces, refused = int(kept["faces"]), str(kept["refused"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise EvaluationError(f"{path}: damaged; remove it and run again") from error
        if template.shape not in ((0,), (self._dimension,)) or measures.shape != (len(MEASURES),):
            raise EvaluationError(f"{path}: damaged; remove it and run again")
        return Seen(template if len(template) else None, measures, faces, refused)

    def keep(self, data: bytes, seen: Seen) -> None:
        path = self._path(data)
        part = path.with_suffix(f".{os.getpid()}.part")
        template = np.empty(0, np.float32) if seen.template is None else seen.template
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                np.savez(file, template=template, measures=seen.measures, faces=seen.faces, refused=seen.refused)
            part.replace(path)
        except OSError as error:
            raise EvaluationError(f"{path}: cannot be written ({error.strerror}); free some space") from error

    def _path(self, data: bytes) -> Path:
        return self._folder / f"{hashlib.sha256(data).hexdigest()}.npz"
