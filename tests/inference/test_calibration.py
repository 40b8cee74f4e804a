import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.calibration import (
    CalibrationError,
    OddsBasis,
    basis_text,
    calibration_toml,
    odds,
    read_basis,
    read_calibration,
)
from records import canonical
from tests.inference.calibrations import made_calibration, write_calibration

CONTRACT = "c" * 64
MADE = made_calibration(CONTRACT)

sizes = st.integers(1, 1_000_000)
rates = st.floats(1e-6, 0.5)
similarities = st.floats(-1.0, 1.0)


@st.composite
def bases(draw: st.DrawFn) -> OddsBasis:
    """Evidence and both its ends rise with the similarity, as `openlfr calibrate` writes them."""
    evidence, points = -2.0, []
    below, above = draw(st.floats(0.0, 3.0)), draw(st.floats(0.0, 3.0))
    for index, step in enumerate(draw(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=8))):
        evidence += step
        points.append((0.2 + 0.05 * index, evidence, evidence - below, evidence + above))
    return OddsBasis(pack="p", contract=CONTRACT, data="d", points=tuple(points))


def number(value: int | str | None) -> float | None:
    return 0.5 if value == "<1" else None if value is None else float(value)


@given(sizes, sizes, rates, rates)
def test_the_threshold_never_falls_with_a_longer_list_or_a_smaller_target(
    one: int, other: int, rate: float, another: float
) -> None:
    short, long = sorted((one, other))
    small, large = sorted((rate, another))
    assert MADE.threshold_for(short, large).value <= MADE.threshold_for(long, small).value


def test_the_lowest_row_that_covers_list_and_target_gives_the_threshold() -> None:
    assert MADE.threshold_for(6, 1e-2).value == 0.35
    assert MADE.threshold_for(500, 5e-2).value == 0.35
    assert MADE.threshold_for(500, 1e-3).value == 0.41
    assert MADE.threshold_for(1000, 1e-3).value == 0.43


def test_between_and_beyond_the_rows_the_threshold_is_raised_and_says_so() -> None:
    slope = 0.02 / math.log(2)  # the rows rise faster than the tail
    between, beyond = MADE.threshold_for(600, 1e-3), MADE.threshold_for(4000, 1e-3)
    assert between.value == pytest.approx(0.41 + slope * math.log(1.2), abs=1e-4)
    assert beyond.value == pytest.approx(0.43 + slope * math.log(4), abs=1e-4)
    assert between.origin.endswith("raised for FPIR 0.001 and a list of 600")
    assert beyond.origin.endswith("raised for FPIR 0.001 and a list of 4000, extrapolated")
    assert "extrapolated" not in MADE.threshold_for(500, 1e-3).origin
    assert MADE.threshold_for(1000, 1e-3).origin.endswith("extrapolated")


def test_the_origin_of_a_threshold_names_pack_data_and_interval() -> None:
    origin = MADE.threshold_for(500, 1e-3).origin
    assert "pack tiny on made up (300 pictures of 200 people)" in origin
    assert "0.390 to 0.430" in origin


@given(bases(), similarities, similarities, st.integers(1, 20_000), st.floats(1, 1e6))
def test_a_higher_similarity_is_never_wrong_more_often(
    basis: OddsBasis, one: float, other: float, size: int, rare: float
) -> None:
    lower, higher = (odds(basis, at, size, rare) for at in sorted((one, other)))
    for of_lower, of_higher in (
        (number(lower.wrong_in_100), number(higher.wrong_in_100)),
        (number(lower.low), number(higher.low)),
        (number(lower.high), number(higher.high)),
    ):
        assert of_lower is None or of_higher is None or of_higher <= of_lower


@given(bases(), similarities, st.tuples(sizes, sizes), st.tuples(st.floats(1, 1e6), st.floats(1, 1e6)))
def test_a_longer_list_or_rarer_listed_people_are_never_wrong_less_often(
    basis: OddsBasis, at: float, lists: tuple[int, int], rare: tuple[float, float]
) -> None:
    fewer, more = odds(basis, at, min(lists), min(rare)), odds(basis, at, max(lists), max(rare))
    one, other = number(fewer.wrong_in_100), number(more.wrong_in_100)
    assert one is None or other is None or one <= other


@given(bases(), similarities, sizes, st.floats(1, 1e6))
def test_no_alert_is_said_to_be_surely_right_or_surely_wrong(
    basis: OddsBasis, at: float, size: int, rare: float
) -> None:
    found = odds(basis, at, size, rare)
    if found.wrong_in_100 is None:
        assert found.reason
        assert (found.low, found.high, found.origin) == (None, None, "")
        return
    for value in (found.low, found.wrong_in_100, found.high):
        assert value == "<1" or (isinstance(value, int) and 1 <= value <= 99)
    assert (number(found.low) or 0) <= (number(found.wrong_in_100) or 0) <= (number(found.high) or 0)


def test_the_odds_are_those_of_bayes() -> None:
    # 10^3 times as often from a mated comparison; 100 non-mated comparisons for each of 49 strangers to one listed.
    found = odds(MADE.odds_basis, 0.4, 100, 50)
    assert found.wrong_in_100 == round(100 * 4900 / (4900 + 1000)) == 83
    assert odds(MADE.odds_basis, 0.45, 100, 50).wrong_in_100 == round(100 * 4900 / (4900 + 10**4.5)) == 13
    assert odds(MADE.odds_basis, 0.5, 1, 1500).wrong_in_100 == "<1"


def test_above_what_was_measured_the_odds_stay_where_they_are() -> None:
    assert odds(MADE.odds_basis, 0.9, 5000, 1500).wrong_in_100 == odds(MADE.odds_basis, 0.5, 5000, 1500).wrong_in_100


def test_the_sentence_says_where_the_number_comes_from() -> None:
    assert odds(MADE.odds_basis, 0.45, 1322, 1500).origin == (
        "Measured with pack tiny on made up (300 pictures of 200 people), for a list of 1,322 pictures, if one"
        " passer-by in 1,500 is listed."
    )


@pytest.mark.parametrize(
    ("basis", "similarity", "reason"),
    [
        (made_calibration(points=()).odds_basis, 0.5, "no_mated"),
        (MADE.odds_basis, 0.29, "below_measured"),
        (made_calibration(points=((0.3, 5.0, 2.0, 8.0),)).odds_basis, 0.4, "too_uncertain"),
    ],
)
def test_where_the_data_support_no_number_there_is_a_reason(basis: OddsBasis, similarity: float, reason: str) -> None:
    found = odds(basis, similarity, 100, 1500)
    assert (found.wrong_in_100, found.reason) == (None, reason)


@pytest.mark.parametrize(
    ("similarity", "size", "rare"), [(1.1, 10, 10), (0.5, 0, 10), (0.5, 10, 0.9), (math.nan, 1, 1)]
)
def test_arguments_out_of_range_are_refused(similarity: float, size: int, rare: float) -> None:
    with pytest.raises(ValueError, match="no odds"):
        odds(MADE.odds_basis, similarity, size, rare)


def test_what_is_kept_with_a_list_is_canonical_and_comes_back(tmp_path: Path) -> None:
    text = basis_text(MADE.odds_basis)
    assert canonical.encode(canonical.decode(text.encode())).decode() == text
    assert read_basis(text) == MADE.odds_basis
    for broken in (text[:-1], text.replace('"pack"', '"pac"'), text.replace("3.0000", "three")):
        with pytest.raises(CalibrationError, match="cannot be read"):
            read_basis(broken)


def test_a_calibration_file_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_calibration(write_calibration(tmp_path / "calibration.toml", CONTRACT), CONTRACT) == MADE


def test_a_calibration_file_of_other_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="measured with other models"):
        read_calibration(write_calibration(tmp_path / "calibration.toml", CONTRACT), "d" * 64)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("threshold = 0.41", "threshold = 0.31", "changed after it was measured"),
        ("data = ", 'data = "better data" # ', "changed after it was measured"),
        ("[0.4,3.0,", "[0.4,3.1,", "changed after it was measured"),
        ("extrapolated = true", "extrapolated = false", "changed after it was measured"),
        ("format = 1", "format = 2", "format 2"),
        ("fnir = ", "fnri = ", "fnri"),
        ("threshold = 0.41", "threshold = ", "not TOML"),
        ("threshold = 0.41", "threshold = 4.1", "threshold"),
    ],
)
def test_a_calibration_file_that_was_edited_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = calibration_toml(MADE)
    assert old in text
    path = tmp_path / "calibration.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CalibrationError, match=says):
        read_calibration(path, CONTRACT)


def test_any_edited_figure_breaks_the_digest() -> None:
    whole = msgspec.json.decode(msgspec.json.encode(MADE))
    assert MADE.digest
    assert made_calibration("e" * 64).digest != whole["digest"]


def test_the_odds_need_no_models() -> None:
    loads = "import sys, inference.calibration; print(sorted({'onnx', 'onnxruntime', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
