"""What officers decide in person, and stops: once, in order, with reasons; and no way to a stop but the one."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.decisions import Refused, adjudicate, expire, get_alert, open_review
from alerts.engagement import (
    Reasoned,
    accept_identity,
    decide_in_person,
    end_stop,
    log_step,
    log_stop,
    prompt_at,
    stale,
)
from alerts.states import AFTER_STOP, CLOSES_AS, Decided, Verdict
from alerts.store import store_candidate
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.ledger import facts_of
from records.policy import pin
from records.rules import TRANSITIONS
from records.schema import (
    DISPOSALS,
    OFFICER_DECISIONS,
    Adjudication,
    Alert,
    Entry,
    Event,
    LedgerEntry,
    OfficerDecision,
    Stop,
    StopStep,
)
from tests.alerts.test_decisions import KEY, NOW, a_candidate, a_deployment, an_alert, judge, people
from tests.records.made import make_person
from watchlist.standing import restore, withdraw

SPAN = timedelta(minutes=5)
"""Of the test policy: how long a stop goes on without a further reason."""


def an_officer(session: Session) -> str:
    return make_person(session, NOW, "engagement_officer")


def a_confirmed_alert(session: Session) -> str:
    alert = an_alert(session)
    judge(session, alert, make_person(session, NOW), "same")
    return alert


def a_stop(session: Session) -> tuple[str, str]:
    """(alert, officer)"""
    alert, officer = a_confirmed_alert(session), an_officer(session)
    log_stop(session, alert, officer, "name asked", NOW)
    return alert, officer


def told(session: Session, kind: Kind) -> list[tuple[str, dict[str, object]]]:
    found = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
    return [(entry.actor, dict(facts_of(entry))) for entry in found]


@pytest.mark.parametrize("decision", CLOSES_AS)
def test_a_decision_without_a_stop_is_a_record_of_its_own_and_closes_the_alert(
    database: Database, decision: Decided
) -> None:
    with database.write() as session:
        alert, officer = a_confirmed_alert(session), an_officer(session)
        closed = decide_in_person(session, alert, officer, decision, NOW)
        assert (closed.state, closed.outcome) == ("closed", CLOSES_AS[decision])
        made = session.query(OfficerDecision).one()
        assert (made.alert_id, made.officer_id, made.decision, made.at) == (alert, officer, decision, NOW)
        assert told(session, Kind.OFFICER_DECIDED) == [(officer, {"alert": alert, "decision": decision})]
        assert session.query(Stop).count() == 0


def test_not_them_is_false_and_counts_against_the_entry_while_lost_does_not(database: Database) -> None:
    decisions: tuple[tuple[Decided, str, int], ...] = (("not_them", "false", 1), ("lost", "not_engaged_lost", 0))
    for decision, outcome, counted in decisions:
        with database.write() as session:
            alert = get_alert(session, a_confirmed_alert(session))
            decide_in_person(session, alert.id, an_officer(session), decision, NOW)
            assert alert.outcome == outcome
            assert session.get_one(Entry, alert.subject_id).false_alerts == counted


@pytest.mark.parametrize("decision", OFFICER_DECISIONS)
def test_nobody_decides_before_the_confirmations_nor_after_the_end(database: Database, decision: Decided) -> None:
    def decide(session: Session, alert: str, officer: str) -> None:
        if decision == "engage":
            log_stop(session, alert, officer, "reason", NOW)
        else:
            decide_in_person(session, alert, officer, decision, NOW)

    with database.write() as session:
        officer = an_officer(session)
        alert = an_alert(session, confirmations=2)
        with pytest.raises(Refused, match="confirmations"):
            decide(session, alert, officer)
        judge(session, alert, make_person(session, NOW), "same")
        with pytest.raises(Refused, match="confirmations"):
            decide(session, alert, officer)
        judge(session, alert, make_person(session, NOW), "different")
        with pytest.raises(Refused, match="over"):
            decide(session, alert, officer)
        assert session.query(OfficerDecision).count() == session.query(Stop).count() == 0


def test_a_tap_that_is_repeated_changes_nothing_and_another_officers_is_told_who_was_first(database: Database) -> None:
    with database.write() as session:
        alert = a_confirmed_alert(session)
        cid, dan = (make_person(session, NOW, "engagement_officer", name) for name in ("Cid", "Dan"))
        decide_in_person(session, alert, cid, "lost", NOW)
        before = session.query(LedgerEntry).count(), session.query(Event).count()
        assert decide_in_person(session, alert, cid, "lost", NOW + SPAN).outcome == "not_engaged_lost"
        with pytest.raises(Refused, match="Cid has decided about this alert already, at 10:00:00 UTC"):
            decide_in_person(session, alert, dan, "not_them", NOW)
        with pytest.raises(Refused, match="you have decided"):
            log_stop(session, alert, cid, "after all", NOW)
        assert (session.query(LedgerEntry).count(), session.query(Event).count()) == before


def test_a_stop_that_is_logged_twice_by_its_officer_is_one(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        assert log_stop(session, alert, officer, "again", NOW).reason == "name asked"
        assert session.query(Stop).count() == session.query(OfficerDecision).count() == 1
        with pytest.raises(Refused, match="has decided"):
            log_stop(session, alert, an_officer(session), "me too", NOW)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE entries SET state = 'withdrawn'", "withdrawn"),
        ("UPDATE entries SET state = 'quarantined'", "quarantined"),
        ("UPDATE entries SET state = 'expired'", "expired"),
        ("UPDATE entries SET expires_at = '2026-11-23T10:00:00.000000Z'", "expired"),
    ],
)
def test_an_entry_that_went_stale_after_the_confirmation_leads_to_no_stop(
    database: Database, change: str, why: str
) -> None:
    with database.write() as session:
        alert, officer = a_confirmed_alert(session), an_officer(session)
        session.execute(text(change))
        session.expire_all()
        assert stale(session, get_alert(session, alert), NOW) == why
        with pytest.raises(Refused, match=f"{why}: no stop follows"):
            log_stop(session, alert, officer, "reason", NOW)
        with pytest.raises(IntegrityError, match="no stop follows"), session.begin_nested():
            session.add(OfficerDecision(alert_id=alert, officer_id=officer, decision="engage", at=NOW))
        assert decide_in_person(session, alert, officer, "stale_entry", NOW).outcome == "not_engaged_stale_entry"


def test_a_quarantine_that_is_lifted_in_time_lets_the_officer_engage(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_confirmed_alert(session), an_officer(session)
        subject = get_alert(session, alert).subject_id
        session.execute(text("UPDATE entries SET state = 'quarantined'"))
        session.expire_all()
        restore(session, subject, make_person(session, NOW, "authorising_officer"), "looked into", NOW)
        assert log_stop(session, alert, officer, "reason", NOW).alert_id == alert


def test_identity_accepted_as_somebody_else_ends_the_stop_at_once(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        closed = accept_identity(session, alert, officer, "other", None, NOW + timedelta(minutes=2))
        assert (closed.state, closed.outcome) == ("closed", "confirmed_false")
        stop = session.query(Stop).one()
        assert (stop.outcome, stop.disposal, stop.ended_at) == (
            "confirmed_false",
            "no_further_action",
            NOW + timedelta(minutes=2),
        )
        assert [step.kind for step in stop.steps] == ["identity_accepted"]
        assert session.get_one(Entry, closed.subject_id).false_alerts == 1
        ended = {"alert": alert, "stop": stop.id, "outcome": "confirmed_false", "disposal": "no_further_action"}
        assert told(session, Kind.STOP_CLOSED) == [(officer, ended)]


def test_identity_accepted_as_the_person_of_the_entry_needs_what_became_of_it(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        with pytest.raises(Refused, match="what became"):
            accept_identity(session, alert, officer, "entry", None, NOW)
        assert get_alert(session, alert).state == "engaged"
        closed = accept_identity(session, alert, officer, "entry", "arrested", NOW)
        assert closed.stop is not None
        assert (closed.outcome, closed.stop.disposal) == ("confirmed_true", "arrested")
        assert accept_identity(session, alert, officer, "entry", "arrested", NOW + SPAN).stop is closed.stop
        assert closed.stop.ended_at == NOW
        with pytest.raises(Refused, match="ended at 10:00:00"):
            accept_identity(session, alert, officer, "other", None, NOW)


def test_a_stop_may_end_without_an_identity_and_then_none_was_accepted(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        assert end_stop(session, alert, officer, "undetermined", "advised", NOW).outcome == "undetermined"
        assert session.query(StopStep).count() == 0


def test_a_stop_ends_only_as_stops_end(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        with pytest.raises(Refused, match="ends as one of"):
            end_stop(session, alert, officer, "true_alert", "advised", NOW)
        with pytest.raises(Refused, match="no stop is open"):
            end_stop(session, a_confirmed_alert(session), officer, "undetermined", "advised", NOW)


@pytest.mark.parametrize(("kind", "reason"), [("fingerprints", "identity_in_doubt"), ("force", "danger")])
def test_fingerprints_and_force_need_a_reason_of_the_policy(database: Database, kind: Reasoned, reason: str) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        for wrong in ("", "because", "waiting_for_source"):
            with pytest.raises(Refused, match="needs a reason, one of"):
                log_step(session, alert, officer, kind, wrong, NOW, new_id())
        step = log_step(session, alert, officer, kind, reason, NOW, new_id())
        assert log_step(session, alert, officer, kind, reason, NOW, step.id) is step
        assert session.query(StopStep).count() == 1
        stop = session.query(Stop).one()
        facts = {"alert": alert, "stop": stop.id, "kind": kind, "reason": reason}
        assert told(session, Kind.STOP_STEP) == [(officer, facts)]


def test_what_the_policy_has_no_reasons_for_may_not_be_done(database: Database) -> None:
    with database.write() as session:
        alert = a_confirmed_alert(session)
        officer = an_officer(session)
        deployment = get_alert(session, alert).deployment
        bare = deployment.policy.split("fingerprint_reasons")[0]
        assert pin(bare).policy.force_reasons == ()
        session.execute(text("DROP TRIGGER " + ON[session.get_bind().dialect.name]))
        session.execute(text("UPDATE deployments SET policy = :policy"), {"policy": bare})
        session.expire_all()
        log_stop(session, alert, officer, "reason", NOW)
        for kind in ("fingerprints", "force", "prolonged"):
            with pytest.raises(Refused, match="may not be done"):
                log_step(session, alert, officer, kind, "danger", NOW + 2 * SPAN, new_id())


ON = {"sqlite": "deployment_keeps_its_terms", "postgresql": "deployment_keeps_its_terms ON deployments"}


def test_a_stop_is_asked_for_a_reason_at_each_span_of_the_policy(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        stop = session.query(Stop).one()
        policy = pin(get_alert(session, alert).deployment.policy).policy

        def go_on(at: datetime) -> StopStep:
            return log_step(session, alert, officer, "prolonged", "welfare", at, new_id())

        assert prompt_at(stop, policy) == NOW + SPAN
        with pytest.raises(Refused, match="not lasted that long"):
            go_on(NOW + SPAN - timedelta(seconds=1))
        first = go_on(NOW + SPAN)
        assert prompt_at(stop, policy) == NOW + 2 * SPAN
        assert go_on(NOW + SPAN + timedelta(seconds=2)) is first
        for who, why in ((an_officer(session), "welfare"), (officer, "arrested")):
            with pytest.raises(Refused, match="not lasted that long"):
                log_step(session, alert, who, "prolonged", why, NOW + SPAN, new_id())
        # An answer that comes late answers for every span until then.
        go_on(NOW + 3.5 * SPAN)
        assert prompt_at(stop, policy) == NOW + 4 * SPAN
        assert [step.at for step in stop.steps] == [NOW + SPAN, NOW + 3.5 * SPAN]


def test_a_stop_that_has_ended_takes_no_step(database: Database) -> None:
    with database.write() as session:
        alert, officer = a_stop(session)
        before = log_step(session, alert, officer, "force", "danger", NOW, new_id())
        end_stop(session, alert, officer, "undetermined", "advised", NOW)
        with pytest.raises(Refused, match="this stop ended"):
            log_step(session, alert, officer, "force", "danger", NOW, new_id())
        # Its answer was lost on the way: it is logged, and that is what is told.
        assert log_step(session, alert, officer, "force", "danger", NOW, before.id) is before


def test_whoever_is_no_officer_decides_nothing(database: Database) -> None:
    with database.write() as session:
        alert = a_confirmed_alert(session)
        for role in ("auditor", "authorising_officer", "list_builder", "administrator"):
            person = make_person(session, NOW, role)
            with pytest.raises(IntegrityError, match="active officer"), session.begin_nested():
                decide_in_person(session, alert, person, "lost", NOW)
            session.expire_all()
        assert get_alert(session, alert).state == "confirmed"


def test_a_change_of_an_entry_is_told_to_the_tablets(database: Database) -> None:
    with database.write() as session:
        subject = get_alert(session, a_confirmed_alert(session)).subject_id
        before = session.query(Event).count()
        withdraw(session, subject, "console", "entered_in_error", NOW)
        assert [event.kind for event in session.query(Event).order_by(Event.id)][before:] == ["entry"]


VERDICTS: tuple[Verdict, ...] = ("same", "different", "cannot_tell")
ACTS = st.one_of(
    st.tuples(st.just("judge"), st.integers(0, 3), st.sampled_from(VERDICTS)),
    st.tuples(st.just("judge"), st.integers(0, 1), st.just("same")),
    st.tuples(st.just("open"), st.integers(0, 3), st.none()),
    st.tuples(st.just("decide"), st.integers(0, 5), st.sampled_from(tuple(CLOSES_AS))),
    st.tuples(st.just("stop"), st.integers(0, 5), st.none()),
    st.tuples(st.just("step"), st.integers(0, 5), st.sampled_from(("fingerprints", "force", "prolonged"))),
    st.tuples(st.just("identity"), st.integers(0, 5), st.sampled_from(("entry", "other"))),
    st.tuples(st.just("end"), st.integers(0, 5), st.tuples(st.sampled_from(AFTER_STOP), st.sampled_from(DISPOSALS))),
    st.tuples(st.just("withdraw"), st.just(0), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 400), st.none()),
    st.tuples(st.just("expire"), st.just(0), st.none()),
)


def act(session: Session, alert: str, crew: list[str], what: tuple[str, int, object], now: datetime) -> None:
    """One act of one person; the crew are three operators, an engagement officer, an auditor and a deactivated one."""
    kind, number, argument = what
    person = crew[number % len(crew)]
    reasons = {"fingerprints": "arrested", "force": "danger", "prolonged": "welfare"}
    if kind == "judge":
        adjudicate(session, alert, person, argument, ["nose"], ["hair"], now)  # type: ignore[arg-type]
    elif kind == "open":
        open_review(session, alert, person, now)
    elif kind == "decide":
        decide_in_person(session, alert, person, argument, now)  # type: ignore[arg-type]
    elif kind == "stop":
        log_stop(session, alert, person, "reason", now)
    elif kind == "step":
        log_step(session, alert, person, argument, reasons[str(argument)], now, new_id())  # type: ignore[arg-type]
    elif kind == "identity":
        accept_identity(session, alert, person, argument, "advised", now)  # type: ignore[arg-type]
    elif kind == "end":
        assert isinstance(argument, tuple)
        end_stop(session, alert, person, argument[0], argument[1], now)
    elif kind == "withdraw":
        withdraw(session, get_alert(session, alert).subject_id, "console", "entered_in_error", now)
    elif kind == "expire":
        expire(session, timedelta(minutes=5), now)


@settings(max_examples=120, deadline=None)
@given(confirmations=st.integers(1, 2), confirmed=st.booleans(), acts=st.lists(ACTS, max_size=12))
def test_whatever_people_do_in_any_order_an_alert_ends_legally_and_nobody_is_stopped_without_all_of_them(
    shared_record: Database, confirmations: int, confirmed: bool, acts: list[tuple[str, int, object]]
) -> None:
    now = NOW
    with shared_record.write() as session:
        candidate = a_candidate(a_deployment(session, confirmations))
        store_candidate(session, candidate, [], None, KEY, now)
        alert = candidate.id
        crew = [*people(session, *(new_id() for _ in range(3))), an_officer(session)]
        crew += [make_person(session, NOW, "auditor"), make_person(session, NOW)]
        session.execute(text("UPDATE people SET active = NOT active WHERE id = :gone"), {"gone": crew[-1]})
        if confirmed:
            acts = [("judge", number, "same") for number in range(confirmations)] + acts
        states = [get_alert(session, alert).state]
        for what in acts:
            if what[0] == "wait":
                now += timedelta(seconds=what[1])
                continue
            try:
                with session.begin_nested():
                    act(session, alert, crew, what, now)
            except (Refused, IntegrityError):
                session.expire_all()
            states.append(get_alert(session, alert).state)
            check(session, get_alert(session, alert), crew, confirmations)
        assert all(before == after or leads(before, after) for before, after in pairwise(states))


def leads(before: str, after: str) -> bool:
    """Whether one state leads to another: a judgement that opens the review takes two steps at once."""
    return any(after == step or after in TRANSITIONS[step] for step in TRANSITIONS[before])


def check(session: Session, alert: Alert, crew: list[str], confirmations: int) -> None:
    votes = session.scalars(select(Adjudication).where(Adjudication.alert_id == alert.id)).all()
    made, stop = session.get(OfficerDecision, alert.id), alert.stop
    assert all(vote.reviewer_id in crew[:3] for vote in votes)
    assert (alert.outcome is not None) == (alert.state in ("closed", "expired"))
    if stop is not None:
        assert made is not None
        assert (made.decision, made.officer_id) == ("engage", stop.officer_id)
        assert stop.officer_id in crew[:4]
        assert {vote.verdict for vote in votes} == {"same"}
        assert len({vote.reviewer_id for vote in votes}) >= confirmations
        assert alert.state == ("engaged" if stop.ended_at is None else "closed")
        assert stop.outcome == alert.outcome
        assert (stop.disposal is None) == (stop.ended_at is None)
    elif made is not None:
        assert alert.outcome == CLOSES_AS[made.decision]  # type: ignore[index]
    if alert.state == "expired":
        assert made is None
        assert alert.outcome == "undetermined"


@pytest.fixture(scope="module")
def shared_record(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One record for all examples: each makes its own deployment."""
    opened = Database(tmp_path_factory.mktemp("acts") / "record.db")
    opened.migrate()
    return opened
