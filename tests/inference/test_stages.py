"""A frame's times: of each stage since the one before, and in a file only where somebody asks."""

from pathlib import Path

import pytest

from inference.stages import STAGES, VARIABLE, FrameTimes, Laps, StageLog, asked_for, read_log


def times(seq: int) -> FrameTimes:
    return FrameTimes(
        camera="north",
        seq=seq,
        captured_at=1,
        taken_at=2,
        done_at=3,
        faces=2,
        candidates=0,
        ns=dict.fromkeys(STAGES, seq),
    )


def test_a_stage_takes_the_time_since_the_one_before() -> None:
    laps = Laps()
    laps.begin()
    for stage in STAGES:
        laps.lap(stage)
    assert list(laps.ns) == list(STAGES)
    assert all(took > 0 for took in laps.ns.values())


def test_a_log_that_was_cut_off_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "stages.jsonl"
    log = StageLog(file)
    written = [times(seq) for seq in range(3)]
    for one in written:
        log.write(one)
    log.close()
    with file.open("ab") as more:
        more.write(b'{"camera":"nor')
    assert read_log(file) == written


def test_nothing_is_written_unless_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert asked_for() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "stages.jsonl"))
    log = asked_for()
    assert log is not None
    log.write(times(7))
    log.close()
    assert [one.seq for one in read_log(tmp_path / "stages.jsonl")] == [7]
