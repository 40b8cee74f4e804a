"""Tables and pictures to import: the staged people's faces, cut out of the pictures that installed packages carry."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from records.times import to_text
from rig.walkby.people import PEOPLE, Image, read_source
from tests.records.entries import NOW
from watchlist.rows import COLUMNS

MOST = len(PEOPLE)


@cache
def face(person: int) -> Image:
    """About 300 x 400 pixels; each number below MOST is another person."""
    staged = PEOPLE[person]
    x, y, width, height = staged.face
    edge = int(0.45 * width)
    part = read_source(staged.source)[max(0, y - edge) : y + height + edge, max(0, x - edge) : x + width + edge]
    return np.asarray(cv2.resize(part, None, fx=300 / part.shape[1], fy=300 / part.shape[1]), np.uint8)


def save_face(path: Path, person: int, change: int = 0) -> str:
    """A JPEG; with another `change` it is another file of the same face. Returns the file's name."""
    # One corner's brightness: the face stays as it is.
    picture = face(person).copy()
    picture[:8, :8] = change % 256
    picture[:8, 8:16] = change // 256
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return path.name


def cells(reference: str, pictures: str, **changes: str) -> dict[str, str]:
    """A row that the UK policy takes at NOW, but for `changes`."""
    dates = ";".join("2025-03-01" for _ in pictures.split(";"))
    return {
        "reference": reference,
        "name": f"Zebedee Quillfeather {reference}",
        "category": "wanted_by_court",
        "reason": "Warrant of the magistrates not backed for bail",
        "response": "act",
        "expires": to_text(NOW + timedelta(days=7)),
        "source_system": "custody",
        "lawful_basis": "pace_64a",
        "retention_status": "convicted",
        "review_on": str(date(2027, 6, 1)),
        "status_checked_at": to_text(NOW - timedelta(hours=1)),
        "pictures": pictures,
        "pictures_taken_on": dates,
        **changes,
    }


def write_table(file: Path, rows: Sequence[dict[str, str]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return file


def zipped(table: Path, into: Path) -> Path:
    """A ZIP with everything that lies beside the table."""
    with zipfile.ZipFile(into, "w") as archive:
        for path in sorted(table.parent.rglob("*")):
            if path.is_file():
                archive.write(path, f"list/{path.relative_to(table.parent)}")
    return into
