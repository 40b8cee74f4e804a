"""Why an alert is looked at (invariant 9): every view carries a reason or asks for one, and is in the ledger once.

Once for a person, an alert and a sign-in, whatever number of pictures it shows; and once more when its
entry is revealed.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from alerts.decisions import get_alert
from operator_ui.desk import Desk
from operator_ui.steps import Step, Viewer, revealed, sees_faces, step_for
from records.canonical import Json
from records.facts import Kind
from records.ledger import append
from records.policy import pin
from records.schema import Alert, Viewing

REVIEW = "review"
CARRY_THEIR_REASON: tuple[Step, ...] = ("review", "wait", "decide", "stop")
"""Steps in which the person acts on the alert: the reason to look is the act."""
SHOW_NOTHING: tuple[Step, ...] = ("hold",)


class ReasonMissing(HTTPException):
    """The alert is to be read, not acted on: a person must say why first."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        known = ", ".join(reasons)
        super().__init__(403, f"say why you look at this alert first (POST its views); known reasons are {known}")
        self.reasons = dict(reasons)


def reasons_for(alert: Alert) -> dict[str, str]:
    """Code -> words, of the policy under which the alert was raised."""
    return {reason.code: reason.words for reason in pin(alert.deployment.policy).policy.view_reasons}


def is_noted(session: Session, alert: Alert, viewer: Viewer) -> bool:
    """Whether this view needs no further word in the ledger; writes nothing."""
    return step_for(alert, viewer) in SHOW_NOTHING or _noted(session, alert, viewer)


async def look_at(desk: Desk, alert_id: str, viewer: Viewer) -> None:
    """Before an alert is shown. Raises NotFound, and ReasonMissing as `note_view`."""
    if not await desk.read(lambda session: is_noted(session, get_alert(session, alert_id), viewer)):
        now = desk.now()
        await desk.write(lambda session: note_view(session, get_alert(session, alert_id), viewer, now))


def note_view(session: Session, alert: Alert, viewer: Viewer, now: datetime, reason: str | None = None) -> None:
    """Before an alert is shown: its view is put down, with the reason given or the one that the step carries.

    Raises ReasonMissing where neither is there, or the policy does not know the one given.
    """
    step = step_for(alert, viewer)
    if reason is None:
        if is_noted(session, alert, viewer):
            return
        before = session.get(Viewing, (viewer.sign_in, alert.id))
        if before is None and step not in CARRY_THEIR_REASON:
            raise ReasonMissing(reasons_for(alert))
        reason = before.reason if before else REVIEW
    elif reason not in reasons_for(alert):
        raise ReasonMissing(reasons_for(alert))
    _note(session, alert, viewer, reason, now)


def note_act(session: Session, alert_id: str, viewer: Viewer, now: datetime) -> None:
    """Who has just acted on an alert sees it for that reason, on whatever way."""
    _note(session, get_alert(session, alert_id), viewer, REVIEW, now)


def _note(session: Session, alert: Alert, viewer: Viewer, reason: str, now: datetime) -> None:
    found = session.get(Viewing, (viewer.sign_in, alert.id))
    if found is None:
        found = Viewing(sign_in=viewer.sign_in, alert_id=alert.id, reason=reason, at=now, revealed=False)
        session.add(found)
        append(session, viewer.person_id, Kind.ALERT_VIEWED, {"alert": alert.id, "reason": reason}, now)
    if _shows_entry(alert, viewer) and not found.revealed:
        found.revealed = True
        told: dict[str, Json] = {"deployment": alert.deployment_id, "entry": alert.subject_id, "reason": found.reason}
        append(session, viewer.person_id, Kind.ENTRY_VIEWED, told, now)


def _noted(session: Session, alert: Alert, viewer: Viewer) -> bool:
    found = session.get(Viewing, (viewer.sign_in, alert.id))
    return found is not None and (found.revealed or not _shows_entry(alert, viewer))


def _shows_entry(alert: Alert, viewer: Viewer) -> bool:
    return revealed(alert) and sees_faces(alert, viewer)
