from pathlib import Path

from benchmarks.overhead import parts
from inference.stages import STAGES, FrameTimes
from tests.benchmarks.asked import bench, median

FRAMES = 6


def test_the_calls_of_a_replay_are_made_again_alone(shared: Path, tmp_path: Path) -> None:
    result = bench(tmp_path, "overhead", "--clip", "street-arcade", "--frames", str(FRAMES), "--rounds", "1")
    (overhead,), (seconds,), milliseconds = (table.rows for table in result.tables)
    assert overhead["frames"] == overhead["detector calls"] == FRAMES
    assert isinstance(overhead["looks embedded"], int)
    assert 0 < median(seconds["in the replay, s"]) < median(seconds["replay, s"])
    assert median(overhead["from first frame"]) < median(overhead["overhead"])
    # A part that is measured twice, or not at all, would make the parts more or less than the whole.
    whole = 1000 * median(seconds["replay, s"]) / FRAMES
    assert 0 < sum(median(row["street-arcade"]) for row in milliseconds) <= whole


def test_the_parts_of_a_frame_are_disjoint_and_whole() -> None:
    def frame(taken_at: int, done_at: int) -> FrameTimes:
        return FrameTimes(
            camera="made",
            seq=0,
            captured_at=0,
            taken_at=taken_at,
            done_at=done_at,
            faces=1,
            candidates=0,
            ns=dict.fromkeys(STAGES, 10),
        )

    found = parts([frame(100, 200), frame(230, 330)], {"detector": 12, "recogniser": 8})
    assert sum(found.values()) == 330 - 100
    assert found["detect, beside the call"] == 2 * 10 - 12
    assert found["embed, beside the call"] == 2 * 10 - 8
    assert found["waiting"] == 30
    assert found["report, sight, tiles"] == 2 * (100 - 10 * len(STAGES))
