"""How long an alert's pictures stay: hours after it was closed, longer only while held for evidence or a complaint.

What remains of an alert afterwards names nobody: which entry and camera, when, what people decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from alerts.decisions import Refused, get_alert
from alerts.reasons import PURGED_FOR
from alerts.steps import acting
from alerts.store import RIG
from records.canonical import Json
from records.errors import RecordsError
from records.events import add_event
from records.facts import REFERENCE, Kind
from records.ledger import append
from records.policy import Retention, pin
from records.schema import Alert, Complaint, Deployment, Person, Picture
from records.times import to_text

HOLDERS = ("authorising_officer", "auditor")
LONGEST = timedelta(days=31)
"""What nobody holds goes this long after it was stored, however long its deployment runs."""


class RetentionError(RecordsError):
    """A hold or complaint that cannot be taken as it was asked for; the message says why."""


def hold(session: Session, alert_id: str, person: Person, reference: str, until: datetime, now: datetime) -> Alert:
    """Keep an alert's pictures until a time, for a case whose `reference` says where the reason is written down.

    At most the policy's days from now; holding it again, naming the reference again, renews it. Raises NotFound,
    Refused, RetentionError.
    """
    holder = acting(session, person, HOLDERS, "hold an alert's pictures")
    alert = _with_pictures(session, alert_id, now)
    longest = timedelta(days=rules_of(alert.deployment).held_days)
    if not REFERENCE.accepts(reference):
        raise RetentionError(f"a hold takes the reference of the evidence: {REFERENCE.what}")
    if not now < until <= now + longest:
        raise RetentionError(f"an alert is held until a time in the next {longest.days} days, renewed when it is over")
    alert.held_until, alert.held_for = until, reference
    session.flush()
    facts: dict[str, Json] = {"alert": alert.id, "reference": reference, "until": to_text(until)}
    append(session, holder.id, Kind.ALERT_HELD, facts, now)
    return alert


def release(session: Session, alert_id: str, person: Person, now: datetime) -> Alert:
    """The hold is over: the pictures go when they are due, which may be at once. Raises NotFound or Refused."""
    holder = acting(session, person, HOLDERS, "release an alert's pictures")
    alert = get_alert(session, alert_id)
    if alert.held_for is None:
        raise Refused("this alert is not held")
    alert.held_until, alert.held_for = None, None
    session.flush()
    append(session, holder.id, Kind.ALERT_RELEASED, {"alert": alert.id}, now)
    return alert


@dataclass(frozen=True)
class Held:
    alert: Alert
    reference: str
    until: datetime | None
    """None: as long as the complaint is open."""


def held(session: Session, now: datetime) -> list[Held]:
    """What is kept beyond its time, or would be: holds that last, then open complaints."""
    having = select(Alert).where(Alert.erased_at.is_(None)).order_by(Alert.id)
    by_hold = session.scalars(having.where(Alert.held_until > now))
    by_complaint = session.execute(
        select(Alert, Complaint.reference)
        .join(Complaint, Complaint.alert_id == Alert.id)
        .where(Complaint.closed_at.is_(None), Alert.erased_at.is_(None))
        .order_by(Complaint.id)
    )
    return [
        *(Held(alert, alert.held_for or "", alert.held_until) for alert in by_hold),
        *(Held(alert, reference, None) for alert, reference in by_complaint),
    ]


def keep_until(alert: Alert, deployment: Deployment, rules: Retention) -> datetime:
    """Until when the pictures stay where nobody holds them. An alert that nobody closed goes with its deployment."""
    hours = timedelta(hours=rules.alert_hours)
    ends = (alert.closed_at, deployment.ended_at)
    return min([alert.stored_at + LONGEST, *(end + hours for end in ends if end is not None)])


def is_purged(deployment: Deployment, now: datetime) -> bool:
    """Whether it was never allowed in the end: then its inputs and outputs go at once, held or not.

    An urgent deployment that ended before anybody ratified it is so when the time to ratify it is over.
    """
    if deployment.ended_for in PURGED_FOR:
        return True
    unratified = deployment.urgent and deployment.ratified_by is None and deployment.ended_at is not None
    return unratified and (deployment.ratify_by is None or now >= deployment.ratify_by)


def due(session: Session, now: datetime) -> list[Alert]:
    """Alerts whose pictures must go now."""
    holding = held_alerts(session, now)
    # What has pictures, whatever else is said of it.
    having = select(Picture.alert_id).distinct()
    kept = session.scalars(
        select(Alert).where(or_(Alert.erased_at.is_(None), Alert.id.in_(having))).order_by(Alert.id)
    ).all()
    return [
        alert
        for alert in kept
        if is_purged(alert.deployment, now)
        or (alert.id not in holding and now >= keep_until(alert, alert.deployment, rules_of(alert.deployment)))
    ]


def held_alerts(session: Session, now: datetime) -> frozenset[str]:
    """Ids of the alerts that a hold or an open complaint keeps."""
    return frozenset(kept.alert.id for kept in held(session, now))


def erase_pictures(session: Session, alerts: Sequence[Alert], now: datetime) -> int:
    """Delete the alerts' pictures and tell the ledger; how many pictures went."""
    by_deployment: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_deployment.setdefault(alert.deployment_id, []).append(alert)
    gone = 0
    for deployment_id, its in by_deployment.items():
        of_alerts = Picture.alert_id.in_([alert.id for alert in its])
        pictures = session.scalar(select(func.count()).select_from(Picture).where(of_alerts)) or 0
        session.execute(delete(Picture).where(of_alerts))
        for alert in its:
            alert.erased_at = now
            add_event(session, "erased", alert.id, now)
        facts: dict[str, Json] = {"deployment": deployment_id, "alerts": len(its), "pictures": pictures}
        append(session, RIG, Kind.ALERTS_ERASED, facts, now)
        gone += pictures
    return gone


def rules_of(deployment: Deployment) -> Retention:
    return pin(deployment.policy).policy.retention


def _with_pictures(session: Session, alert_id: str, now: datetime) -> Alert:
    alert = get_alert(session, alert_id)
    if alert.erased_at is not None:
        raise Refused("the pictures of this alert are erased: there is nothing left to hold")
    if is_purged(alert.deployment, now):
        raise Refused("its deployment was never allowed in the end: nothing of it is held")
    return alert
