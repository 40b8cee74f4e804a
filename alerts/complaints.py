"""Complaints: a case in the force's own system, linked to an alert whose pictures stay while the case is open.

Only its reference and its outcome are kept here: what it says stays in that system. It ends with the hold: a complaint
that nobody closes keeps the pictures for as long, and `openlfr evidence list` shows it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.decisions import NotFound, Refused, get_alert
from alerts.retention import RetentionError
from alerts.steps import acting, get_deployment
from records.canonical import Json
from records.facts import REFERENCE, Kind
from records.ids import new_id
from records.ledger import append
from records.schema import COMPLAINT_OUTCOMES, Complaint, Person

HANDLERS = ("authorising_officer", "auditor")


def open_complaint(
    session: Session,
    deployment_id: str,
    reference: str,
    person: Person,
    now: datetime,
    *,
    alert_id: str | None = None,
) -> Complaint:
    """Without an alert it is recorded, and holds nothing. Raises NotFound, Refused or RetentionError."""
    deployment = get_deployment(session, deployment_id)
    handler = acting(session, person, HANDLERS, "record a complaint")
    if not REFERENCE.accepts(reference):
        raise RetentionError(f"a complaint takes the reference of its case: {REFERENCE.what}")
    if alert_id is not None and get_alert(session, alert_id).deployment_id != deployment.id:
        raise Refused("this alert belongs to another deployment")
    same = (Complaint.deployment_id == deployment.id, Complaint.reference == reference)
    if session.scalar(select(Complaint.id).where(*same)) is not None:
        raise Refused("there is a complaint of this reference about this deployment already")
    made = Complaint(
        id=new_id(),
        deployment_id=deployment.id,
        alert_id=alert_id,
        reference=reference,
        opened_by=handler.id,
        opened_at=now,
    )
    session.add(made)
    session.flush()
    facts: dict[str, Json] = {"deployment": deployment.id, "complaint": made.id, "reference": reference}
    append(session, handler.id, Kind.COMPLAINT_OPENED, facts if alert_id is None else facts | {"alert": alert_id}, now)
    return made


def close_complaint(session: Session, complaint_id: str, outcome: str, person: Person, now: datetime) -> Complaint:
    """For good; the alert's pictures go when they are due. Whoever allowed the deployment does not judge it.

    Raises NotFound, Refused or RetentionError.
    """
    handler = acting(session, person, HANDLERS, "close a complaint")
    found = session.get(Complaint, complaint_id)
    if found is None:
        raise NotFound(f"there is no complaint {complaint_id}")
    if found.closed_at is not None:
        raise Refused(f"this complaint was closed as {found.outcome}")
    deployment = get_deployment(session, found.deployment_id)
    if handler.id in (deployment.authorised_by, deployment.ratified_by, deployment.drafted_by):
        raise Refused("you drafted or allowed this deployment: another person closes a complaint about it")
    if outcome not in COMPLAINT_OUTCOMES:
        raise RetentionError(f"a complaint ends as one of: {', '.join(COMPLAINT_OUTCOMES)}")
    found.closed_at, found.outcome = now, outcome
    session.flush()
    facts: dict[str, Json] = {"deployment": deployment.id, "complaint": found.id, "outcome": outcome}
    append(session, handler.id, Kind.COMPLAINT_CLOSED, facts, now)
    return found


def complaints(session: Session) -> Sequence[Complaint]:
    """Open ones first, each group in the order they were opened."""
    return session.scalars(select(Complaint).order_by(Complaint.closed_at.is_not(None), Complaint.id)).all()
