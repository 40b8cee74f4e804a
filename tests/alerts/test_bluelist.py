"""Volunteers' passes: who logs them, which alert counts for which, and figures that promise no more than they hold."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.bluelist import AHEAD, LONGEST, PassError, log_pass, read_passes, withdraw_pass
from alerts.bluelist_figures import (
    ARRIVES,
    MARGIN,
    PASSES_TO_COMPARE,
    Capture,
    Judged,
    Rate,
    Result,
    Walk,
    equality,
    figures,
    is_over,
    judge,
    touch,
)
from alerts.decisions import NotFound, Refused
from alerts.pass_schedule import read_schedule
from alerts.proportions import Proportion, clopper_pearson
from records.database import Database
from records.ledger import facts_of
from records.schema import Entry, LedgerEntry, Sighting, VolunteerPass
from tests.records.made import make_alert, make_deployment, make_person

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CAMERAS = ("north", "south")
ANN = "019383f0-7f3a-7000-8000-000000000001"
BOB = "019383f0-7f3a-7000-8000-000000000002"
TEST = "019383f0-7f3a-7000-8000-00000000000d"
OPERATION = "019383f0-7f3a-7000-8000-00000000000e"
LATER = NOW + timedelta(minutes=5)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def walk(entry: str = ANN, camera: str = "north", at: datetime = NOW, group: str | None = None) -> Walk:
    return Walk(entry, camera, at, at + seconds(10), "day", group)


@pytest.fixture
def test(database: Database) -> Database:
    """A test with two volunteers runs; so does an operation."""
    with database.write() as session:
        make_deployment(session, NOW, with_id=TEST, subjects=(ANN, BOB))
        make_deployment(session, NOW, kind="operational", with_id=OPERATION, subjects=(OPERATION,))
    return database


def person(session: Session, role: str = "list_builder") -> str:
    from records.ids import new_id

    return make_person(session, NOW, role, with_id=new_id())


def results(database: Database, now: datetime = LATER) -> list[Result]:
    with database.read() as session:
        return [one.judged.result for one in read_passes(session, TEST, now)]


def test_a_pass_is_logged_by_whom_and_the_ledger_tells_it_without_the_group(test: Database) -> None:
    with test.write() as session:
        by = person(session)
        logged = log_pass(session, TEST, walk(group="aged_over_sixty"), CAMERAS, by, NOW).id
        log_pass(session, TEST, walk(BOB), CAMERAS, "console", NOW)
    with test.read() as session:
        found = session.get_one(VolunteerPass, logged)
        assert (found.logged_by, found.group, found.light) == (by, "aged_over_sixty", "day")
        told = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "pass_logged")).all()
        assert [entry.actor for entry in told] == [by, "console"]
        assert facts_of(told[0]) == {
            "deployment": TEST,
            "entry": ANN,
            "pass": logged,
            "camera": "north",
            "light": "day",
        }
        assert "group" not in Entry.__table__.columns


@pytest.mark.parametrize("role", ["operator", "auditor", "administrator", "authorising_officer"])
def test_nobody_who_judges_alerts_or_only_reads_logs_a_pass_or_takes_one_back(test: Database, role: str) -> None:
    with test.write() as session:
        logged = log_pass(session, TEST, walk(), CAMERAS, "console", NOW).id
        by = person(session, role)
        with pytest.raises(Refused, match="list builder or engagement officer"):
            log_pass(session, TEST, walk(BOB), CAMERAS, by, NOW)
        with pytest.raises(Refused, match="list builder or engagement officer"):
            withdraw_pass(session, logged, by, NOW)


def test_no_pass_of_an_operational_deployment_is_logged_or_read(test: Database) -> None:
    with test.write() as session:
        with pytest.raises(Refused, match="never in an operational"):
            log_pass(session, OPERATION, walk(OPERATION), CAMERAS, "console", NOW)
        with pytest.raises(Refused, match="never in an operational"):
            read_passes(session, OPERATION, NOW)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entry": OPERATION}, "no such volunteer"),
        ({"entry": "nobody"}, "no such volunteer"),
        ({"camera": "east"}, "no camera is named 'east'; there are: north, south"),
        ({"light": "moon"}, "the light is one of"),
        ({"group": "Over 60"}, "a group is a code"),
        ({"group": ""}, "a group is a code"),
        ({"group": "x" * 21}, "a group is a code"),
        ({"ended": NOW}, "ends after it began"),
        ({"ended": NOW + LONGEST + seconds(1)}, "within 5 minutes"),
        ({"began": NOW + AHEAD, "ended": NOW + AHEAD + seconds(1)}, "future"),
        ({"began": NOW - timedelta(hours=2), "ended": NOW - timedelta(hours=2) + seconds(9)}, "window"),
    ],
)
def test_what_is_no_pass_of_this_test_is_refused(test: Database, change: dict[str, object], message: str) -> None:
    with test.write() as session, pytest.raises(PassError, match=message):
        log_pass(session, TEST, replace(walk(), **change), CAMERAS, "console", NOW)  # type: ignore[arg-type]


def test_a_volunteer_who_withdrew_is_not_measured_any_more(test: Database) -> None:
    with test.write() as session:
        entry = session.get_one(Entry, ANN)
        entry.state, entry.state_at = "withdrawn", NOW + seconds(60)
        session.flush()
        with pytest.raises(PassError, match="not searched for any more"):
            log_pass(session, TEST, walk(), CAMERAS, "console", LATER)


def test_two_passes_that_one_alert_could_count_for_are_refused(test: Database) -> None:
    with test.write() as session:
        log_pass(session, TEST, walk(), CAMERAS, "console", NOW)
        for at in (NOW, NOW + seconds(10) + 2 * MARGIN, NOW - seconds(10) - 2 * MARGIN):
            with pytest.raises(PassError, match="count twice"):
                log_pass(session, TEST, walk(at=at), CAMERAS, "console", NOW)
        log_pass(session, TEST, walk(camera="south"), CAMERAS, "console", NOW)
        log_pass(session, TEST, walk(BOB), CAMERAS, "console", NOW)
        log_pass(session, TEST, walk(at=NOW + seconds(10.1) + 2 * MARGIN), CAMERAS, "console", NOW)


def test_a_pass_that_was_taken_back_does_not_count_and_makes_room(test: Database) -> None:
    with test.write() as session:
        by = person(session, "engagement_officer")
        logged = log_pass(session, TEST, walk(), CAMERAS, by, NOW).id
        assert withdraw_pass(session, logged, by, LATER).withdrawn_at == LATER
        with pytest.raises(Refused, match="already"):
            withdraw_pass(session, logged, by, LATER)
        with pytest.raises(NotFound):
            withdraw_pass(session, "nothing", by, LATER)
        told = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "pass_withdrawn")).one()
        assert facts_of(told)["pass"] == logged
    assert results(test) == []
    with test.write() as session:
        log_pass(session, TEST, walk(), CAMERAS, "console", NOW)


@pytest.mark.parametrize(
    ("after", "found"), [(-2.001, False), (-2.0, True), (5.0, True), (12.0, True), (12.001, False)]
)
def test_an_alert_counts_from_two_seconds_before_to_two_after_the_pass(
    test: Database, after: float, found: bool
) -> None:
    with test.write() as session:
        log_pass(session, TEST, walk(), CAMERAS, "console", NOW)
        make_alert(session, TEST, ANN, NOW + seconds(after))
    assert results(test) == ["found" if found else "missed"]


def test_an_alert_of_another_entry_or_camera_is_none_of_the_pass(test: Database) -> None:
    with test.write() as session:
        log_pass(session, TEST, walk(camera="south"), CAMERAS, "console", NOW)
        log_pass(session, TEST, walk(BOB, at=NOW - seconds(60)), CAMERAS, "console", NOW)
        make_alert(session, TEST, ANN, NOW)
        make_alert(session, TEST, BOB, NOW)
    assert results(test) == ["missed", "missed"]


def test_a_sighting_while_an_alert_is_open_counts_for_the_camera_that_made_it(test: Database) -> None:
    with test.write() as session:
        for camera in CAMERAS:
            log_pass(session, TEST, walk(camera=camera, at=NOW + seconds(60)), CAMERAS, "console", LATER)
        alert = make_alert(session, TEST, ANN, NOW).id
        session.add(
            Sighting(
                id="s",
                alert_id=alert,
                camera="south",
                track=2,
                similarity=0.5,
                captured_at=NOW + seconds(65),
            )
        )
    with test.read() as session:
        found = {one.judged.walk.camera: one.judged.result for one in read_passes(session, TEST, LATER)}
    assert found == {"north": "missed", "south": "found"}


def test_a_pass_is_found_at_once_and_missed_only_when_no_alert_can_come_any_more() -> None:
    one, over = walk(), NOW + seconds(10) + MARGIN + ARRIVES
    assert is_over(one) == over
    assert judge(one, [], over).result == "open"
    assert judge(one, [], over + seconds(0.001)).result == "missed"
    seen = judge(one, [Capture(ANN, "north", NOW + seconds(1))], NOW + seconds(1))
    assert seen.result == "found"
    # Counted when the others are: else the rate would be flattered while passes are under way.
    assert figures([seen], NOW + seconds(1)).overall.found == Proportion(0, 0)
    assert figures([seen], over + seconds(1)).overall.found == Proportion(1, 1)


RESULTS = st.lists(
    st.builds(
        Judged,
        st.builds(
            Walk,
            st.sampled_from([ANN, BOB]),
            st.sampled_from(CAMERAS),
            st.just(NOW),
            st.just(NOW + seconds(5)),
            st.sampled_from(["day", "night"]),
            st.sampled_from([None, "a", "b"]),
        ),
        st.sampled_from(["found", "missed"]),
    ),
    max_size=60,
)


@given(RESULTS)
def test_the_parts_add_up_to_the_whole_and_every_interval_holds_its_rate(judged: Sequence[Judged]) -> None:
    made = figures(judged, LATER)
    assert made.overall.found.of == len(judged)
    for parts in (made.cameras, made.lights):
        assert sum(part.found.hits for part in parts) == made.overall.found.hits
        assert sum(part.found.of for part in parts) == len(judged)
    assert sum(part.found.of for part in made.groups) + made.ungrouped == len(judged)
    for rate in (made.overall, *made.cameras, *made.lights, *made.groups):
        around = rate.found.interval
        assert around == clopper_pearson(rate.found.hits, rate.found.of)
        assert math.isnan(rate.found.value) or around.low <= rate.found.value <= around.high


def rate(name: str, hits: int, of: int) -> Rate:
    return Rate(name, Proportion(hits, of))


def test_a_rate_from_few_passes_or_few_misses_says_so() -> None:
    assert rate("a", 15, 29).few
    assert rate("a", 91, 100).few
    assert not rate("a", 90, 100).few


def test_groups_are_never_called_equal() -> None:
    assert equality([rate("a", 9, 10)]) == "no_groups"
    assert equality([rate("a", 90, 100), rate("b", 91, 100)]) == "not_established"
    most = PASSES_TO_COMPARE
    assert equality([rate("a", 350, most), rate("b", 340, most - 1)]) == "not_established"
    assert equality([rate("a", 350, most), rate("b", 345, most)]) == "no_difference_seen"
    assert equality([rate("a", 350, most), rate("b", 250, most)]) == "differs"
    assert equality([rate("a", 95, 100), rate("b", 50, 100)]) == "differs"
    # Three of three against none of three: the intervals lie together, and nobody could say anything.
    assert equality([rate("a", 20, 20), rate("b", 0, 20)]) == "not_established"


def test_the_passes_to_compare_bound_a_rate_of_nine_tenths_to_three_points() -> None:
    assert 1.96 * math.sqrt(0.9 * 0.1 / PASSES_TO_COMPARE) <= 0.03 < 1.96 * math.sqrt(0.9 * 0.1 / 380)


@given(st.integers(0, 60), st.integers(0, 60))
def test_passes_touch_where_some_alert_would_count_for_both(first: int, second: int) -> None:
    one, other = walk(at=NOW + seconds(first)), walk(at=NOW + seconds(second))
    both = any(
        judge(one, [capture], NOW).result == judge(other, [capture], NOW).result == "found"
        for capture in (Capture(ANN, "north", NOW + seconds(at)) for at in range(-5, 80))
    )
    assert touch(one, other) == touch(other, one) == both


def test_a_schedule_names_each_row_that_cannot_be_read_by_its_line() -> None:
    rows, faults = read_schedule(
        b"label,camera,began,ended,light,group\n"
        b"Ann,north,2026-11-23T10:00:00Z,2026-11-23T11:00:08+01:00,day,\n"
        b"\n"
        b"Ann,north,10:00,2026-11-23T10:00:08Z,day,a\n"
        b"Ann,north,2026-11-23T10:00:00,2026-11-23T10:00:08Z,day,a\n"
        b"Ann,north\n"
    )
    assert [(row.line, row.began, row.ended, row.group) for row in rows] == [(2, NOW, NOW + seconds(8), None)]
    assert [fault.line for fault in faults] == [4, 5, 6]
    assert "with its zone" in faults[1].sentence
    for content in (b"", b"label,camera\n", b"label,label,camera,began,ended,light\n", b"\xff", b"a" * (5 << 20)):
        with pytest.raises(PassError):
            read_schedule(content)
