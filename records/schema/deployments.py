"""Deployments: what was asked for, who allowed it, where it stands. `records.rules` says what may follow what."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records.schema.base import Base, one_of

KINDS = ("test", "operational")
DEPLOYMENT_STATES = ("draft", "submitted", "authorised", "refused", "running", "paused", "ended", "erased")
BEGUN = ("running", "paused")
COMPLAINT_OUTCOMES = ("upheld", "partly_upheld", "not_upheld", "withdrawn")


class Deployment(Base):
    __tablename__ = "deployments"
    __table_args__ = (
        CheckConstraint("confirmations >= 1", name="needs_a_person"),
        one_of("kind", KINDS),
        one_of("state", DEPLOYMENT_STATES),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    """A test deployment searches for consenting volunteers only, needs no authority, and is marked everywhere."""
    state: Mapped[str]
    confirmations: Mapped[int]
    """How many different people must answer "same" before a stop can be logged."""
    qualified_only: Mapped[bool]
    """Whether only operators whose test of face matching is in date may judge its alerts."""
    policy: Mapped[str]
    """The policy file, word for word, as it stood when the deployment was drafted."""
    policy_hash: Mapped[str]
    document: Mapped[str]
    """Canonical JSON of the application (`alerts.application`): what is asked for, and why."""
    document_hash: Mapped[str]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """The window: no search before or after it."""
    threshold: Mapped[float | None]
    """The least similarity of a candidate. Fixed by the authorisation; while running it can only be raised."""
    list_hash: Mapped[str | None]
    """Hash of the built and sealed list."""
    urgent: Mapped[bool]
    """Allowed by a lower authority, until `ratify_by`."""
    drafted_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    """None where the rig itself drafted a test deployment."""
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    authorised_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    authorised_at: Mapped[datetime | None]
    authorisation_reference: Mapped[str | None]
    ratify_by: Mapped[datetime | None]
    ratified_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    ratified_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    paused_for: Mapped[str | None]
    """Code of the reason while paused."""
    ended_at: Mapped[datetime | None]
    ended_for: Mapped[str | None]
    erased_at: Mapped[datetime | None]
    """When its list's key was destroyed. Its alerts go later, at their own retention date."""


class SignageCheck(Base):
    """One item of the policy's signage checklist, seen to be done by a person at a time."""

    __tablename__ = "signage_checks"
    __table_args__ = ({"sqlite_with_rowid": False},)

    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    checked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    checked_at: Mapped[datetime]


class ThresholdChange(Base):
    """A threshold that one person proposed and, once it counts, another seconded."""

    __tablename__ = "threshold_changes"
    __table_args__ = (
        CheckConstraint("after > before", name="only_upwards"),
        CheckConstraint("seconded_by <> proposed_by", name="takes_two_people"),
        CheckConstraint("(seconded_by IS NULL) = (seconded_at IS NULL)", name="seconded_at_a_time"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    before: Mapped[float]
    after: Mapped[float]
    reason: Mapped[str]
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    seconded_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    seconded_at: Mapped[datetime | None]


class Complaint(Base):
    """A complaint about an alert: while it is open, the alert's evidence is held."""

    __tablename__ = "complaints"
    __table_args__ = (
        UniqueConstraint("deployment_id", "reference"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_outcome"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id"))
    reference: Mapped[str]
    """Of the case in the force's own system: what it says stays there."""
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
