"""Watchlist entries of one deployment. Names, reasons, pictures and templates are sealed with its list key."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.schema.base import Base, one_of

ENTRY_STATES = ("active", "withdrawn", "expired", "quarantined")
RESPONSES = ("act", "verify", "inform")
"""What an alert asks of an officer; one that only informs never leads to a stop."""


class Entry(Base):
    __tablename__ = "entries"
    __table_args__ = (
        one_of("state", ENTRY_STATES),
        one_of("response", RESPONSES),
        UniqueConstraint("deployment_id", "reference_digest"),
        CheckConstraint("length(category) > 0", name="has_a_category"),
        CheckConstraint("length(lawful_basis) > 0", name="has_a_lawful_basis"),
        CheckConstraint("length(source_system) > 0", name="has_a_source"),
        CheckConstraint(
            "approved_by IS NOT NULL OR NOT (under_18 OR vulnerable)", name="children_and_vulnerable_approved"
        ),
        # Asked several times a second which entries are withheld: without reading the sealed ones for it.
        Index("ix_entries_standing", "deployment_id", "state", "expires_at", "status_checked_at"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    reference_digest: Mapped[str]
    """Keyed hash (`watchlist.references`) of the person's reference in the source system: answers "was I listed?"."""
    category: Mapped[str]
    response: Mapped[str]
    lawful_basis: Mapped[str]
    source_system: Mapped[str]
    retention_status: Mapped[str]
    """Why the source still holds the picture: convicted, charged, released under investigation, ..."""
    review_on: Mapped[date]
    """When the source must look at that again: a past date refuses the entry."""
    expires_at: Mapped[datetime]
    under_18: Mapped[bool]
    vulnerable: Mapped[bool]
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """The authorising officer who approved listing a child or a vulnerable person."""
    state: Mapped[str]
    state_reason: Mapped[str | None]
    state_at: Mapped[datetime]
    status_checked_at: Mapped[datetime]
    """When the source last said, or the import stated, that the person is still wanted."""
    false_alerts: Mapped[int]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Reference, name, reason and look-alike note (`watchlist.particulars`), sealed; None once erased."""

    pictures: Mapped[list["EntryPicture"]] = relationship(back_populates="entry", order_by="EntryPicture.id")


class EntryPicture(Base):
    """One accepted reference picture. Its portrait lies sealed in the vault's folder, under its id."""

    __tablename__ = "entry_pictures"
    __table_args__ = (Index("ix_entry_pictures_entry_id", "entry_id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id"))
    taken_on: Mapped[date]
    file_digest: Mapped[str]
    """Keyed hash of the file it came from: finds the same picture under two entries."""
    measures: Mapped[dict[str, Any]]
    """Width, height and landmarks of the portrait, and its quality: no template, no pixels."""
    template: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed float32 values; None once erased."""

    entry: Mapped[Entry] = relationship(back_populates="pictures")


class Import(Base):
    """One file of entries being taken in, or taken in."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the deployment's id and the file's content: the same file again is the same import."""
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    file: Mapped[str]
    by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    rows: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportRow(Base):
    """What came of one row: killed and started again, an import goes on behind the last of these."""

    __tablename__ = "import_rows"
    __table_args__ = (one_of("result", ("accepted", "rejected")), {"sqlite_with_rowid": False})

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    result: Mapped[str]
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("entries.id"))
    findings: Mapped[list[dict[str, Any]]]
    """Each with a code, the column or picture it is about, and a sentence; never a name."""


class BuiltList(Base):
    """The list of a deployment, built and sealed."""

    __tablename__ = "built_lists"
    __table_args__ = ({"sqlite_with_rowid": False},)

    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    hash: Mapped[str]
    contract: Mapped[str]
    built_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    built_at: Mapped[datetime]
    entries: Mapped[int]
    pictures: Mapped[int]
    counts: Mapped[dict[str, Any]]
    """Entries by category, source, response and age of the newest picture."""
    above_cap: Mapped[str | None]
    """Why the list is larger than the policy's cap for the purpose."""
    calibration: Mapped[str | None]
    """Canonical JSON of the models' calibration (`inference.calibration`): where the odds at the reveal come from."""
    erased_at: Mapped[datetime | None]
