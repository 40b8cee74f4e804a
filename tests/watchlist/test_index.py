import threading

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.watchlist.hand_made import AT, CONTRACT, enrolment, owners_of, unit_rows
from watchlist.errors import BadTemplates
from watchlist.hnsw import HnswIndex
from watchlist.index import ExactIndex, Gallery, Index
from watchlist.list_file import build_list
from watchlist.templates import Templates

pytest.importorskip("hnswlib", reason="hnswlib is not installed (it needs a C++ compiler)")

ENGINES = pytest.mark.parametrize("engine", [ExactIndex, HnswIndex])


def brute_force(templates: Templates, owners: npt.NDArray[np.intp], query: npt.NDArray[np.float32]) -> dict[int, float]:
    """Each subject's similarity, by the definition."""
    best: dict[int, float] = {}
    for row, owner in zip(templates.astype(np.float64), owners, strict=True):
        best[int(owner)] = max(best.get(int(owner), -2.0), float(row @ query.astype(np.float64)))
    return best


@ENGINES
@settings(max_examples=60, deadline=None)
@given(
    pictures=st.lists(st.integers(1, 8), min_size=1, max_size=30),
    dimension=st.integers(2, 24),
    queries=st.integers(0, 6),
    k=st.integers(1, 8),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_answers_are_those_of_brute_force(
    engine: type[Index], pictures: list[int], dimension: int, queries: int, k: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    owners = draw.permutation(owners_of(pictures))
    templates, looks = unit_rows(len(owners), dimension, seed), unit_rows(queries, dimension, seed + 1)
    # ef as large as the list: the graph's search is then complete, and the rest of the engine is what is tested.
    gallery = Gallery(templates, owners)
    index: Index = HnswIndex(gallery, ef=len(owners)) if engine is HnswIndex else ExactIndex(gallery)
    found = index.search(looks, k)
    assert found.subjects.shape == found.rows.shape == found.similarities.shape == (queries, min(k, len(pictures)))
    for look, subjects, rows, similarities in zip(looks, found.subjects, found.rows, found.similarities, strict=True):
        truth = brute_force(templates, owners, look)
        assert similarities == pytest.approx(sorted(truth.values(), reverse=True)[:k], abs=1e-5)
        assert similarities == pytest.approx([truth[int(subject)] for subject in subjects], abs=1e-5)
        assert similarities == pytest.approx(templates[rows] @ look, abs=1e-5)
        assert (owners[rows] == subjects).all()
        assert len(set(subjects.tolist())) == len(subjects)


@ENGINES
def test_a_subject_with_many_pictures_takes_one_place_only(engine: type[Index]) -> None:
    mate = unit_rows(1, 16, 1)
    templates = np.concatenate([np.repeat(mate, 8, axis=0), unit_rows(20, 16, 2)])
    owners = np.concatenate([np.zeros(8), np.arange(1, 21)]).astype(np.intp)
    found = engine(Gallery(templates, owners)).search(mate, 5)  # type: ignore[call-arg]
    assert found.subjects[0, 0] == 0
    assert found.similarities[0, 0] == pytest.approx(1.0)
    assert 0 not in found.subjects[0, 1:]


@ENGINES
def test_templates_that_cannot_be_compared_are_refused(engine: type[Index]) -> None:
    index = engine(Gallery(unit_rows(5, 16, 0), owners_of([1] * 5)))  # type: ignore[call-arg]
    nan = np.full((1, 16), np.nan, np.float32)
    for bad in (unit_rows(1, 8, 0), unit_rows(1, 16, 0) * 2, nan, unit_rows(1, 16, 0)[0]):
        with pytest.raises(BadTemplates):
            index.search(bad)
    with pytest.raises(ValueError, match="k is 0"):
        index.search(unit_rows(1, 16, 0), 0)


def test_a_gallery_without_templates_or_with_a_gap_is_refused() -> None:
    with pytest.raises(BadTemplates):
        Gallery(np.empty((0, 16), np.float32), [])
    with pytest.raises(BadTemplates, match="subject 1 has no template"):
        Gallery(unit_rows(2, 16, 0), [0, 2])
    with pytest.raises(BadTemplates, match="2 templates for 1 pictures"):
        Gallery(unit_rows(2, 16, 0), [0])


def test_a_gallery_is_numbered_as_the_list_that_it_is_of() -> None:
    made = build_list(enrolment([2, 1, 3], dimension=16), contract=CONTRACT, created_at=AT)
    index = ExactIndex(Gallery.of(made))
    assert (index.name, index.size, index.dimension) == ("exact", 6, 16)
    found = index.search(made.templates, 1)
    for row, (subject, best) in enumerate(zip(found.subjects[:, 0], found.rows[:, 0], strict=True)):
        assert best == row
        assert row in [reference.row for reference in made.subjects[subject].pictures]


@ENGINES
def test_many_threads_searching_at_once_get_the_answers_of_one(engine: type[Index]) -> None:
    index = engine(Gallery(unit_rows(400, 32, 0), owners_of([2] * 200)))  # type: ignore[call-arg]
    looks = unit_rows(40, 32, 9)
    alone = index.search(looks)
    together = {}

    def search(name: int) -> None:
        together[name] = index.search(looks)

    threads = [threading.Thread(target=search, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 6
    assert all((other.subjects == alone.subjects).all() for other in together.values())


def test_a_graph_that_falls_apart_is_still_answered() -> None:
    # 2,000 equal templates link only to one another, and hnswlib finds fewer neighbours than it is asked for.
    same = np.repeat(unit_rows(1, 16, 0), 2000, axis=0)
    templates = np.concatenate([same, unit_rows(100, 16, 1)])
    index = HnswIndex(Gallery(templates, owners_of([8] * 250 + [1] * 100)), m=2, ef_construction=2, ef=1)
    found = index.search(unit_rows(20, 16, 1), 300)
    assert found.subjects.shape == (20, 300)


def test_a_batch_larger_than_a_block_is_searched_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    index = ExactIndex(Gallery(unit_rows(50, 16, 0), owners_of([2] * 25)))
    looks = unit_rows(31, 16, 1)
    whole = index.search(looks)
    monkeypatch.setattr("watchlist.index._BLOCK", 200)
    parts = index.search(looks)
    assert (whole.subjects == parts.subjects).all()
    assert parts.similarities == pytest.approx(whole.similarities, abs=1e-6)
