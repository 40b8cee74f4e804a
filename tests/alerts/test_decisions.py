from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from alerts.decisions import Refused, adjudicate, expire, get_alert, open_review
from alerts.engagement import decide_in_person, end_stop, log_stop
from alerts.states import Verdict, decide
from alerts.store import UnknownDeployment, store_candidate
from records.database import Database
from records.ids import new_id
from records.schema import Alert, Entry, Event, LedgerEntry, Picture, Sighting, Suppressed
from records.vault import OpenKey
from tests.records.made import HASH, make_deployment, make_person
from wire.messages import Candidate

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp()) * 1_000_000_000


KEY = OpenKey("any", "alerts", bytearray(32))
SUBJECTS = [f"019383f0-0000-7000-8000-00000000000{number}" for number in range(1, 4)]


def a_deployment(session: Session, confirmations: int = 1, state: str = "running") -> str:
    return make_deployment(session, NOW, confirmations=confirmations, state=state, subjects=fresh_subjects())


def fresh_subjects() -> list[str]:
    """Ids of entries: new ones, as an entry belongs to one deployment."""
    SUBJECTS[:] = [new_id() for _ in SUBJECTS]
    return SUBJECTS


def a_candidate(deployment: str, subject: str | None = None, **changes: object) -> Candidate:
    fields: dict[str, object] = {
        "id": new_id(),
        "deployment": deployment,
        "camera": "north",
        "track": 4,
        "subject": subject or SUBJECTS[0],
        "similarity": 0.61,
        "threshold": 0.4,
        "looks": 1,
        "frame": 12,
        "captured_at": AT,
        "raised_at": AT + 200_000_000,
        "engine": "exact",
        "contract": HASH,
        "list_hash": HASH,
    }
    return Candidate(**(fields | changes))  # type: ignore[arg-type]


def an_alert(session: Session, confirmations: int = 1) -> str:
    candidate = a_candidate(a_deployment(session, confirmations))
    assert store_candidate(session, candidate, [b"look"], b"context", KEY, NOW) == "alert"
    return candidate.id


def people(session: Session, *names: str) -> list[str]:
    return [make_person(session, NOW, name=name) for name in names]


def judge(session: Session, alert: str, reviewer: str, verdict: Verdict) -> Alert:
    return adjudicate(session, alert, reviewer, verdict, ["nose"], ["hair"], NOW)


def test_a_candidate_that_comes_twice_is_stored_once(database: Database) -> None:
    with database.write() as session:
        candidate = a_candidate(a_deployment(session))
        assert store_candidate(session, candidate, [b"1", b"2"], b"c", KEY, NOW) == "alert"
    with database.write() as session:
        assert store_candidate(session, candidate, [b"1", b"2"], b"c", KEY, NOW) == "known"
        assert session.query(Alert).count() == 1
        assert session.query(Picture).count() == 3
        assert session.query(Event).count() == 1


def test_a_person_with_an_open_alert_gets_no_second_one_from_another_camera(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        first = a_candidate(deployment)
        store_candidate(session, first, [], None, KEY, NOW)
        again = a_candidate(deployment, camera="south")
        assert store_candidate(session, again, [], None, KEY, NOW) == "sighting"
        assert store_candidate(session, again, [], None, KEY, NOW) == "known"
        assert store_candidate(session, a_candidate(deployment, subject=SUBJECTS[1]), [], None, KEY, NOW) == "alert"
        assert session.query(Sighting).one().alert_id == first.id


def test_after_an_alert_closed_the_same_person_can_be_alerted_again(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        first = a_candidate(deployment)
        store_candidate(session, first, [], None, KEY, NOW)
        judge(session, first.id, people(session, "ann")[0], "different")
        assert store_candidate(session, a_candidate(deployment), [], None, KEY, NOW) == "alert"


def test_a_candidate_for_an_unknown_deployment_or_entry_is_refused(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        with pytest.raises(UnknownDeployment):
            store_candidate(session, a_candidate(new_id()), [], None, KEY, NOW)
        with pytest.raises(UnknownDeployment):
            store_candidate(session, a_candidate(deployment, subject=new_id()), [], None, KEY, NOW)
        mine = SUBJECTS[0]
        other = a_deployment(session)
        with pytest.raises(UnknownDeployment):
            store_candidate(session, a_candidate(other, subject=mine), [], None, KEY, NOW)


@pytest.mark.parametrize(
    ("state", "change", "reason"),
    [
        ("paused", None, "deployment_paused"),
        ("ended", None, "deployment_ended"),
        ("running", "UPDATE entries SET state = 'withdrawn'", "withdrawn"),
        ("running", "UPDATE entries SET state = 'quarantined'", "quarantined"),
        ("running", "UPDATE entries SET expires_at = '2026-11-23T10:00:00.000000Z'", "expired"),
    ],
)
def test_what_went_stale_since_the_search_is_counted_and_leaves_no_picture(
    database: Database, state: str, change: str | None, reason: str
) -> None:
    with database.write() as session:
        deployment = a_deployment(session, state=state)
        if change is not None:
            session.execute(text(change))
        candidate = a_candidate(deployment)
        assert store_candidate(session, candidate, [b"look"], b"context", KEY, NOW) == "suppressed"
        assert store_candidate(session, candidate, [b"look"], b"context", KEY, NOW) == "known"
        assert [(row.id, row.reason) for row in session.query(Suppressed)] == [(candidate.id, reason)]
        assert session.query(Picture).count() == session.query(Alert).count() == 0


@pytest.mark.parametrize("hours", [-2, 9])
def test_what_was_captured_outside_the_window_is_suppressed(database: Database, hours: int) -> None:
    with database.write() as session:
        candidate = a_candidate(a_deployment(session), captured_at=AT + hours * 3_600_000_000_000)
        assert store_candidate(session, candidate, [], None, KEY, NOW) == "suppressed"


def test_every_step_is_in_the_ledger_and_no_face_is(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        judge(session, alert, ann, "same")
        log_stop(session, alert, ann, "name asked", NOW)
        end_stop(session, alert, ann, "confirmed_true", "arrested", NOW)
        told = [(entry.kind, entry.actor) for entry in session.query(LedgerEntry).order_by(LedgerEntry.seq)]
        assert told == [
            ("alert_raised", "rig"),
            ("alert_adjudicated", ann),
            ("alert_confirmed", ann),
            ("officer_decided", ann),
            ("stop_logged", ann),
            ("stop_step", ann),
            ("stop_closed", ann),
            ("alert_closed", ann),
        ]
        assert b"look" not in session.query(Picture).filter(Picture.kind == "look").one().sealed


def test_the_way_from_alert_to_closed_stop(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        assert open_review(session, alert, ann, NOW).state == "in_review"
        assert judge(session, alert, ann, "same").state == "confirmed"
        log_stop(session, alert, ann, "name and date of birth asked", NOW)
        closed = end_stop(session, alert, ann, "confirmed_false", "no_further_action", NOW)
        assert (closed.state, closed.outcome) == ("closed", "confirmed_false")
        kinds = [event.kind for event in session.query(Event).order_by(Event.id)]
        assert kinds == ["alert", "in_review", "confirmed", "engaged", "step", "closed"]


@pytest.mark.parametrize("verdict", ["different", "cannot_tell"])
def test_doubt_ends_the_alert_and_no_stop_follows(database: Database, verdict: Verdict) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        assert judge(session, alert, ann, verdict).state == "closed"
        with pytest.raises(Refused):
            log_stop(session, alert, ann, "reason", NOW)


def test_two_confirmations_need_two_people_and_disagreement_means_no_engagement(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session, confirmations=2)
        ann, bob = people(session, "ann", "bob")
        assert judge(session, alert, ann, "same").state == "second_review"
        with pytest.raises(Refused, match="another person"):
            judge(session, alert, ann, "same")
        with pytest.raises(Refused, match="confirmations"):
            log_stop(session, alert, ann, "reason", NOW)
        assert judge(session, alert, bob, "different").outcome == "undetermined"


def test_same_person_needs_a_similarity_and_a_difference(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        with pytest.raises(Refused, match="similarity"):
            adjudicate(session, alert, ann, "same", [], ["hair"], NOW)
        with pytest.raises(Refused, match="difference"):
            adjudicate(session, alert, ann, "same", ["nose"], [], NOW)
        assert adjudicate(session, alert, ann, "cannot_tell", [], [], NOW).state == "closed"


def test_a_confirmed_alert_that_no_officer_decides_expires_too(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        adjudicate(session, alert, make_person(session, NOW), "same", ["nose"], ["hair"], NOW + timedelta(minutes=4))
        assert expire(session, timedelta(minutes=5), NOW + timedelta(minutes=8)) == []
        assert expire(session, timedelta(minutes=5), NOW + timedelta(minutes=10)) == [alert]
        found = get_alert(session, alert)
        assert (found.state, found.outcome) == ("expired", "undetermined")
        with pytest.raises(Refused):
            decide_in_person(session, alert, make_person(session, NOW), "lost", NOW + timedelta(minutes=11))


def test_a_stop_under_way_never_expires(database: Database) -> None:
    with database.write() as session:
        alert, officer = an_alert(session), make_person(session, NOW)
        adjudicate(session, alert, officer, "same", ["nose"], ["hair"], NOW)
        log_stop(session, alert, officer, "seen in person", NOW)
        assert expire(session, timedelta(minutes=5), NOW + timedelta(hours=1)) == []


def test_an_alert_that_nobody_decides_expires_without_engagement(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        assert expire(session, timedelta(minutes=5), NOW + timedelta(minutes=4)) == []
        assert expire(session, timedelta(minutes=5), NOW + timedelta(minutes=6)) == [alert]
        assert get_alert(session, alert).outcome == "undetermined"
        with pytest.raises(Refused):
            judge(session, alert, people(session, "ann")[0], "same")


def test_a_confirmed_alert_closes_without_a_stop_only_for_a_named_reason(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        judge(session, alert, ann, "same")
        with pytest.raises(Refused):
            decide_in_person(session, alert, ann, "engage", NOW)
        assert decide_in_person(session, alert, ann, "lost", NOW).outcome == "not_engaged_lost"


def test_one_doubt_outweighs_any_number_of_same() -> None:
    assert decide(["same", "same", "cannot_tell"], 2).outcome == "undetermined"
    assert decide(["different"], 1).outcome == "false"
    assert decide(["same"], 2).state == "second_review"
    assert decide([], 1).state == "in_review"


def test_an_entry_that_alerted_falsely_twice_alerts_no_more(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        subject = SUBJECTS[0]
        verdicts: list[tuple[str, Verdict]] = [("ann", "different"), ("bob", "cannot_tell"), ("cyd", "different")]
        for name, verdict in verdicts:
            candidate = a_candidate(deployment)
            assert store_candidate(session, candidate, [], None, KEY, NOW) == "alert"
            judge(session, candidate.id, people(session, name)[0], verdict)
        entry = session.get_one(Entry, subject)
        assert (entry.state, entry.false_alerts) == ("quarantined", 2)
        assert store_candidate(session, a_candidate(deployment), [], None, KEY, NOW) == "suppressed"
