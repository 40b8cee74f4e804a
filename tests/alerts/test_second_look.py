"""The second look ends by itself, in time, and then nobody is engaged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from alerts.decisions import Refused, adjudicate, expire, get_alert, overdue
from alerts.engagement import decide_in_person, log_stop
from alerts.second_look import ends_at
from alerts.service import AlertsService, AlertsSettings
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.schema import Event, LedgerEntry, OfficerDecision, Stop
from tests.alerts.test_decisions import NOW, an_alert, judge
from tests.records.made import make_person, make_vault
from wire.sockets import Wire

LIMIT = timedelta(seconds=30)
"""`review.second_seconds` of the test policy."""
TICK = timedelta(microseconds=1)
LONG = timedelta(hours=1)
"""So that nothing expires for its age."""


def one_same(session: Session, confirmations: int = 2) -> str:
    """An alert that a first reviewer has judged at NOW."""
    alert = an_alert(session, confirmations)
    judge(session, alert, make_person(session, NOW), "same")
    return alert


def test_without_another_answer_the_alert_expires_at_the_limit_and_not_before(database: Database) -> None:
    with database.write() as session:
        alert = one_same(session)
        assert ends_at(get_alert(session, alert)) == NOW + LIMIT
        assert expire(session, LONG, NOW + LIMIT - TICK) == []
        assert expire(session, LONG, NOW + LIMIT) == [alert]
        assert expire(session, LONG, NOW + LIMIT) == []
        found = get_alert(session, alert)
        assert (found.state, found.outcome, found.closed_at) == ("expired", "undetermined", NOW + LIMIT)
        assert ends_at(found) is None
        told = session.query(LedgerEntry).filter(LedgerEntry.kind == Kind.ALERT_EXPIRED).one()
        assert told.actor == "rig"
        assert session.query(Event).order_by(Event.id.desc()).first().kind == "expired"  # type: ignore[union-attr]


def test_after_that_nobody_judges_decides_or_stops(database: Database) -> None:
    with database.write() as session:
        alert = one_same(session)
        expire(session, LONG, NOW + LIMIT)
        person = make_person(session, NOW)
        for late in (
            lambda: judge(session, alert, person, "same"),
            lambda: decide_in_person(session, alert, person, "lost", NOW + LIMIT),
            lambda: log_stop(session, alert, person, "reason", NOW + LIMIT),
        ):
            with pytest.raises(Refused):
                late()
        assert session.query(OfficerDecision).count() == session.query(Stop).count() == 0


@pytest.mark.parametrize("verdict", ["same", "different", "cannot_tell"])
def test_an_answer_that_comes_late_is_refused_even_before_the_rig_has_ended_the_alert(
    database: Database, verdict: str
) -> None:
    with database.write() as session:
        alert, second = one_same(session), make_person(session, NOW)
        with pytest.raises(Refused, match="the time for another look is over"):
            adjudicate(session, alert, second, verdict, ["nose"], ["hair"], NOW + LIMIT)  # type: ignore[arg-type]
        assert get_alert(session, alert).state == "second_review"
        in_time = adjudicate(session, alert, second, verdict, ["nose"], ["hair"], NOW + LIMIT - TICK)  # type: ignore[arg-type]
        assert in_time.state == ("confirmed" if verdict == "same" else "closed")


def test_an_alert_that_is_old_when_a_second_look_begins_still_has_the_whole_limit(database: Database) -> None:
    with database.write() as session:
        alert = one_same(session)
        assert expire(session, timedelta(seconds=1), NOW + LIMIT - TICK) == []
        assert expire(session, timedelta(seconds=1), NOW + LIMIT) == [alert]


def test_the_limit_runs_from_the_first_of_three_answers(database: Database) -> None:
    with database.write() as session:
        alert = one_same(session, confirmations=3)
        later = NOW + timedelta(seconds=20)
        adjudicate(session, alert, make_person(session, NOW), "same", ["nose"], ["hair"], later)
        assert [found.id for found in overdue(session, LONG, NOW + LIMIT)] == [alert]


def test_where_one_confirmation_is_enough_there_is_no_limit(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        judge(session, alert, make_person(session, NOW), "same")
        assert expire(session, LONG, NOW + 10 * LIMIT) == []
        assert get_alert(session, alert).state == "confirmed"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def test_the_alerts_service_ends_it_in_its_next_round_with_no_tablet_there(database: Database, tmp_path: Path) -> None:
    clock = Clock()
    with database.write() as session:
        overdue_one, in_time = one_same(session), one_same(session)
        adjudicate(session, in_time, make_person(session, NOW), "same", ["nose"], ["hair"], NOW)
    run = f"ipc://{tmp_path}/{new_id()[-6:]}"
    settings = AlertsSettings(listen=f"{run}a", publish=f"{run}c", expire_seconds=3600)
    with make_vault(database, NOW) as vault, Wire() as wire:
        service = AlertsService(settings, wire, database, vault, clock)
        clock.now = NOW + LIMIT - TICK
        service.work(0)
        with database.read() as session:
            assert get_alert(session, overdue_one).state == "second_review"
        clock.now = NOW + LIMIT
        service.work(0)
        with database.read() as session:
            assert get_alert(session, overdue_one).outcome == "undetermined"
            assert get_alert(session, in_time).state == "confirmed"
