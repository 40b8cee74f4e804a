"""The entries of a watchlist: subjects and their reference pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from watchlist.templates import Templates

Point = tuple[float, float]


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted reference picture; its template and its portrait lie beside it in the list."""

    id: str
    """UUIDv7."""
    file: str
    """Name of the file it was enrolled from."""
    row: int
    """Row of its template."""
    width: int
    height: int
    """Pixels of the portrait."""
    landmarks: tuple[Point, Point, Point, Point, Point]
    """In the portrait, pixels: left eye, right eye, nose tip, left and right corner of the mouth."""
    eye_distance: float
    """Pixels between the eyes in the picture as given."""
    sharpness: float
    background_faces: int
    """Other, smaller faces in the picture as given; the portrait may still show a part of them."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One person on the watchlist, with 1 to 8 reference pictures."""

    id: str
    """UUIDv7."""
    label: str
    """The identity that the pictures' file names give."""
    pictures: tuple[Reference, ...]


@dataclass(frozen=True)
class WatchList:
    """A built list, ready to be searched. Its rows, subjects and pictures agree with one another."""

    subjects: tuple[Subject, ...]
    templates: Templates
    """One row per reference picture, n x d."""
    portraits: Mapping[str, bytes]
    """JPEG of each reference picture, by its id."""
    contract: str
    """Embedding contract: hash of detector, recogniser and preprocessing that made the templates."""
    created_at: datetime
    hash: str
    """SHA-256 of the whole content, portraits included, in hexadecimal digits."""
