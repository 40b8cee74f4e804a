from pathlib import Path

from benchmarks.transport import KINDS
from tests.benchmarks.asked import bench, median


def test_every_way_brings_every_frame(tmp_path: Path) -> None:
    result = bench(tmp_path, "transport", "--frames", "9", "--rounds", "1", "--width", "320", "--height", "180")
    (table,) = result.tables
    assert [row["way"] for row in table.rows] == list(KINDS)
    assert {row["frames"] for row in table.rows} == {9}
    size = 320 * 180 * 3 / 1e6
    for row in table.rows:
        raw = "JPEG" not in str(row["way"])
        per_frame = median(row["MB/s"]) / median(row["frames/s"])
        # A picture in JPEG is smaller, and anything else would not be what it says.
        assert abs(per_frame - size) < 0.01 * size if raw else per_frame < 0.5 * size
