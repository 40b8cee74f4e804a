"""Marks on pictures: kept as they were put, refused where they lie on no picture."""

import math
from typing import Any

import msgspec
import pytest

from alerts.marks import MOST, Mark, MarkError, from_stored, points_out, to_stored

MARK = Mark(picture="look", index=0, kind="alike", x=0.25, y=0.5)


def test_marks_come_back_as_they_were_put() -> None:
    marks = [MARK, Mark(picture="reference", index=3, kind="differs", x=0.0, y=1.0)]
    assert from_stored(to_stored(marks)) == marks
    assert from_stored(None) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": -0.001},
        {"x": 1.001},
        {"y": math.nan},
        {"y": math.inf},
        {"index": -1},
        {"index": 3},
        {"picture": "reference", "index": 4},
    ],
)
def test_a_mark_on_no_picture_of_the_review_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MarkError):
        to_stored([MARK, msgspec.structs.replace(MARK, **wrong)])


def test_more_than_twenty_marks_are_refused() -> None:
    assert len(to_stored([MARK] * MOST)) == MOST == 20
    with pytest.raises(MarkError, match="at most 20"):
        to_stored([MARK] * (MOST + 1))


def test_a_mark_points_out_its_own_kind_only() -> None:
    assert points_out([MARK], "alike")
    assert not points_out([MARK], "differs")
    assert not points_out([], "alike")
