"""A folder of reference pictures: who is in it, and each picture's pixels.

`Anna.jpg`, `Anna_2.jpg` ... `Anna_8.jpg` are one subject's pictures. An identity may hold underscores and numbers of
its own: only a last `_2` to `_8` is a picture number, so `woman_a_2.jpg` belongs to `woman_a`, and `Anna_3.jpg` to
`Anna` also where there is no `Anna.jpg`.
"""

import re
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from watchlist.errors import FolderEmpty, FolderMissing, TooManyPictures, UnreadablePicture
from watchlist.picture_header import announced_size

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, BGR, upright."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
MOST_PICTURES = 8
MOST_PIXELS = 40_000_000
"""120 MB decoded; larger than any passport, custody or telephone picture."""
MOST_BYTES = 4 * MOST_PIXELS
"""An uncompressed 32-bit BMP of the most pixels is this long."""

_NUMBERED = re.compile(r"(.+)_([2-8])")
_NUMBERED_TOO_HIGH = re.compile(r"(.+)_(9|[1-9][0-9])")


def identity_of(stem: str) -> tuple[str, int]:
    """(identity, picture number) of a file name without its suffix."""
    name = unicodedata.normalize("NFC", stem)
    numbered = _NUMBERED.fullmatch(name)
    return (numbered[1], int(numbered[2])) if numbered else (name, 1)


def find_pictures(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The pictures of each identity, in the order of their numbers; identities in alphabetical order.

    Files of other kinds, hidden files and sub-folders are passed over. Raises FolderMissing, FolderEmpty or
    TooManyPictures.
    """
    if not folder.is_dir():
        raise FolderMissing(f"{folder}: no such folder of reference pictures; give a folder with <identity>.jpg files")
    found: dict[str, list[tuple[int, str, Path]]] = {}
    for path in folder.iterdir():
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file():
            identity, number = identity_of(path.stem)
            found.setdefault(identity, []).append((number, path.name, path))
    if not found:
        kinds = ", ".join(sorted(SUFFIXES))
        raise FolderEmpty(f"{folder}: no reference picture here; put <identity>.jpg files ({kinds}) into it")
    for identity, pictures in found.items():
        _refuse_a_ninth(folder, identity, len(pictures), found)
    return {identity: tuple(path for _, _, path in sorted(found[identity])) for identity in sorted(found)}


def _refuse_a_ninth(folder: Path, identity: str, count: int, known: dict[str, list[tuple[int, str, Path]]]) -> None:
    advice = f"an entry holds at most {MOST_PICTURES} pictures: remove or rename the others"
    if count > MOST_PICTURES:
        raise TooManyPictures(f"{folder}: {count} pictures of {identity}; {advice}")
    # Taken for an identity of its own, `Anna_9` would put the same person on the list twice, under two names.
    beyond = _NUMBERED_TOO_HIGH.fullmatch(identity)
    if beyond and beyond[1] in known:
        raise TooManyPictures(f"{folder}: picture {beyond[2]} of {beyond[1]} ({identity}); {advice}")


def read_picture(path: Path) -> Picture:
    """The decoded picture, turned upright as its EXIF says. Raises UnreadablePicture."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else None
    except OSError as error:
        raise UnreadablePicture(f"{path}: cannot be read ({error.strerror}); check the file") from error
    if data is None:
        raise UnreadablePicture(f"{path}: {size >> 20} MiB, more than {MOST_BYTES >> 20}; save a smaller copy")
    return decode_picture(data, str(path))


def decode_picture(data: bytes, name: str) -> Picture:
    """As read_picture, from the encoded bytes; `name` is for the error's sentence."""
    size = announced_size(data)
    if size is None or 0 in size:
        raise UnreadablePicture(f"{name}: not a JPEG, PNG, WebP or BMP picture; save it as JPEG")
    width, height = size
    if width * height > MOST_PIXELS:
        most = MOST_PIXELS // 1_000_000
        raise UnreadablePicture(f"{name}: {width} x {height} pixels, more than {most} million; save a smaller copy")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise UnreadablePicture(f"{name}: damaged or cut short; get the picture again from its source")
    return np.ascontiguousarray(picture, np.uint8)
