import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.watchlist.hand_made import owners_of, unit_rows
from watchlist.contradictions import resemblances


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(1, 9), st.floats(-0.5, 0.9), st.integers(0, 99)
)
def test_blocks_find_the_pairs_that_comparing_everything_finds(
    pictures: list[int], block: int, threshold: float, seed: int
) -> None:
    templates, owners = unit_rows(sum(pictures), 4, seed), owners_of(pictures)
    expected: dict[tuple[int, int], float] = {}
    for row in range(len(templates)):
        for other in range(row):
            pair = (int(owners[other]), int(owners[row]))
            similarity = float(templates[row] @ templates[other])
            if pair[0] != pair[1]:
                expected[pair] = max(expected.get(pair, -1.0), similarity)
    clear = {pair: value for pair, value in expected.items() if abs(value - threshold) > 1e-5}
    found = {(pair.first, pair.second): pair.similarity for pair in resemblances(templates, owners, threshold, block)}
    assert {pair for pair, value in clear.items() if value >= threshold} <= found.keys()
    assert not {pair for pair, value in clear.items() if value < threshold} & found.keys()
    assert all(found[pair] == pytest.approx(expected[pair], abs=1e-5) for pair in found)


def test_the_most_similar_pair_comes_first() -> None:
    templates = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    templates[3] = [0.0, 0.8, 0.6]
    found = resemblances(templates, np.arange(4), 0.5)
    assert [(pair.first, pair.second, round(pair.similarity, 3)) for pair in found] == [(0, 1, 1.0), (2, 3, 0.8)]
