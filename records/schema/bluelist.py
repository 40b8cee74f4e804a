"""Passes of volunteers in front of a camera, noted by people: the truth that the rig is measured against."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.schema.base import Base


class VolunteerPass(Base):
    """That a volunteer of a test list walked past a camera between two moments."""

    __tablename__ = "volunteer_passes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id"))
    camera: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    light: Mapped[str]
    """A code: day, dusk, night, indoor, backlit."""
    group: Mapped[str | None]
    """As the volunteer described himself or herself, a code of the test's own list; None where nothing was said."""
    logged_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """None where a schedule told it."""
    logged_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """When the volunteer or who logged it took it back: it is not counted."""
