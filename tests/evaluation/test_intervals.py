"""evaluation.intervals: exact intervals, the bootstrap over people, and when there is too little to say."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]

from evaluation.intervals import Interval, Proportion, bootstrap, clopper_pearson, too_few, widest


@given(st.integers(1, 5000), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_exact_interval_is_that_of_scipy(of: int, data: st.DataObject, level: float) -> None:
    hits = data.draw(st.integers(0, of))
    expected = binomtest(hits, of).proportion_ci(level, method="exact")
    found = clopper_pearson(hits, of, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_without_a_trial_nothing_is_known() -> None:
    assert clopper_pearson(0, 0) == Interval(0.0, 1.0)
    assert math.isnan(Proportion(0, 0).value)


def test_a_proportion_lies_in_its_interval() -> None:
    share = Proportion(3, 40)
    assert share.interval.low < share.value == 0.075 < share.interval.high


@pytest.mark.parametrize(("hits", "of"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="hits in"):
        clopper_pearson(hits, of)


def mean(groups: Sequence[Sequence[float]]) -> float:
    return float(np.mean([value for group in groups for value in group]))


def test_the_bootstrap_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    covered = 0
    for seed in range(100):
        groups = [[float(random.normal())] * 4 for _ in range(40)]
        interval = bootstrap(groups, mean, draws=200, seed=seed)
        covered += interval.low <= 0.0 <= interval.high
    assert 85 <= covered <= 100


def test_pictures_of_one_person_count_as_one_draw() -> None:
    """The same values: ten people with ten equal pictures each say less than a hundred people."""
    values = np.linspace(0.0, 1.0, 10).tolist()
    few = bootstrap([[value] * 10 for value in values], mean, draws=300)
    many = bootstrap([[value] for value in values * 10], mean, draws=300)
    assert few.high - few.low > 2 * (many.high - many.low)


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    groups = [[float(value)] for value in range(30)]
    assert bootstrap(groups, mean, 50, seed=1) == bootstrap(groups, mean, 50, seed=1)
    assert bootstrap(groups, mean, 50, seed=1) != bootstrap(groups, mean, 50, seed=2)


def test_a_bootstrap_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="needs people"):
        bootstrap([], mean)


def test_the_widest_interval_passes_over_what_is_not_known() -> None:
    assert widest(Interval(0.2, 0.3), Interval(0.1, 0.25), Interval(math.nan, math.nan)) == Interval(0.1, 0.3)


@pytest.mark.parametrize(("events", "trials", "few"), [(9, 1000, True), (10, 1000, False), (20, 29, True)])
def test_few_events_or_few_trials_are_too_few_to_say(events: int, trials: int, few: bool) -> None:
    assert too_few(events, trials) is few
