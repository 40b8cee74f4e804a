from pathlib import Path

from tests.benchmarks.asked import bench, median


def test_both_sides_read_the_same_pictures(shared: Path, tmp_path: Path) -> None:
    (table,) = bench(tmp_path, "enrolment", "--pictures", "4", "--rounds", "1").tables
    assert [row["side"] for row in table.rows] == ["openlfr", "insightface"]
    assert [row["pictures"] for row in table.rows] == [4, 4]
    assert all(0 <= int(str(row["refused"])) <= 4 for row in table.rows)
    assert all(median(row["pictures/s"]) > 0 for row in table.rows)
