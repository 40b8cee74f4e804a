import importlib.util
from pathlib import Path

import numpy as np
import pytest

from benchmarks.report import BenchmarkError
from benchmarks.search_engines import STRANGERS_STD, made_templates, run_engine, stored_templates
from rig.cli import main
from tests.benchmarks.asked import bench


def test_exact_search_and_hnsw_stand_side_by_side(tmp_path: Path) -> None:
    pytest.importorskip("hnswlib", reason="hnswlib is not installed")
    given = ("--pack", "starter", "--probes", "40", "--engine", "exact", "--engine", "hnsw")
    result = bench(tmp_path, "search", "--size", "200", "--size", "400", *given)
    rows, switch = (table.rows for table in result.tables)
    assert [row["templates"] for row in rows if row["engine"] == "exact"] == [200, 400]
    assert all(row["recall"] == 1.0 for row in rows if row["engine"] == "exact")
    assert any(str(row["engine"]).startswith("hnsw ef") for row in rows)
    assert all(row["p50 ms"] <= row["p99 ms"] for row in rows)  # type: ignore[operator]
    assert [row["templates"] for row in switch] == [200, 400]
    assert {row["faster"] for row in switch} <= {"exact", "hnsw"}


def test_generated_strangers_are_as_alike_as_faces_are() -> None:
    rows = made_templates(600, 512)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    between = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    assert between.std() == pytest.approx(STRANGERS_STD, rel=0.05)
    assert abs(between.mean()) < 0.005


def test_a_graph_that_misses_is_tried_with_more_in_view(tmp_path: Path) -> None:
    """Strangers at random are the hardest for a graph: with few in view it must miss, and the last trial must not."""
    pytest.importorskip("hnswlib", reason="hnswlib is not installed")
    found = run_engine("hnsw", 3000, 512, 0.36, 100, 1, None)
    recalls = [trial["recall"] for trial in found["trials"]]
    assert recalls[-1] == 1.0
    assert all(recall < 1.0 for recall in recalls[:-1])


def test_memory_counts_the_copy_of_the_templates_that_exact_search_makes() -> None:
    found = run_engine("exact", 8000, 512, 0.36, 10, 1, None)
    assert found["mib"] == pytest.approx(8000 * 512 * 4 / 2**20, rel=0.25)


def test_real_templates_serve_as_far_as_they_reach(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", made_templates(50, 128))
    assert stored_templates(tmp_path / "rows.npy", 40).shape == (40, 128)
    with pytest.raises(BenchmarkError, match="needs 60 rows"):
        stored_templates(tmp_path / "rows.npy", 60)


@pytest.mark.skipif(importlib.util.find_spec("usearch") is not None, reason="usearch is installed here")
def test_a_library_that_is_not_installed_is_left_out_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--pack", "starter", "--size", "60", "--probes", "10", "--engine", "usearch"]
    result = bench(tmp_path, "search", *given, "--engine", "exact")
    assert len(result.tables[0].rows) == 1
    assert any("usearch is not installed" in note for note in result.notes)
    assert main(["bench", "search", *given]) == 2
    assert "usearch is not installed" in capsys.readouterr().err
