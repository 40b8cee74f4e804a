"""Alerts as rows that carry all that a card in the queue is made of, and no picture's bytes."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from records.schema import Alert

FOR_CARDS = (selectinload(Alert.pictures), selectinload(Alert.adjudications), selectinload(Alert.deployment))


def alerts_of(session: Session, alert_ids: Collection[str]) -> dict[str, Alert]:
    """By id; for use after the session too."""
    found = session.scalars(select(Alert).where(Alert.id.in_(alert_ids)).options(*FOR_CARDS)) if alert_ids else ()
    return {alert.id: alert for alert in found}
