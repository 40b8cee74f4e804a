"""How people look at an alert and judge it, and how it moves on. Each function is one step inside one transaction.

What officers do after the confirmation is in `alerts.engagement`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.marks import Mark, points_out, to_stored
from alerts.qualified import NOT_QUALIFIED, may_judge
from alerts.second_look import ends_at, overdue_second_looks
from alerts.states import Outcome, State, Verdict, decide
from alerts.store import RIG
from records.canonical import Json
from records.events import add_event
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.rules import TRANSITIONS
from records.schema import Adjudication, Alert, Person, SignIn, Viewing
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
    """A reviewer looks at the alert. The first one brings it into review. Raises Refused for who is not qualified."""
    alert = get_alert(session, alert_id)
    if not may_judge(session.get(Person, reviewer_id), alert.deployment, now):
        raise Refused(NOT_QUALIFIED)
    if alert.state == "waiting":
        move(session, alert, "in_review", reviewer_id, now)
    return alert


def adjudicate(
    session: Session,
    alert_id: str,
    reviewer_id: str,
    verdict: Verdict,
    similarities: Sequence[str],
    differences: Sequence[str],
    now: datetime,
    marks: Sequence[Mark] = (),
) -> Alert:
    """One reviewer's final judgement. "same" must name, or mark on a picture, what was alike and what differed.

    Raises Refused where the alert is not in review, the second look is over, this reviewer judged it before, or the
    reasons are missing, and MarkError.
    """
    marked = to_stored(marks)
    alert = open_review(session, alert_id, reviewer_id, now)
    if alert.state not in ("in_review", "second_review"):
        raise Refused(f"this alert is {alert.state.replace('_', ' ')}: it takes no more judgements")
    if any(made.reviewer_id == reviewer_id for made in alert.adjudications):
        raise Refused("you have judged this alert already: another person must look at it")
    over = ends_at(alert)
    if over is not None and now >= over:
        raise Refused("the time for another look is over: the alert ends, and nobody is engaged")
    alike, differing = similarities or points_out(marks, "alike"), differences or points_out(marks, "differs")
    if verdict == "same" and not (alike and differing):
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
            opened_at=_first_seen(session, alert.id, reviewer_id),
            marks=marked,
        )
    )
    session.flush()
    session.refresh(alert, ["adjudications"])
    decision = decide([cast("Verdict", made.verdict) for made in alert.adjudications], alert.deployment.confirmations)
    append(session, reviewer_id, Kind.ALERT_ADJUDICATED, {"alert": alert.id, "verdict": verdict}, now)
    move(session, alert, decision.state, reviewer_id, now, decision.outcome)
    return alert


def _first_seen(session: Session, alert_id: str, person_id: str) -> datetime | None:
    """When this person first had the alert's pictures; None where no sign-in of theirs has seen them."""
    seen = select(Viewing.at).join(SignIn, SignIn.token_hash == Viewing.sign_in)
    mine = seen.where(Viewing.alert_id == alert_id, SignIn.person_id == person_id)
    return session.scalar(mine.order_by(Viewing.at).limit(1))


def overdue(session: Session, older_than: timedelta, now: datetime) -> Sequence[Alert]:
    """Alerts that nobody decided within this time: reviewers after it was stored, officers after its last judgement.

    And those whose second look came too late: that has its own time, however old the alert is.
    """
    unjudged = Alert.state.in_(("waiting", "in_review")) & (Alert.stored_at < now - older_than)
    judged = select(func.max(Adjudication.made_at)).where(Adjudication.alert_id == Alert.id).scalar_subquery()
    left_alone = (Alert.state == "confirmed") & (judged < now - older_than)
    old = session.scalars(select(Alert).where(unjudged | left_alone)).all()
    return [*old, *overdue_second_looks(session, now)]


def expire(session: Session, older_than: timedelta, now: datetime) -> list[str]:
    """Overdue alerts expire as undetermined: no engagement. Returns their ids."""
    alerts = overdue(session, older_than, now)
    for alert in alerts:
        move(session, alert, "expired", RIG, now, "undetermined")
    return [alert.id for alert in alerts]


def move(
    session: Session, alert: Alert, state: State, actor: str, now: datetime, outcome: Outcome | None = None
) -> None:
    """To the next state, told to the tablets and the ledger. Raises Refused for a step that does not follow."""
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
