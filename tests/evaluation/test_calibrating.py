"""The figures of a calibration against what is known: people drawn on a sphere, where every rate has a formula."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import betainc  # type: ignore[import-untyped]

from evaluation.all_pairs import Scores, compare
from evaluation.calibrating import calibrate
from inference.calibration import Calibration, CalibrationError, odds
from tests.evaluation.made import unit_rows

DIMENSION = 64
SEEDS = range(8)


def drawn(people: int, pictures: int = 2, seed: int = 0, noise: float = 0.9) -> tuple[NDArray[np.float32], list[str]]:
    """Templates of people evenly spread over the sphere; pictures of one person lie about their middle."""
    random = np.random.default_rng(seed)
    middles = np.repeat(unit_rows(random, people, DIMENSION), pictures, axis=0)
    rows = middles + noise / math.sqrt(DIMENSION) * random.normal(size=middles.shape)
    templates = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
    return templates, [f"person {row // pictures}" for row in range(len(rows))]


def match_rate(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the sphere within this cosine of a point: the false match rate."""
    rate: NDArray[np.float64] = 0.5 * betainc((DIMENSION - 1) / 2, 0.5, 1 - similarity**2)
    return rate


def true_threshold(list_size: int, fpir: float) -> float:
    grid = np.linspace(0.0, 0.95, 10_000)
    wanted = -math.expm1(math.log1p(-fpir) / list_size)
    return float(np.interp(-math.log(wanted), -np.log(match_rate(grid)), grid))


def made(scores: Scores, draws: int = 60, seed: int = 1) -> Calibration:
    return calibrate(
        scores,
        pack="p",
        contract="c" * 64,
        data="d",
        lists=(500, 1000, 9756),
        targets=(1e-1, 1e-2, 1e-3),
        draws=draws,
        seed=seed,
    )


@pytest.fixture(scope="module")
def calibrations() -> list[Calibration]:
    return [made(compare(*drawn(600, seed=seed))) for seed in SEEDS]


def test_the_intervals_cover_the_true_thresholds_most_times(calibrations: list[Calibration]) -> None:
    for rows in zip(*(calibration.threshold for calibration in calibrations), strict=True):
        truth = true_threshold(rows[0].list_size, rows[0].fpir)
        covered = sum(row.interval[0] <= truth <= row.interval[1] for row in rows)
        assert covered >= 5, (rows[0].list_size, rows[0].fpir, truth)


def test_what_is_extrapolated_errs_towards_higher_thresholds(calibrations: list[Calibration]) -> None:
    for rows in zip(*(calibration.threshold for calibration in calibrations), strict=True):
        truth = true_threshold(rows[0].list_size, rows[0].fpir)
        assert np.mean([row.threshold for row in rows]) >= truth - 0.005
        assert sum(row.interval[1] >= truth for row in rows) >= 7


def test_what_was_not_seen_is_marked_as_extrapolated(calibrations: list[Calibration]) -> None:
    for seed, calibration in zip(SEEDS, calibrations, strict=True):
        tenth = compare(*drawn(600, seed=seed)).most_alike(10)[-1][2]
        for row in calibration.threshold:
            if abs(row.threshold - tenth) > 0.002:  # rounded
                assert row.extrapolated == (row.threshold > tenth or row.list_size > 599)
        assert {row.extrapolated for row in calibration.threshold} == {False, True}
        assert calibration.measured_lists == 599


def test_thresholds_rise_with_the_list_and_with_the_target(calibrations: list[Calibration]) -> None:
    for calibration in calibrations:
        value = {(row.list_size, row.fpir): row.threshold for row in calibration.threshold}
        for fpir in (1e-1, 1e-2, 1e-3):
            assert value[500, fpir] < value[1000, fpir] < value[9756, fpir]
        for size in (500, 1000, 9756):
            assert value[size, 1e-1] < value[size, 1e-2] < value[size, 1e-3]
        assert all(row.interval[0] <= row.threshold <= row.interval[1] for row in calibration.threshold)


def test_the_odds_rise_with_nothing_but_a_lower_similarity(calibrations: list[Calibration]) -> None:
    for calibration in calibrations:
        assert len(calibration.points) > 10
        for one, other in pairwise(calibration.points):
            assert one[0] < other[0]
            assert all(before <= after for before, after in zip(one[1:], other[1:], strict=True))
        assert all(low <= best <= high for _, best, low, high in calibration.points)


def test_the_odds_do_not_rise_either_where_few_mated_comparisons_lie() -> None:
    """Half of the people look the same in both pictures (0.9), half hardly (0.45), and nothing lies between."""
    random = np.random.default_rng(2)
    one, across = unit_rows(random, 300, 12), unit_rows(random, 300, 12)
    across -= (across * one).sum(axis=1, keepdims=True) * one
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    cosine = np.where(np.arange(300) % 2, 0.45, 0.9)[:, None]
    both = np.stack([one, cosine * one + np.sqrt(1 - cosine**2) * across], axis=1).reshape(600, 12)
    points = made(compare(both.astype(np.float32), [str(row // 2) for row in range(600)]), draws=20).points
    assert any(before[1] == after[1] for before, after in pairwise(points))
    for before, after in pairwise(points):
        assert all(lower <= higher for lower, higher in zip(before[1:], after[1:], strict=True))


def test_the_fpir_of_a_list_is_that_of_lists_that_were_drawn() -> None:
    templates, identities = drawn(130, pictures=3, seed=3)
    templates[2:60:3] = templates[0:58:3]  # uneven: some people have the same picture twice
    calibration = calibrate(
        compare(templates, identities), pack="p", contract="c", data="d", lists=(500,), targets=(0.3,), draws=2
    )
    row = calibration.threshold[0]
    # 500 of 129 others: the rate of the longest list, all of them, times 500 / 129.
    person = np.arange(len(templates)) // 3
    random = np.random.default_rng(4)
    alarms = []
    for _ in range(400):
        gallery = np.array([3 * one + random.integers(3) for one in range(130)])
        scores = templates @ templates[gallery].T
        scores[person[:, None] == person[gallery][None, :]] = -1.0
        alarms.append((scores.max(axis=1) >= row.threshold).mean())
    assert float(np.mean(alarms)) * 500 / 129 == pytest.approx(0.3, rel=0.15)


def test_shares_of_mated_comparisons_are_counted_by_person() -> None:
    templates, identities = drawn(150, seed=5)
    scores = compare(templates, identities)
    own = (templates[0::2] * templates[1::2]).sum(axis=1)
    calibration = made(scores, draws=40)
    for row in calibration.threshold:
        assert row.fnir == pytest.approx(float((own < row.threshold).mean()), abs=0.02)
        assert row.fnir_interval[0] <= row.fnir <= row.fnir_interval[1]
    median = next(quantile for quantile in calibration.mated if quantile.share == 0.5)
    assert median.similarity == pytest.approx(float(np.median(own)), abs=0.02)
    assert scores.mated_people == calibration.mated_people == 150


def test_a_person_with_many_pictures_counts_no_more_than_another() -> None:
    templates, identities = drawn(150, seed=6)
    often = np.concatenate([templates, np.repeat(templates[:2], 40, axis=0)])
    few, many = (
        made(compare(rows, names), draws=2).threshold
        for rows, names in ((templates, identities), (often, identities + ["person 0"] * 80))
    )
    for one, other in zip(few, many, strict=True):
        assert one.threshold == pytest.approx(other.threshold, abs=0.02)
        assert one.fnir == pytest.approx(other.fnir, abs=0.1)


def test_a_few_people_under_two_names_do_not_draw_the_tail_after_them() -> None:
    templates, identities = drawn(600, seed=7)
    clean = made(compare(templates, identities), draws=2)
    for person in range(5):
        templates[2 * person + 600] = templates[2 * person]
    spoilt = made(compare(templates, identities), draws=2)
    highest = [value for _, _, value in compare(templates, identities).most_alike(spoilt.tail.pairs)]
    assert np.mean(highest) - spoilt.tail.start > 1.8 * clean.tail.scale  # the mean excess would double the scale
    assert spoilt.tail.scale < 1.5 * clean.tail.scale


def test_the_odds_are_right_where_the_truth_is_known(calibrations: list[Calibration]) -> None:
    """Alerts of a passing crowd, 1 in 100 of them listed, on a list of 50, in a band of similarities."""
    random = np.random.default_rng(8)
    middles = unit_rows(random, 40_000, DIMENSION)
    looks, references = (
        middles + 0.9 / math.sqrt(DIMENSION) * random.normal(size=middles.shape).astype(np.float32) for _ in range(2)
    )
    mated = (looks * references).sum(axis=1) / np.linalg.norm(looks, axis=1) / np.linalg.norm(references, axis=1)
    for low, high in ((0.46, 0.48), (0.5, 0.52)):
        true = 0.01 * float(((mated >= low) & (mated < high)).mean())
        false = 0.99 * 50 * float(match_rate(np.array(low)) - match_rate(np.array(high)))
        wrong = 100 * false / (true + false)
        told = [odds(calibration.odds_basis, (low + high) / 2, 50, 100) for calibration in calibrations]
        inside = 0
        for one in told:
            least, best, most = (
                0.0 if value == "<1" else float(value or 0) for value in (one.low, one.wrong_in_100, one.high)
            )
            inside += least - 1 <= wrong <= most + 1
            assert best == pytest.approx(wrong, abs=25)
        assert inside >= 6, (wrong, told)


def test_the_same_pictures_give_the_same_calibration_and_another_seed_only_other_intervals() -> None:
    scores = compare(*drawn(120, seed=9))
    one, same, other = made(scores, 10), made(scores, 10), made(scores, 10, seed=2)
    assert one == same
    assert one.digest != other.digest
    assert [row.threshold for row in one.threshold] == [row.threshold for row in other.threshold]


def test_lists_shorter_than_500_keep_its_threshold() -> None:
    calibration = calibrate(
        compare(*drawn(120, seed=9)), pack="p", contract="c", data="d", lists=(2, 50, 700), targets=(1e-3,), draws=2
    )
    assert [row.list_size for row in calibration.threshold] == [500, 700]
    assert calibration.threshold_for(2).value == calibration.threshold_for(500).value


@pytest.mark.parametrize(("people", "pictures"), [(99, 2), (200, 1)])
def test_too_few_people_give_no_calibration(people: int, pictures: int) -> None:
    with pytest.raises(CalibrationError, match="needs at least 100 and 30"):
        compare(*drawn(people, pictures))


def test_people_who_are_all_alike_give_no_calibration() -> None:
    _, identities = drawn(120)
    with pytest.raises(CalibrationError, match="too few people resemble each other"):
        made(compare(np.tile(np.eye(1, DIMENSION, dtype=np.float32), (240, 1)), identities))
