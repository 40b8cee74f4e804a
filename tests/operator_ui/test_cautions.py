"""What speaks against trusting an alert, in words that say no more than was measured."""

from datetime import date

import msgspec
import pytest

from inference.calibration import OddsBasis, odds
from operator_ui.cautions import age_warning, odds_in_words, quality_warnings
from wire.messages import LookMeasures

GOOD = LookMeasures(eye_distance=41.5, turn=-0.1, score=0.93, sharpness=0.11, brightness=120.0, contrast=38.0)
BASIS = OddsBasis(pack="mine", contract="c", data="12 people", points=((0.4, 1.0, 0.9, 1.1), (0.6, 4.0, 3.9, 4.1)))
UNMEASURED = "has not been measured on this rig"


def codes(**changes: float) -> list[str]:
    return [found.code for found in quality_warnings(msgspec.to_builtins(msgspec.structs.replace(GOOD, **changes)))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"score": 0.6}, "covered"),
        ({"eye_distance": 20.0}, "small"),
        ({"turn": 0.6}, "turned"),
        ({"turn": -0.6}, "turned"),
        ({"sharpness": 0.02}, "blurred"),
        ({"brightness": 40.0}, "dark"),
        ({"brightness": 220.0}, "bright"),
        ({"contrast": 10.0}, "flat"),
    ],
)
def test_each_fault_of_a_picture_has_its_warning(changes: dict[str, float], code: str) -> None:
    assert codes(**changes) == [code]


def test_a_good_picture_has_no_warning_and_a_bad_one_has_all() -> None:
    assert codes() == []
    assert codes(score=0.5, eye_distance=15.0, turn=1.0, sharpness=0.01, brightness=30.0) == [
        "covered",
        "small",
        "turned",
        "blurred",
        "dark",
    ]


def test_a_warning_says_what_it_means() -> None:
    covered, small = quality_warnings(msgspec.to_builtins(msgspec.structs.replace(GOOD, score=0.5, eye_distance=22.4)))
    assert "more than double people's errors" in covered.meaning
    assert small.words == "Small face: 22 pixels between the eyes."
    assert all(found.meaning for found in (covered, small))


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (["2014-05-01"], "The picture is 12 years old."),
        (["2014-05-01", "2010-01-01", None], "The newest picture is 12 years old."),
    ],
)
def test_old_pictures_are_named_by_the_age_of_the_newest(taken: list[str | None], words: str) -> None:
    found = age_warning(taken, date(2026, 11, 23), 10)
    assert found is not None
    assert (found.code, found.words) == ("old_pictures", words)


@pytest.mark.parametrize("taken", [[], [None], ["2016-11-24"], ["2001-01-01", "2026-01-01"]])
def test_pictures_within_the_policys_years_are_not_called_old(taken: list[str | None]) -> None:
    assert age_warning(taken, date(2026, 11, 23), 10) is None


def test_the_odds_are_those_of_the_calibration_and_say_where_they_come_from() -> None:
    told = odds_in_words(odds(BASIS, 0.5, 100, 11))
    # 100 x 10 searches of strangers for each mate, over evidence of 10 to the 2.5.
    assert (told.wrong_in_100, told.words) == (76, "Of 100 alerts like this about 76 are wrong.")
    for part in ("mine", "12 people", "100 reference pictures", "one passer-by in 11", f"between {told.low} and"):
        assert part in told.source


def test_odds_of_one_and_of_less_than_one_are_said_in_good_english() -> None:
    sharp = msgspec.structs.replace(BASIS, points=((0.4, 4.9, 4.8, 5.0), (0.6, 7.0, 6.9, 7.1)))
    assert odds_in_words(odds(sharp, 0.4, 100, 11)).words == "Of 100 alerts like this about 1 is wrong."
    assert odds_in_words(odds(sharp, 0.6, 100, 11)).words == "Of 100 alerts like this fewer than 1 is wrong."


def test_where_nothing_was_measured_no_number_is_given() -> None:
    told = odds_in_words(None)
    assert UNMEASURED in told.words
    assert (told.wrong_in_100, told.low, told.high) == (None, None, None)
    for basis, similarity in (
        (BASIS, 0.2),
        (msgspec.structs.replace(BASIS, points=()), 0.5),
        (msgspec.structs.replace(BASIS, points=((0.4, 3.0, 0.0, 6.0),)), 0.5),
    ):
        unknown = odds_in_words(odds(basis, similarity, 100, 11))
        assert unknown.wrong_in_100 is None
        assert "Of 100" not in unknown.words
        assert not any(letter.isdigit() for letter in unknown.words)
