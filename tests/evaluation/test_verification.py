"""evaluation.verification against counts pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.verification import bin_start, compare, roc, verified
from tests.evaluation.made import people, unit_rows

TARGETS = (0.5, 0.1, 0.01)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.0, 0.4))
def test_rates_equal_a_count_pair_by_pair(seed: int, lost: float) -> None:
    random = np.random.default_rng(seed)
    names, templates = people(random, 8, 3, spread=0.8)
    numbers = np.unique(names, return_inverse=True)[1]
    acquired = random.random(len(names)) >= lost
    usable = random.random(len(names)) >= 0.3
    probing = random.random(len(names)) >= 0.2
    pairs = compare(templates, usable, templates, probing, acquired, numbers)
    mated = accepted = non_mated = false = 0
    threshold = verified(pairs, TARGETS, resamples=2)[1].threshold
    for a in np.flatnonzero(usable).tolist():
        for b in np.flatnonzero(probing).tolist():
            if a == b:
                continue
            over = bool(acquired[b]) and float(templates[a] @ templates[b]) >= threshold
            if names[a] == names[b]:
                mated, accepted = mated + 1, accepted + over
            elif acquired[b]:
                non_mated, false = non_mated + 1, false + over
    at = verified(pairs, TARGETS, resamples=2)[1]
    assert roc(pairs).mated == mated
    assert roc(pairs).non_mated == non_mated
    assert at.false_accepts == false <= 0.1 * non_mated
    if mated:
        assert at.tar == pytest.approx(accepted / mated)


def test_a_stricter_target_never_accepts_more() -> None:
    random = np.random.default_rng(1)
    names, templates = people(random, 30, 3, spread=1.2)
    numbers = np.unique(names, return_inverse=True)[1]
    everything = np.ones(len(names), bool)
    pairs = compare(templates, everything, templates, everything, everything, numbers)
    found = verified(pairs, TARGETS, resamples=50)
    assert [each.tar for each in found] == sorted((each.tar for each in found), reverse=True)
    assert all(each.interval.low <= each.tar <= each.interval.high for each in found)
    curve = roc(pairs)
    assert list(curve.far) == sorted(curve.far, reverse=True)
    assert list(curve.frr) == sorted(curve.frr)


def test_chance_has_an_equal_error_rate_of_a_half_and_perfection_of_nought() -> None:
    random = np.random.default_rng(2)
    everything = np.ones(200, bool)
    numbers = np.repeat(np.arange(50), 4)
    chance = unit_rows(random, 200)
    assert roc(compare(chance, everything, chance, everything, everything, numbers)).equal_error_rate == pytest.approx(
        0.5, abs=0.05
    )
    perfect = np.repeat(np.eye(50, dtype=np.float32), 4, axis=0)
    assert roc(compare(perfect, everything, perfect, everything, everything, numbers)).equal_error_rate == 0.0


def test_bins_begin_where_they_say() -> None:
    assert bin_start(0) == -1.0
    assert bin_start(10_000) == 0.0
