from pathlib import Path

import pytest

from benchmarks.clips import prepare
from benchmarks.pipeline import check_complete
from benchmarks.report import BenchmarkError
from benchmarks.turns import Ran
from inference.catalogue import find_pack
from inference.reader import open_models
from tests.benchmarks.asked import bench, median

FRAMES = 6


def test_both_sides_analyse_every_frame_of_the_same_clip(shared: Path, tmp_path: Path) -> None:
    result = bench(tmp_path, "pipeline", "--clip", "street-arcade", "--frames", str(FRAMES), "--rounds", "1")
    speed, found = (table.rows for table in result.tables)
    assert [row["side"] for row in speed] == ["openlfr", "insightface"]
    assert [row["frames"] for row in speed] == [FRAMES, FRAMES]
    assert [row["dropped"] for row in found] == [0, 0]
    ours, theirs = (median(row["frames/s"]) for row in speed)
    assert median(speed[0]["times as fast"]) == pytest.approx(ours / theirs, rel=1e-3)
    assert all(median(row["CPU ms"]) > 0 for row in speed)
    # Nobody in it is listed.
    assert [row["passes"] for row in found] == [0, 0]
    assert result.pack is not None
    assert result.pack.name == "lab-mbf"


def test_a_clip_judges_alerts_by_its_truth(shared: Path, tmp_path: Path) -> None:
    clip = prepare("sitcom-table", open_models(find_pack("starter")), tmp_path, frames=40)
    assert clip.frames == 40
    assert all(row.last < 40 for row in clip.video.rows)
    (chance, *others) = clip.chances
    missed, false = clip.judged([(chance.identity, chance.first, 0.6), ("Nobody", 3, 0.7), ("Nobody", 4, 0.7)])
    assert missed == len(others)
    assert false == 1


def test_the_crowd_has_listed_people_among_it(shared: Path, tmp_path: Path) -> None:
    clip = prepare("crowd", open_models(find_pack("starter")), tmp_path, frames=3)
    assert clip.frames == 3
    assert clip.size == "1920 x 1080"
    assert 0 < len(clip.chances) < clip.entries


@pytest.mark.parametrize(("frames", "dropped"), [(5, 0), (6, 1)])
def test_a_side_that_left_frames_out_is_no_comparison(shared: Path, tmp_path: Path, frames: int, dropped: int) -> None:
    clip = prepare("street-arcade", open_models(find_pack("starter")), tmp_path, frames=FRAMES)
    with pytest.raises(BenchmarkError, match=f"analysed {frames} of 6 frames and dropped {dropped}"):
        check_complete(clip, {"openlfr": [Ran({"frames": frames, "dropped": dropped}, 0, 0, 0)]})
