"""What the latency benchmark says of the times that were noted: nothing counted twice, nothing left out."""

import pytest

from alerts.counts import Counts
from benchmarks.alert_times import AlertTimes
from benchmarks.latency_tables import Alone, Played, bound, frames, least_way, of_alerts, stages, tables
from inference.stages import STAGES, FrameTimes

MS = 1_000_000


def frame(seq: int, way_ms: int, each_ms: int, rest_ms: int) -> FrameTimes:
    captured = seq * 80 * MS
    taken = captured + way_ms * MS
    return FrameTimes(
        camera="north",
        seq=seq,
        captured_at=captured,
        taken_at=taken,
        done_at=taken + (len(STAGES) * each_ms + rest_ms) * MS,
        faces=2,
        candidates=0,
        ns=dict.fromkeys(STAGES, each_ms * MS),
    )


def played(**changes: object) -> Played:
    fields: dict[str, object] = {
        "fps": 12.0,
        "decode_ms": [5.0, 5.0],
        "frames": [frame(seq, 3 if seq % 2 else 43, 10, 4) for seq in range(40)],
        "alerts": {f"a{number}": AlertTimes(0, 60 * MS, 80 * MS, 100 * MS) for number in range(10)},
        "painted": {},
        "counts": Counts(frames=40, dropped=2, faces=80, looks_rejected=0, passages=3, candidates=10, unsearched=0),
        "produced": 44,
        "overwritten": 1,
    }
    return Played(**(fields | changes))  # type: ignore[arg-type]


ALONE = Alone(60, 25.0, 15.0, {"detector": 20.0, "recogniser": 14.0})


def test_a_frame_s_age_is_the_sum_of_its_parts() -> None:
    found = played()
    rows = {str(row["stage"]): row["mean"] for row in stages(found, least_way(found))}
    parts = [rows[name] for name in ("way", "wait", *STAGES, "rest")]
    assert rows["age"] == pytest.approx(sum(float(str(part)) for part in parts))
    assert [float(str(rows[name])) for name in ("way", "wait", "rest")] == pytest.approx([3, 20, 4])
    assert rows["decode"] == 5.0


def test_the_bound_is_over_what_both_models_take_together() -> None:
    assert bound(played(), ALONE)["times"] == pytest.approx(80 / 40)
    assert bound(played(alerts={}), ALONE)["times"] is None


def test_an_alert_s_way_is_told_as_far_as_it_was_seen() -> None:
    rows = {str(row["until"]).partition(",")[0]: row for row in of_alerts(played())}
    assert list(rows) == ["raised", "stored", "told"]
    assert [rows[until]["p95 ms"] for until in rows] == [60.0, 80.0, 100.0]
    painted = {row["until"]: row for row in of_alerts(played(painted={"a3": 140.0}))}
    assert painted["painted, 12 frames/s"]["n"] == 1
    unheard = played(alerts={"a": AlertTimes(0, 60 * MS, 80 * MS, None)})
    assert [str(row["until"]).partition(",")[0] for row in of_alerts(unheard)] == ["raised", "stored"]


def test_frames_are_given_searched_or_dropped() -> None:
    found = frames(played())
    assert (found["given"], found["searched"], found["dropped"]) == (44, 40, 2)
    assert (found["not sent"], found["late"], found["end"]) == (1, 1, 2)


def test_a_run_without_alerts_and_frames_has_tables_too() -> None:
    made = tables([played(alerts={}, frames=[])], ALONE)
    assert next(table for table in made if table.title.startswith("An alert")).rows == []
