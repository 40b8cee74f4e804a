"""The card for a person who was stopped: who, why, when, how to complain. Nothing of the entry, no name, no score."""

from datetime import datetime
from io import BytesIO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import segno
from sqlalchemy.orm import Session

from alerts.application import Application, read_document
from alerts.decisions import Refused, get_alert
from operator_ui.language import translated
from operator_ui.settings import Public
from records.policy import pin
from records.schema import Deployment


class StopCard(msgspec.Struct, frozen=True):
    stop: str
    """Its id: what a complaint names."""
    reference: str
    """The last of its digits, to say aloud."""
    officer: str
    """The officer's reference: the last digits of an id, no name."""
    at: datetime
    deployment: str
    deployment_name: str
    kind: str
    purpose: str
    """In the policy's words."""
    alert_hours: float
    """So long the alert's pictures are kept after it was closed."""


def read_card(session: Session, alert_id: str) -> StopCard:
    """Raises NotFound, and Refused where nobody was stopped."""
    alert = get_alert(session, alert_id)
    if alert.stop is None:
        raise Refused("no stop was logged for this alert: there is no card for it")
    deployment = alert.deployment
    return StopCard(
        stop=alert.stop.id,
        reference=short(alert.stop.id),
        officer=short(alert.stop.officer_id),
        at=alert.stop.started_at,
        deployment=deployment.id,
        deployment_name=deployment.name,
        kind=deployment.kind,
        purpose=_purpose(deployment),
        alert_hours=pin(deployment.policy).policy.retention.alert_hours,
    )


def short(identity: str) -> str:
    """The random end of an id, as 4 and 4 digits."""
    digits = identity.replace("-", "")[-8:].upper()
    return f"{digits[:4]}-{digits[4:]}"


def code_text(public: Public | None, card: StopCard) -> str:
    """What the card's code says: the page for complaints with the stop's id, or the same as plain text."""
    if public is None:
        return translated("Stop {stop}, {at} UTC, deployment {deployment}").format(
            stop=card.stop, at=f"{card.at:%Y-%m-%d %H:%M}", deployment=card.deployment
        )
    complaints = public.complaints or public.contact
    if is_page(complaints):
        parts = urlsplit(complaints)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("stop", card.stop)])
        return urlunsplit(parts._replace(query=query))
    return translated("{controller}, stop {stop}, {at} UTC. Complaints: {complaints}").format(
        controller=public.controller, stop=card.stop, at=f"{card.at:%Y-%m-%d %H:%M}", complaints=complaints
    )


def is_page(complaints: str) -> bool:
    return complaints.startswith("https://")


def code_svg(text: str) -> bytes:
    """A QR code, dark on light whatever the theme, with its quiet zone."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", border=4, dark="#000", light="#fff", omitsize=True)
    return drawn.getvalue()


def _purpose(deployment: Deployment) -> str:
    policy = pin(deployment.policy).policy
    if deployment.kind == "test":
        return policy.purposes[0].words
    document = read_document(deployment.document)
    purpose = policy.purpose(document.purpose) if isinstance(document, Application) else None
    return policy.name if purpose is None else purpose.words
