"""What the rig does by itself: at the end of the window, unratified, outside its place, after false alerts."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from alerts import deployments, signing
from alerts.application import ApplicationOfTest
from alerts.authority import Rig, obstacles, read_facts
from alerts.position import LOST_S, OLDEST_S, Fix, Reading
from alerts.rounds import Step, due, keep_time
from alerts.stop_rule import rate_is_exceeded
from records.database import Database
from records.schema import Deployment
from tests.alerts.applied import (
    BEGINS,
    DURING,
    EARLIER,
    ENDS,
    MIDDLE,
    add_list,
    application,
    authorised,
    check_all_signage,
    person,
    running,
)
from tests.alerts.test_authority import counted
from tests.records.made import make_alert, make_entry, policy

TICK = timedelta(microseconds=1)
URGENT = application(urgent=True, urgent_reason="Now.", begins=BEGINS, ends=BEGINS + timedelta(hours=24))


def outside(age_s: float = 0.0) -> Rig:
    return Rig(position=Reading(Fix(0.0, 0.0), age_s))


def test_it_ends_at_the_end_of_its_window_and_not_before(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        assert keep_time(session, found.id, Rig(), ENDS - TICK) is None
        assert keep_time(session, found.id, Rig(), ENDS) == Step("end", "window_over")
        assert (found.state, found.ended_at, found.ended_for) == ("ended", ENDS, "window_over")
        assert keep_time(session, found.id, Rig(), ENDS) is None


@pytest.mark.parametrize("state", ["authorised", "paused"])
def test_it_ends_also_where_it_never_began_or_is_paused(database: Database, state: str) -> None:
    with database.write() as session:
        if state == "paused":
            found = running(session)
            deployments.pause_by_rig(session, found.id, "stop_rule", DURING)
        else:
            found = authorised(session)
        assert keep_time(session, found.id, Rig(), ENDS) == Step("end", "window_over")


def test_it_ends_when_it_was_not_ratified_in_time(database: Database) -> None:
    with database.write() as session:
        found = running(session, URGENT)
        limit = EARLIER + timedelta(hours=24)
        assert keep_time(session, found.id, Rig(), limit - TICK) is None
        assert keep_time(session, found.id, Rig(), limit) == Step("end", "ratification_overdue")


def test_it_goes_on_once_it_is_ratified(database: Database) -> None:
    with database.write() as session:
        found = running(session, URGENT)
        signing.ratify(session, found.id, person(session, "authorising_officer", 2), DURING)
        assert keep_time(session, found.id, Rig(), EARLIER + timedelta(hours=24)) is None


def test_looking_what_is_due_changes_nothing(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        assert due(session, found.id, outside(), DURING) == Step("pause", "outside_place")
        assert found.state == "running"


def test_outside_its_place_it_is_paused_until_a_person_resumes_it(database: Database) -> None:
    back = Rig(position=Reading(Fix(*MIDDLE), 0.0))
    with database.write() as session:
        found = running(session)
        assert keep_time(session, found.id, back, DURING) is None
        assert keep_time(session, found.id, outside(), DURING) == Step("pause", "outside_place")
        assert keep_time(session, found.id, back, DURING) is None
        assert obstacles(read_facts(session, found.id, back, DURING), DURING)[0].code == "not_running"
        deployments.resume(session, found.id, person(session, "operator"), back, DURING)
        assert obstacles(read_facts(session, found.id, back, DURING), DURING) == ()


def test_a_short_loss_of_the_position_stops_the_search_and_a_long_one_pauses_it(database: Database) -> None:
    with database.write() as session:
        found = running(session)
        briefly = Rig(position=Reading(Fix(*MIDDLE), OLDEST_S + 1))
        assert [obstacle.code for obstacle in obstacles(read_facts(session, found.id, briefly, DURING), DURING)] == [
            "no_position"
        ]
        assert keep_time(session, found.id, briefly, DURING) is None
        gone = Rig(position=Reading(Fix(*MIDDLE), LOST_S + 1))
        assert keep_time(session, found.id, gone, DURING) == Step("pause", "position_lost")


def test_a_test_with_volunteers_ends_at_its_window_and_is_not_paused(database: Database) -> None:
    terms = ApplicationOfTest(name="Trial", begins=BEGINS, ends=ENDS, cameras=("a",), threshold=0.3)
    with database.write() as session:
        found = deployments.begin_test(session, terms, policy("test"), BEGINS)
        add_list(session, found, None, BEGINS)
        assert keep_time(session, found.id, Rig(), ENDS) is None
        deployments.run_test(session, found.id, Rig(), BEGINS)
        assert keep_time(session, found.id, outside(), DURING) is None
        assert keep_time(session, found.id, Rig(), ENDS) == Step("end", "window_over")


def with_entries(session: Session, count: int) -> tuple[Deployment, list[str]]:
    """A running operation whose list has this many entries."""
    builder = person(session, "list_builder")
    found = deployments.draft(session, application(), policy("uk"), builder, EARLIER)
    entries = [make_entry(session, found.id, EARLIER) for _ in range(count)]
    deployments.submit(session, found.id, builder, EARLIER)
    signing.authorise(session, found.id, person(session, "authorising_officer", 2), found.document_hash, EARLIER)
    add_list(session, found, builder, EARLIER)
    check_all_signage(session, found)
    deployments.start(session, found.id, person(session, "operator"), Rig(), DURING)
    return found, entries


def close_alert(session: Session, found: Deployment, entry: str, outcome: str, at: datetime) -> None:
    alert = make_alert(session, found.id, entry, at)
    session.flush()
    alert.state, alert.outcome, alert.closed_at = "closed", outcome, at
    session.flush()


def test_two_confirmed_false_alerts_within_an_hour_pause_it(database: Database) -> None:
    hour = timedelta(hours=1)
    with database.write() as session:
        found, entries = with_entries(session, 2)
        session.add(counted(found.id, DURING, passages=100_000))
        close_alert(session, found, entries[0], "confirmed_false", DURING)
        close_alert(session, found, entries[1], "false", DURING)
        assert keep_time(session, found.id, Rig(), DURING) is None
        close_alert(session, found, entries[1], "confirmed_false", DURING + hour)
        assert keep_time(session, found.id, Rig(), DURING + hour) is None
        close_alert(session, found, entries[0], "confirmed_false", DURING + hour * 2 - TICK)
        assert keep_time(session, found.id, Rig(), DURING + hour * 2 - TICK) == Step("pause", "stop_rule")


def test_a_false_alert_rate_above_the_authorised_one_pauses_it_and_each_further_false_alert_again(
    database: Database,
) -> None:
    minute = timedelta(minutes=1)
    with database.write() as session:
        found, entries = with_entries(session, 3)
        officer = person(session, "authorising_officer", 1)
        count = counted(found.id, DURING, passages=26)
        session.add(count)
        close_alert(session, found, entries[0], "false", DURING)
        assert keep_time(session, found.id, Rig(), DURING) is None
        count.passages = 25
        session.flush()
        assert keep_time(session, found.id, Rig(), DURING) == Step("pause", "stop_rule")
        deployments.resume(session, found.id, officer, Rig(), DURING + minute)
        assert keep_time(session, found.id, Rig(), DURING + minute) is None
        close_alert(session, found, entries[1], "true_alert", DURING + 2 * minute)
        assert keep_time(session, found.id, Rig(), DURING + 2 * minute) is None
        close_alert(session, found, entries[2], "false", DURING + 2 * minute)
        assert keep_time(session, found.id, Rig(), DURING + 2 * minute) == Step("pause", "stop_rule")


@given(st.integers(0, 12), st.integers(0, 400), st.sampled_from((0.001, 0.01, 0.2)))
@settings(deadline=None)
def test_the_rate_is_exceeded_where_the_exact_interval_lies_above_it(count: int, passages: int, rate: float) -> None:
    trials, chance = max(count, passages), Fraction(rate)
    tail = 1 - sum(comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(count))
    assert rate_is_exceeded(count, passages, rate) == (count > 0 and tail < Fraction(25, 1000))


@pytest.mark.parametrize(
    ("count", "passages", "exceeded"),
    [(0, 0, False), (1, 0, True), (1, 25, True), (1, 26, False), (2, 242, True), (2, 243, False), (12, 12_000, False)],
)
def test_known_counts_at_one_in_a_thousand(count: int, passages: int, exceeded: bool) -> None:
    assert rate_is_exceeded(count, passages, 0.001) == exceeded
