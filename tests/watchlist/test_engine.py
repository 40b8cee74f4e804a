import sys
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from tests.watchlist.hand_made import AT, CONTRACT, enrolment, owners_of, unit_rows
from watchlist.engine import choose_engine, probes_at, recall
from watchlist.hnsw import HnswIndex, HnswUnavailable, load_library
from watchlist.index import ExactIndex, Gallery, Matches
from watchlist.list_file import build_list
from watchlist.templates import Templates

pytest.importorskip("hnswlib", reason="hnswlib is not installed (it needs a C++ compiler)")


@pytest.fixture(scope="module")
def many() -> Gallery:
    return Gallery(unit_rows(5000, 128, 3), owners_of([1] * 5000))


def test_a_probe_has_exactly_the_similarity_asked_for_and_is_of_unit_length() -> None:
    references = unit_rows(50, 512, 0)
    looks = probes_at(references, 0.55, 120, seed=4)
    mates = (looks @ references.T).max(axis=1)
    assert mates == pytest.approx(np.full(120, 0.55), abs=1e-5)
    assert np.linalg.norm(looks, axis=1) == pytest.approx(np.ones(120), abs=1e-5)
    assert (probes_at(references, 0.55, 120, seed=4) == looks).all()
    assert not (probes_at(references, 0.55, 120, seed=5) == looks).all()


def test_every_reference_is_probed_before_one_is_probed_twice() -> None:
    references = unit_rows(100, 512, 0)
    mates = (probes_at(references, 0.9, 100, seed=1) @ references.T).argmax(axis=1)
    assert sorted(mates) == list(range(100))


def test_recall_counts_every_subject_over_the_threshold_and_the_best_one_below_it() -> None:
    truth = matches([[1, 2, 3], [4, 5, 6]], [[0.7, 0.6, 0.1], [0.3, 0.2, 0.1]])
    assert recall(truth, truth, 0.5) == 1.0
    assert recall(truth, matches([[1, 3, 9], [4, 9, 9]]), 0.5) == 0.5  # misses subject 2
    assert recall(truth, matches([[2, 1, 9], [9, 5, 6]]), 0.5) == 0.5  # misses the best of the second
    assert recall(truth, matches([[1, 3, 9], [9, 5, 6]]), 0.5) == 0.0
    assert recall(truth, matches([[1, 9, 9], [4, 9, 9]]), 0.65) == 1.0


def matches(subjects: list[list[int]], similarities: list[list[float]] | None = None) -> Matches:
    names = np.array(subjects, np.intp)
    return Matches(names, names, np.array(similarities or np.zeros(names.shape), np.float32))


def test_a_graph_that_looks_at_too_little_misses_near_the_threshold_and_the_engine_looks_at_more(many: Gallery) -> None:
    looks = probes_at(many.matrix, 0.45, 200, seed=8)
    truth = ExactIndex(many).search(looks)
    hasty = HnswIndex(many, ef=16)
    assert recall(truth, hasty.search(looks), 0.45) < 0.8
    # The templates themselves are all found: a test with them would have seen nothing.
    themselves = hasty.search(many.matrix[:200], 1).subjects[:, 0]
    assert (themselves == np.arange(200)).mean() > 0.98

    chosen = choose_engine(many, 0.45, prefer="hnsw", probes=200, seed=8)
    report = chosen.report
    assert report.trials[0].recall < 1.0
    assert [trial.ef for trial in report.trials] == [64 * 2**step for step in range(len(report.trials))]
    assert report.engine == chosen.index.name == "hnsw"
    assert report.recall == 1.0
    assert report.recall_at_least == pytest.approx(0.985)
    assert isinstance(chosen.index, HnswIndex)
    assert chosen.index.ef == report.ef == report.trials[-1].ef > 64
    found = chosen.index.search(looks)
    assert recall(truth, found, 0.45) == 1.0
    assert found.similarities[:, 0] == pytest.approx(truth.similarities[:, 0], abs=1e-5)


def test_exact_serves_where_hnsw_misses_whatever_it_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind(HnswIndex):
        """A graph that never finds subject 7."""

        def search(self, templates: Templates, k: int = 5) -> Matches:
            found = super().search(templates, k)
            return replace(found, subjects=np.where(found.subjects == 7, 8, found.subjects))

    monkeypatch.setattr("watchlist.engine.HnswIndex", Blind)
    chosen = choose_engine(Gallery(unit_rows(200, 64, 0), owners_of([1] * 200)), 0.6, prefer="hnsw")
    assert (chosen.index.name, chosen.report.engine, chosen.report.ef) == ("exact", "exact", None)
    assert chosen.report.recall is not None
    assert 0.9 < chosen.report.recall < 1.0
    assert chosen.report.recall_at_least is None
    assert [trial.ef for trial in chosen.report.trials] == [64, 128, 200]
    assert "still missed" in chosen.report.reason


def test_exact_serves_where_hnswlib_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    with pytest.raises(HnswUnavailable, match="not installed"):
        load_library()
    for prefer in ("auto", "hnsw"):
        chosen = choose_engine(Gallery(unit_rows(20, 64, 0), owners_of([2] * 10)), 0.6, prefer=prefer)
        assert isinstance(chosen.index, ExactIndex)
        assert "hnswlib is not installed" in chosen.report.reason
        assert chosen.report.probes == 0


def test_exact_serves_without_a_test_where_it_is_configured() -> None:
    chosen = choose_engine(Gallery(unit_rows(20, 64, 0), owners_of([2] * 10)), 0.6, prefer="exact")
    assert isinstance(chosen.index, ExactIndex)
    assert chosen.report.trials == ()


@pytest.mark.parametrize(("hnsw_ms", "serves"), [(0.9, "hnsw"), (1.0, "exact"), (1.1, "exact")])
def test_auto_takes_hnsw_only_where_it_is_complete_and_faster(
    many: Gallery, monkeypatch: pytest.MonkeyPatch, hnsw_ms: float, serves: str
) -> None:
    times = {"exact": 1.0, "hnsw": hnsw_ms}
    monkeypatch.setattr("watchlist.engine._median_ms", lambda index, looks: times[index.name])
    chosen = choose_engine(many, 0.45, probes=100)
    report = chosen.report
    assert (chosen.index.name, report.engine) == (serves, serves)
    assert (report.exact_ms, report.hnsw_ms) == (1.0, hnsw_ms)
    if serves == "hnsw":
        assert [trial.recall == 1.0 for trial in report.trials] == [False] * (len(report.trials) - 1) + [True]
    else:
        assert len(report.trials) == 1
        assert "not faster" in report.reason


def test_auto_measures_both_engines(many: Gallery) -> None:
    report = choose_engine(many, 0.45, probes=100).report
    assert report.exact_ms > 0
    assert report.hnsw_ms is not None
    assert report.hnsw_ms > 0


def test_an_engine_is_chosen_for_a_built_list_and_its_report_can_be_logged() -> None:
    made = build_list(enrolment([2, 1, 8], dimension=32), contract=CONTRACT, created_at=AT)
    report = choose_engine(made, 0.4).report
    assert (report.subjects, report.templates, report.dimension, report.threshold) == (3, 11, 32, 0.4)
    logged = msgspec.json.decode(msgspec.json.encode(report))
    assert logged["engine"] in ("exact", "hnsw")
    assert logged["reason"]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.2, float("nan")])
def test_a_threshold_that_is_no_similarity_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        choose_engine(Gallery(unit_rows(2, 8, 0), [0, 1]), threshold)


def test_a_self_test_without_probes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        choose_engine(Gallery(unit_rows(2, 8, 0), [0, 1]), 0.5, probes=0)
