from pathlib import Path

from tests.benchmarks.asked import bench


def test_a_table_is_imported_built_and_loaded(shared: Path, tmp_path: Path) -> None:
    steps, counted, findings = bench(tmp_path, "watchlist-import", "--entries", "20", "--pack", "starter").tables
    assert [row["step"] for row in steps.rows] == ["import", "build", "load"]
    (count,) = counted.rows
    assert count["entries"] == 20
    assert int(str(count["accepted"])) + int(str(count["rejected"])) == 20
    assert count["listed"] == count["accepted"]
    # The one row that is made wrong on purpose.
    assert {"finding": "unknown_code", "times": 1} in findings.rows
