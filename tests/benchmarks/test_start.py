from pathlib import Path

import pytest

from tests.benchmarks.asked import bench, median


@pytest.mark.rig
def test_a_new_rig_and_the_same_again_search_a_frame(tmp_path: Path) -> None:
    (table,) = bench(tmp_path, "start", "--entries", "3", "--rounds", "1", "--pack", "starter").tables
    assert [(row["start"], row["entries"]) for row in table.rows] == [("new rig", 3), ("again", 3)]
    assert all(median(row["first searched frame, s"]) > 0 for row in table.rows)
    assert all(median(row["page, s"]) > 0 for row in table.rows)
