"""How far each control room has been told."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from records.schema.base import Base


class WebhookMark(Base):
    __tablename__ = "webhook_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Of the webhook in the rig's configuration."""
    event_id: Mapped[int]
    """The last event that it took."""
    at: Mapped[datetime]
    failures: Mapped[int]
    """In a row, since the last success."""
    detail: Mapped[str]
    """What the last failure was; never an answer's body."""
