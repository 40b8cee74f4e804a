"""Bins: every value has one, and one only."""

import itertools

import pytest

from wire.histograms import AGE_BOUNDS_MS, SIMILARITY_BINS, age_bin, bounds, similarity_bin


@pytest.mark.parametrize(
    ("similarity", "at"),
    [(-1.0, 0), (-1.000001, 0), (-0.98, 1), (0.0, 50), (0.0199, 50), (0.02, 51), (0.58, 79), (0.999, 99), (1.0, 99)],
)
def test_a_similarity_stands_in_the_bin_that_its_bounds_name(similarity: float, at: int) -> None:
    assert similarity_bin(similarity) == at
    low, high = bounds("similarity", at)
    assert low <= max(similarity, -1.0) < high or at == SIMILARITY_BINS - 1


def test_the_bins_of_similarity_lie_side_by_side_from_minus_one_to_one() -> None:
    spans = [bounds("similarity", at) for at in range(SIMILARITY_BINS)]
    assert (spans[0][0], spans[-1][1]) == (-1.0, 1.0)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    assert [similarity_bin(low) for low, _ in spans] == list(range(SIMILARITY_BINS))


@pytest.mark.parametrize(
    ("ms", "at"), [(0, 0), (10, 0), (10.1, 1), (999, 6), (1000, 6), (1001, 7), (5000, 8), (9e9, 9)]
)
def test_an_age_stands_in_the_bin_that_its_bounds_name(ms: float, at: int) -> None:
    assert age_bin(round(ms * 1e6)) == at
    low, high = bounds("age", at)
    assert low < ms <= high or ms == 0
    assert at <= len(AGE_BOUNDS_MS)
