"""What the rig does by itself in each round: ends what is over, and pauses what must not go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from alerts.application import Application, read_document
from alerts.authority import Rig
from alerts.deployments import end_by_rig, pause_by_rig
from alerts.places import is_inside
from alerts.position import Reading
from alerts.reasons import OUTSIDE, POSITION_LOST, RATIFICATION_OVERDUE, STOP_RULE, WINDOW_OVER
from alerts.steps import get_deployment
from alerts.stop_rule import must_stop
from records.policy import pin
from records.schema import BEGUN, Deployment

TIMED = ("authorised", *BEGUN)
"""States in which time alone may end a deployment."""


@dataclass(frozen=True)
class Step:
    what: Literal["end", "pause"]
    reason: str


def due(session: Session, deployment_id: str, rig: Rig, now: datetime) -> Step | None:
    """What is to be done now. Reads only, so that a round without a step takes no write lock."""
    found = get_deployment(session, deployment_id)
    if found.state not in TIMED:
        return None
    if now >= found.ends_at:
        return Step("end", WINDOW_OVER)
    if found.urgent and found.ratified_by is None and (found.ratify_by is None or now >= found.ratify_by):
        return Step("end", RATIFICATION_OVERDUE)
    if found.state != "running" or found.kind == "test":
        return None
    reason = _displaced(found, rig.position)
    if reason is None and must_stop(session, found.id, pin(found.policy).policy.stop_rule, now):
        reason = STOP_RULE
    return None if reason is None else Step("pause", reason)


def keep_time(session: Session, deployment_id: str, rig: Rig, now: datetime) -> Step | None:
    """Does what is due, in the caller's write transaction, and says what it was."""
    step = due(session, deployment_id, rig, now)
    if step is not None:
        (end_by_rig if step.what == "end" else pause_by_rig)(session, deployment_id, step.reason, now)
    return step


def _displaced(found: Deployment, reading: Reading | None) -> str | None:
    document = read_document(found.document)
    if reading is None or not isinstance(document, Application):
        return None
    if reading.lost:
        return POSITION_LOST
    fix = reading.fresh
    if fix is not None and not is_inside(document.place, fix.latitude, fix.longitude):
        return OUTSIDE
    return None
