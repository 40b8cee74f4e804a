"""Counting, with recordings made by hand: every figure is known beforehand."""

from pathlib import Path

import pytest

from evaluation.video_figures import evaluate, judge, rate
from evaluation.video_run import Hit, Ours, VideoRun
from evaluation.video_truth import LabelledVideo, TruthRow, opportunities

VIDEO = LabelledVideo(
    Path("clip.mp4"),
    Path("truth.csv"),
    (
        TruthRow(0, 49, "Anna", "frontal", 2),
        TruthRow(20, 49, "Bo", "profile", 3),
        TruthRow(60, 99, "Anna", "profile", 4),
        TruthRow(0, 99, "unknown_*", "", 5),
    ),
)
CHANCES = opportunities(0, VIDEO, (), {"Anna", "Bo", "Cleo"})


def hit(frame: int, who: str, similarity: float = 0.5) -> Hit:
    return Hit(0, frame, who, similarity)


def run_of(ours: list[tuple[float, list[Hit]]], loop: list[Hit] | None = None) -> VideoRun:
    return VideoRun(100, 10.0, (), tuple(Ours(at, tuple(hits), ()) for at, hits in ours), tuple(loop or ()))


def test_an_alert_counts_for_the_opportunity_it_falls_into_and_only_the_first_one() -> None:
    judged = judge([hit(5, "Anna"), hit(9, "Anna"), hit(30, "Anna"), hit(70, "Anna")], [VIDEO], CHANCES)
    assert {place: first.frame for place, first in judged.first.items()} == {0: 5, 2: 70}
    assert judged.false == []


def test_an_alert_for_somebody_who_is_not_there_then_is_false() -> None:
    judged = judge([hit(5, "Bo"), hit(55, "Anna"), hit(30, "Cleo")], [VIDEO], CHANCES)
    assert judged.first == {}
    assert [(one.frame, one.identity) for one in judged.false] == [(5, "Bo"), (55, "Anna"), (30, "Cleo")]


def test_tpir_time_to_alert_and_false_alerts_are_counted_by_passage() -> None:
    alerts = [hit(10, "Anna"), hit(26, "Bo"), hit(30, "Cleo"), hit(55, "Cleo")]
    found = evaluate([VIDEO], [run_of([(0.4, alerts)])], CHANCES, [4], with_loop=False)
    rig = found.rig
    assert (rig.tpir.hits, rig.tpir.of) == (2, 3)
    assert rig.tpir.low == pytest.approx(0.0943, abs=1e-4)
    assert rig.tpir.high == pytest.approx(0.9916, abs=1e-4)
    assert {view: (one.hits, one.of) for view, one in rig.by_view.items()} == {"frontal": (1, 1), "profile": (1, 2)}
    assert rig.frames_to_alert is not None
    assert rig.seconds_to_alert is not None
    assert (rig.frames_to_alert.median, rig.frames_to_alert.most) == (8.0, 10.0)
    assert (rig.seconds_to_alert.median, rig.seconds_to_alert.most) == (0.8, 1.0)
    assert (rig.alerts, rig.false_alerts, [one.frame for one in rig.false_people]) == (4, 2, [30])
    assert rig.false_per_hour.per_hour == pytest.approx(360.0)
    assert [one.frame for one in rig.opportunities] == [10, 26, None]
    assert found.loop is None


def test_the_loop_is_judged_by_its_faces_at_the_threshold_and_charged_once_for_a_person_and_video() -> None:
    faces = [hit(5, "Anna", 0.39), hit(6, "Anna", 0.41), *(hit(frame, "Cleo", 0.6) for frame in range(20))]
    found = evaluate([VIDEO], [run_of([(0.4, [])], faces)], CHANCES, [4], with_loop=True)
    assert found.loop is not None
    assert [one.frame for one in found.loop.opportunities] == [6, None, None]
    assert (found.loop.false_alerts, len(found.loop.false_people)) == (20, 1)


def test_misses_are_compared_at_equal_false_alerts() -> None:
    ours = [
        (0.2, [hit(5, "Anna"), hit(30, "Bo"), hit(70, "Anna"), hit(40, "Cleo")]),
        (0.3, [hit(5, "Anna"), hit(30, "Bo"), hit(70, "Anna")]),
        (0.4, [hit(5, "Anna")]),
    ]
    faces = [hit(5, "Anna", 0.45), hit(30, "Bo", 0.25), hit(31, "Cleo", 0.35)]
    found = evaluate([VIDEO], [run_of([(0.35, []), *ours], faces)], CHANCES, [4], with_loop=True)
    assert [(point.rig_missed, point.rig_false, point.loop_missed, point.loop_false) for point in found.sweep] == [
        (0, 1, 1, 1),
        (0, 0, 2, 1),
        (2, 0, 2, 0),
    ]
    none, one = found.equal[:2]
    assert none.loop is not None
    assert (none.rig.threshold, none.rig.missed.hits, none.loop.threshold, none.loop.missed.hits) == (0.3, 0, 0.4, 2)
    assert (none.fewer_misses, none.rig_only, none.loop_only) == (1.0, 2, 0)
    assert one.loop is not None
    assert (one.rig.threshold, one.loop.threshold, one.loop.missed.hits) == (0.2, 0.2, 1)


def test_a_lower_threshold_with_fewer_false_alerts_by_chance_is_not_chosen() -> None:
    ours = [(0.2, [hit(5, "Anna")]), (0.3, [hit(40, "Cleo")]), (0.4, [])]
    found = evaluate([VIDEO], [run_of([(0.4, []), *ours])], CHANCES, [4], with_loop=False)
    assert found.equal[0].rig.threshold == 0.4


def test_no_event_in_an_hour_is_a_rate_of_up_to_3_7() -> None:
    none = rate(0, 3600.0)
    assert (none.per_hour, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(3.689, abs=1e-3)
    two = rate(2, 1800.0)
    assert [two.per_hour, two.low, two.high] == pytest.approx([4.0, 0.4844, 14.449], abs=1e-3)
