"""Telling the tablets that something changed: a numbered row, written in the transaction of the change itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from records.schema import Event


def add_event(session: Session, kind: str, alert_id: str | None, now: datetime) -> Event:
    event = Event(at=now, kind=kind, alert_id=alert_id)
    session.add(event)
    session.flush()
    return event
