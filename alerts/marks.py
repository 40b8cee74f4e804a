"""Marks: places on the pictures of an alert that a reviewer pointed at, as alike or as differing.

They belong to the judgement and go with it; they never stand in the ledger.
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from records.errors import RecordsError

MOST = 20
SHOWN = {"look": 3, "reference": 4}
"""So many pictures of each side a review shows, best first."""


class MarkError(RecordsError):
    """A mark that is on no picture of a review, or too many of them."""


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    picture: Literal["look", "reference"]
    index: int
    """Of the pictures of that side, from 0."""
    kind: Literal["alike", "differs"]
    x: float
    """Share of the picture's width, from the left."""
    y: float
    """Share of its height, from the top."""


def to_stored(marks: Sequence[Mark]) -> list[dict[str, str | int | float]]:
    """As `Adjudication.marks` holds them. Raises MarkError."""
    if len(marks) > MOST:
        raise MarkError(f"a judgement has at most {MOST} marks, not {len(marks)}")
    for mark in marks:
        if not 0 <= mark.index < SHOWN[mark.picture]:
            raise MarkError(f"there is no {mark.picture} {mark.index} to mark: a review shows {SHOWN[mark.picture]}")
        if not all(math.isfinite(share) and 0 <= share <= 1 for share in (mark.x, mark.y)):
            raise MarkError(f"a mark lies within its picture, x and y from 0 to 1, not at {mark.x}, {mark.y}")
    stored: list[dict[str, str | int | float]] = msgspec.to_builtins(list(marks))
    return stored


def from_stored(stored: Sequence[dict[str, str | int | float]] | None) -> list[Mark]:
    """What `to_stored` gave; none of a judgement from before there were marks."""
    return msgspec.convert(stored or [], list[Mark])


def points_out(marks: Sequence[Mark], kind: Literal["alike", "differs"]) -> bool:
    """Whether one of the marks is of this kind."""
    return any(mark.kind == kind for mark in marks)
