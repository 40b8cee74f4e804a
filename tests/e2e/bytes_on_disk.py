"""What would betray a picture or a template on a disk, and looking for it in every byte of every file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

JPEG = b"\xff\xd8\xff"
JPEG_HEADER = b"\xff\xd8\xff\xe0\x00\x10JFIF"
"""As all our pictures begin: long enough that sealed bytes, which are like noise, do not hold it by chance."""
VALUES = 16
_ENCODINGS = ("<f4", ">f4", "<f2", ">f2")


def traces_of(templates: NDArray[np.float32], portraits: Iterable[bytes]) -> list[bytes]:
    """Windows of 16 values of each template in four encodings, and of 48 bytes of each portrait behind its header."""
    found = []
    for template in templates:
        for encoding in _ENCODINGS:
            for start in range(0, len(template) - VALUES + 1, VALUES):
                found.append(template[start : start + VALUES].astype(encoding).tobytes())
    for jpeg in portraits:
        # Half of it, in pieces: any part of a picture that was written in the plain is found.
        found += [jpeg[at : at + 48] for at in range(700, len(jpeg) - 48, 4096)]
    return found


def files_under(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    """Each regular file with its bytes; one that goes meanwhile is left out."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            try:
                if path.is_file():
                    yield path, path.read_bytes()
            except FileNotFoundError:
                continue


def betrayed(folders: Sequence[Path], traces: Sequence[bytes]) -> list[str]:
    """Names of the files that hold one of these."""
    return [path.name for path, data in files_under(*folders) if any(trace in data for trace in traces)]
