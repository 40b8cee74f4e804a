from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from alerts.decisions import Refused, adjudicate, close_stop, do_not_engage, expire, get_alert, log_stop, open_review
from alerts.people import add_person
from alerts.states import Verdict, decide
from alerts.store import UnknownDeployment, store_candidate
from records.database import Database
from records.ids import new_id
from records.schema import Alert, Deployment, Event, Picture, Sighting
from wire.messages import Candidate

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def a_deployment(session: Session, confirmations: int = 1) -> str:
    deployment = Deployment(id=new_id(), name="test", kind="test", confirmations=confirmations, created_at=NOW)
    session.add(deployment)
    session.flush()
    return deployment.id


def a_candidate(deployment: str, subject: str = "s1", **changes: object) -> Candidate:
    fields: dict[str, object] = {
        "id": new_id(),
        "deployment": deployment,
        "camera": "north",
        "track": 4,
        "subject": subject,
        "similarity": 0.61,
        "threshold": 0.4,
        "looks": 1,
        "frame": 12,
        "captured_at": 1_700_000_000_000_000_000,
        "raised_at": 1_700_000_000_200_000_000,
        "engine": "exact",
        "contract": "c",
        "list_hash": "h",
    }
    return Candidate(**(fields | changes))  # type: ignore[arg-type]


def an_alert(session: Session, confirmations: int = 1) -> str:
    candidate = a_candidate(a_deployment(session, confirmations))
    assert store_candidate(session, candidate, [b"look"], b"context", NOW) == "alert"
    return candidate.id


def people(session: Session, *names: str) -> list[str]:
    return [add_person(session, name, "operator", "a long password", NOW).id for name in names]


def judge(session: Session, alert: str, reviewer: str, verdict: Verdict) -> Alert:
    return adjudicate(session, alert, reviewer, verdict, ["nose"], ["hair"], NOW)


def test_a_candidate_that_comes_twice_is_stored_once(database: Database) -> None:
    with database.write() as session:
        candidate = a_candidate(a_deployment(session))
        assert store_candidate(session, candidate, [b"1", b"2"], b"c", NOW) == "alert"
    with database.write() as session:
        assert store_candidate(session, candidate, [b"1", b"2"], b"c", NOW) == "known"
        assert session.query(Alert).count() == 1
        assert session.query(Picture).count() == 3
        assert session.query(Event).count() == 1


def test_a_person_with_an_open_alert_gets_no_second_one_from_another_camera(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        first = a_candidate(deployment)
        store_candidate(session, first, [], None, NOW)
        again = a_candidate(deployment, camera="south")
        assert store_candidate(session, again, [], None, NOW) == "sighting"
        assert store_candidate(session, again, [], None, NOW) == "known"
        assert store_candidate(session, a_candidate(deployment, subject="s2"), [], None, NOW) == "alert"
        assert session.query(Sighting).one().alert_id == first.id


def test_after_an_alert_closed_the_same_person_can_be_alerted_again(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        first = a_candidate(deployment)
        store_candidate(session, first, [], None, NOW)
        judge(session, first.id, people(session, "ann")[0], "different")
        assert store_candidate(session, a_candidate(deployment), [], None, NOW) == "alert"


def test_a_candidate_for_an_unknown_or_ended_deployment_is_refused(database: Database) -> None:
    with database.write() as session:
        deployment = a_deployment(session)
        with pytest.raises(UnknownDeployment):
            store_candidate(session, a_candidate(new_id()), [], None, NOW)
        found = session.get(Deployment, deployment)
        assert found is not None
        found.ended_at = NOW
        with pytest.raises(UnknownDeployment, match="not running"):
            store_candidate(session, a_candidate(deployment), [], None, NOW)


def test_the_way_from_alert_to_closed_stop(database: Database) -> None:
    with database.write() as session:
        alert = an_alert(session)
        (ann,) = people(session, "ann")
        assert open_review(session, alert, NOW).state == "in_review"
        assert judge(session, alert, ann, "same").state == "confirmed"
        log_stop(session, alert, ann, "name and date of birth asked", NOW)
        closed = close_stop(session, alert, "confirmed_false", NOW)
        assert (closed.state, closed.outcome) == ("closed", "confirmed_false")
        kinds = [event.kind for event in session.query(Event).order_by(Event.id)]
        assert kinds == ["alert", "in_review", "confirmed", "engaged", "closed"]


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
            do_not_engage(session, alert, "confirmed_true", NOW)
        assert do_not_engage(session, alert, "not_engaged_lost", NOW).outcome == "not_engaged_lost"


def test_one_doubt_outweighs_any_number_of_same() -> None:
    assert decide(["same", "same", "cannot_tell"], 2).outcome == "undetermined"
    assert decide(["different"], 1).outcome == "false"
    assert decide(["same"], 2).state == "second_review"
    assert decide([], 1).state == "in_review"
