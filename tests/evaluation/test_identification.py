"""evaluation.identification against counts by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.identification import curve, gains, points, rank_one_miss
from evaluation.protocol import Trial, draw_trials
from evaluation.searching import Searches, search, threshold_at
from tests.evaluation.made import people

LEVELS = (0.01, 0.05, 0.2, 0.5, 1.0)


def one_trial(seed: int, spread: float = 0.9) -> tuple[Trial, NDArray[np.str_], NDArray[np.float32]]:
    names, templates = people(np.random.default_rng(seed), count=24, pictures=3, spread=spread)
    identities = np.array(names)
    nobody = np.zeros(len(names), bool)
    trial = draw_trials(identities, ~nobody, 9, 1, seed, nobody, 0)[0]
    return trial, identities, templates


def searched(
    trial: Trial,
    identities: NDArray[np.str_],
    templates: NDArray[np.float32],
    acquired: NDArray[np.bool_] | None = None,
) -> Searches:
    numbers = np.unique(identities, return_inverse=True)[1]
    can = np.ones(len(identities), bool) if acquired is None else acquired
    return search(trial, templates, templates, can, numbers)


def by_hand(
    trial: Trial,
    identities: NDArray[np.str_],
    templates: NDArray[np.float32],
    threshold: float,
    acquired: NDArray[np.bool_],
) -> tuple[int, int, int, int]:
    """(false positives, acquired non-mated, true positives, mated), one probe and one reference at a time."""
    false = non_mated = true = mated = 0
    listed = {str(identities[row]) for row in trial.references}
    for probe in trial.probes.tolist():
        best, who = -2.0, ""
        for row in trial.references.tolist():
            score = float(templates[probe] @ templates[row])
            if score > best:
                best, who = score, str(identities[row])
        alarm = bool(acquired[probe]) and best >= threshold
        if identities[probe] in listed:
            mated += 1
            true += alarm and who == identities[probe]
        elif acquired[probe]:
            non_mated += 1
            false += alarm
    return false, non_mated, true, mated


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(-0.2, 0.9), st.floats(0.0, 0.5))
def test_rates_at_a_threshold_equal_a_count_one_by_one(seed: int, threshold: float, lost: float) -> None:
    trial, identities, templates = one_trial(seed)
    acquired = np.random.default_rng(seed).random(len(identities)) >= lost
    point = points([searched(trial, identities, templates, acquired)], 24, (), (threshold,), resamples=2)[0]
    false, non_mated, true, mated = by_hand(trial, identities, templates, threshold, acquired)
    assert point.fpir * non_mated == pytest.approx(false)
    assert point.tpir * mated == pytest.approx(true)
    assert (point.non_mated, point.mated) == (non_mated, mated)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_fnir_never_falls_when_the_threshold_rises(seed: int) -> None:
    trial, identities, templates = one_trial(seed)
    found = points([searched(trial, identities, templates)], 24, (), tuple(np.linspace(-1, 1, 41)), resamples=2)
    tpirs, fpirs = [point.tpir for point in found], [point.fpir for point in found]
    assert tpirs == sorted(tpirs, reverse=True)
    assert fpirs == sorted(fpirs, reverse=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(LEVELS))
def test_a_draws_threshold_keeps_its_target_and_the_next_lower_score_would_not(seed: int, target: float) -> None:
    trial, identities, templates = one_trial(seed)
    searches = searched(trial, identities, templates)
    scores = searches.best[~searches.mated]
    threshold = threshold_at(scores, np.ones(len(scores)), target)
    assert (scores >= threshold).mean() <= target
    below = scores[scores < threshold]
    if len(below):
        assert (scores >= below.max()).mean() > target


def test_a_threshold_heeds_the_weights_of_people() -> None:
    scores, weights = np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.0, 1.0, 2.0, 1.0])
    assert 0.7 < threshold_at(scores, weights, 0.25) <= 0.8
    assert threshold_at(scores, weights, 0.0) > 0.8


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_the_pictures_changes_nothing(seed: int) -> None:
    trial, identities, templates = one_trial(seed)
    order = np.random.default_rng(seed).permutation(len(identities))
    place = np.argsort(order)
    moved = Trial(place[trial.references], trial.owners, place[trial.probes], trial.truth, 0)
    shuffled = np.random.default_rng(seed + 1).permutation(len(trial.probes))
    moved = Trial(moved.references, moved.owners, moved.probes[shuffled], moved.truth[shuffled], 0)
    before = points([searched(trial, identities, templates)], 24, (0.05,), (0.4,), resamples=20)
    after = points([searched(moved, identities[order], templates[order])], 24, (0.05,), (0.4,), resamples=20)
    for one, other in zip(before, after, strict=True):
        assert (one.tpir, one.fpir, one.threshold) == pytest.approx((other.tpir, other.fpir, other.threshold), abs=1e-6)
        assert one.tpir_interval.low == pytest.approx(other.tpir_interval.low, abs=1e-6)


def test_a_swapped_label_lowers_tpir() -> None:
    trial, identities, templates = one_trial(5, spread=0.1)
    right = points([searched(trial, identities, templates)], 24, (), (0.5,), resamples=2)[0]
    assert right.tpir == 1.0
    one, other = np.flatnonzero(trial.truth == 0)[0], np.flatnonzero(trial.truth == 1)[0]
    truth = trial.truth.copy()
    truth[[one, other]] = truth[[other, one]]
    swapped = Trial(trial.references, trial.owners, trial.probes, truth, 0)
    wrong = points([searched(swapped, identities, templates)], 24, (), (0.5,), resamples=2)[0]
    assert wrong.tpir == pytest.approx(1.0 - 2 / wrong.mated)


def test_what_was_not_acquired_is_a_miss_unless_it_is_left_out() -> None:
    trial, identities, templates = one_trial(5, spread=0.1)
    acquired = np.ones(len(identities), bool)
    lost = trial.probes[np.flatnonzero(trial.truth >= 0)[:4]]
    acquired[lost] = False
    point = points([searched(trial, identities, templates, acquired)], 24, (), (0.5,), resamples=2)[0]
    assert point.tpir == pytest.approx(1.0 - 4 / point.mated)
    assert point.tpir_acquired == 1.0


def test_an_entry_is_as_similar_as_its_best_picture() -> None:
    templates = np.array([[1, 0], [0, 1], [0.6, 0.8], [0, 1]], np.float32)
    trial = Trial(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([3]), np.array([0]), 0)
    found = search(trial, templates, templates, np.ones(4, bool), np.zeros(4, np.intp))
    assert found.best[0] == found.own[0] == 1.0
    assert found.right[0]


def test_the_curve_goes_through_the_points() -> None:
    trial, identities, templates = one_trial(7)
    searches = [searched(trial, identities, templates)]
    drawn = curve(searches, 24, LEVELS, resamples=20)
    found = points(searches, 24, LEVELS, resamples=20)
    assert drawn.fnir == pytest.approx([1.0 - point.tpir for point in found])
    assert list(drawn.fnir) == sorted(drawn.fnir, reverse=True)


def test_rank_one_miss_is_what_no_threshold_can_mend() -> None:
    trial, identities, templates = one_trial(9, spread=1.5)
    searches = searched(trial, identities, templates)
    lowest = points([searches], 24, (), (-1.0,), resamples=2)[0]
    assert 0.0 < rank_one_miss([searches]) == pytest.approx(1.0 - lowest.tpir)


def test_an_interval_reaches_beyond_zero_where_nothing_was_seen() -> None:
    trial, identities, templates = one_trial(5, spread=0.1)
    point = points([searched(trial, identities, templates)], 24, (), (0.999999,), resamples=20)[0]
    assert point.fpir == 0.0
    assert point.fpir_interval.high > 0.01


def test_a_path_gains_nothing_over_itself_and_something_over_one_that_loses_probes() -> None:
    trial, identities, templates = one_trial(5, spread=0.1)
    acquired = np.ones(len(identities), bool)
    acquired[trial.probes[np.flatnonzero(trial.truth >= 0)[:9]]] = False
    whole, part = searched(trial, identities, templates), searched(trial, identities, templates, acquired)
    (same,) = gains([whole], [whole], 24, (), (0.5,), resamples=50)
    assert (same.value, same.interval.low, same.interval.high) == (0.0, 0.0, 0.0)
    (better,) = gains([whole], [part], 24, (), (0.5,), resamples=50)
    assert better.value == pytest.approx(9 / 18)
    assert 0.0 < better.interval.low < better.value < better.interval.high
