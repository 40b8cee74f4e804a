"""What people do with an alert: review, adjudicate, stop, close. Each function is one step inside one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.states import AFTER_STOP, WITHOUT_STOP, Outcome, State, Verdict, decide
from alerts.store import RIG, add_event
from records.canonical import Json
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.rules import TRANSITIONS
from records.schema import Adjudication, Alert, Stop
from watchlist.standing import count_false_alert

FALSE: tuple[Outcome, ...] = ("false", "confirmed_false")
"""What counts against an entry: its policy says how often it may happen before the entry is quarantined."""
REVIEWERS = ("operator",)
OFFICERS = ("operator", "engagement_officer")


class Refused(Exception):
    """The step is not allowed now; the message says why, for the person who tried."""


class NotFound(LookupError):
    """No alert with this id."""


def get_alert(session: Session, alert_id: str) -> Alert:
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}")
    return alert


def open_review(session: Session, alert_id: str, reviewer_id: str, now: datetime) -> Alert:
    """A reviewer looks at the alert. The first one brings it into review."""
    alert = get_alert(session, alert_id)
    if alert.state == "waiting":
        _move(session, alert, "in_review", reviewer_id, now)
    return alert


def adjudicate(
    session: Session,
    alert_id: str,
    reviewer_id: str,
    verdict: Verdict,
    similarities: Sequence[str],
    differences: Sequence[str],
    now: datetime,
) -> Alert:
    """One reviewer's final judgement. "same" must name what was alike and what differed.

    Raises Refused where the alert is not in review, this reviewer judged it before, or the reasons are missing.
    """
    alert = open_review(session, alert_id, reviewer_id, now)
    if alert.state not in ("in_review", "second_review"):
        raise Refused(f"this alert is {alert.state.replace('_', ' ')}: it takes no more judgements")
    if any(made.reviewer_id == reviewer_id for made in alert.adjudications):
        raise Refused("you have judged this alert already: another person must look at it")
    if verdict == "same" and not (similarities and differences):
        raise Refused('"same person" needs at least one similarity and at least one difference that you looked at')
    session.add(
        Adjudication(
            id=new_id(),
            alert_id=alert.id,
            reviewer_id=reviewer_id,
            verdict=verdict,
            similarities=list(similarities),
            differences=list(differences),
            made_at=now,
        )
    )
    session.flush()
    session.refresh(alert, ["adjudications"])
    decision = decide([cast("Verdict", made.verdict) for made in alert.adjudications], alert.deployment.confirmations)
    append(session, reviewer_id, Kind.ALERT_ADJUDICATED, {"alert": alert.id, "verdict": verdict}, now)
    _move(session, alert, decision.state, reviewer_id, now, decision.outcome)
    return alert


def log_stop(session: Session, alert_id: str, officer_id: str, reason: str, now: datetime) -> Stop:
    """An officer stopped the person. Only after the confirmations of the policy; the database checks it again."""
    alert = get_alert(session, alert_id)
    if alert.state != "confirmed":
        raise Refused(
            "a stop needs the confirmations that the policy asks for"
            if alert.state in ("waiting", "in_review", "second_review")
            else f"this alert is {alert.state}: no stop can be logged for it"
        )
    if not reason.strip():
        raise Refused("say in a few words why the person was stopped")
    stop = Stop(id=new_id(), alert_id=alert.id, officer_id=officer_id, reason=reason.strip(), started_at=now)
    session.add(stop)
    session.flush()
    append(session, officer_id, Kind.STOP_LOGGED, {"alert": alert.id, "stop": stop.id}, now)
    _move(session, alert, "engaged", officer_id, now)
    return stop


def close_stop(session: Session, alert_id: str, officer_id: str, outcome: Outcome, now: datetime) -> Alert:
    alert = get_alert(session, alert_id)
    if alert.state != "engaged" or alert.stop is None:
        raise Refused("no stop is open for this alert")
    if outcome not in AFTER_STOP:
        raise Refused(f"a stop ends as one of: {', '.join(AFTER_STOP)}")
    alert.stop.ended_at, alert.stop.outcome = now, outcome
    facts: dict[str, Json] = {"alert": alert.id, "stop": alert.stop.id, "outcome": outcome}
    append(session, officer_id, Kind.STOP_CLOSED, facts, now)
    _move(session, alert, "closed", officer_id, now, outcome)
    return alert


def do_not_engage(session: Session, alert_id: str, officer_id: str, outcome: Outcome, now: datetime) -> Alert:
    """Close a confirmed alert without a stop: lost, discretion, stale entry, stood down."""
    alert = get_alert(session, alert_id)
    if alert.state != "confirmed":
        raise Refused(f"this alert is {alert.state.replace('_', ' ')}: only a confirmed one is closed this way")
    if outcome not in WITHOUT_STOP:
        raise Refused(f"without a stop an alert closes as one of: {', '.join(WITHOUT_STOP)}")
    _move(session, alert, "closed", officer_id, now, outcome)
    return alert


def overdue(session: Session, older_than: timedelta, now: datetime) -> Sequence[Alert]:
    """Alerts that nobody decided within this time after they were stored."""
    return session.scalars(
        select(Alert).where(
            Alert.state.in_(("waiting", "in_review", "second_review")), Alert.stored_at < now - older_than
        )
    ).all()


def expire(session: Session, older_than: timedelta, now: datetime) -> list[str]:
    """Overdue alerts expire as undetermined: no engagement. Returns their ids."""
    alerts = overdue(session, older_than, now)
    for alert in alerts:
        _move(session, alert, "expired", RIG, now, "undetermined")
    return [alert.id for alert in alerts]


def _move(
    session: Session, alert: Alert, state: State, actor: str, now: datetime, outcome: Outcome | None = None
) -> None:
    if state == alert.state:
        return
    if state not in TRANSITIONS[alert.state]:
        raise Refused(f"an alert that is {alert.state} cannot become {state}")
    alert.state = state
    if state in ("closed", "expired"):
        alert.outcome, alert.closed_at = outcome or "undetermined", now
    session.flush()
    add_event(session, state, alert.id, now)
    if state == "confirmed":
        confirmed: dict[str, Json] = {"alert": alert.id, "confirmations": len(alert.adjudications)}
        append(session, actor, Kind.ALERT_CONFIRMED, confirmed, now)
    elif state == "closed":
        append(session, actor, Kind.ALERT_CLOSED, {"alert": alert.id, "outcome": alert.outcome}, now)
        if alert.outcome in FALSE:
            count_false_alert(session, alert.subject_id, now)
    elif state == "expired":
        append(session, actor, Kind.ALERT_EXPIRED, {"alert": alert.id}, now)
