"""Alerts and what people did with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.schema.base import Base, one_of
from records.schema.deployments import Deployment
from records.schema.people import Person

OPEN_STATES = ("waiting", "in_review", "second_review", "confirmed", "engaged")
FINAL_STATES = ("closed", "expired")
VERDICTS = ("same", "different", "cannot_tell")
OFFICER_DECISIONS = ("engage", "not_them", "lost", "discretion", "stale_entry", "stood_down")
"""What the officer who stands in the street decides about a confirmed alert, once."""
STEPS_OF_A_STOP = ("fingerprints", "force", "prolonged", "identity_accepted")
DISPOSALS = ("arrested", "reported", "safeguarded", "advised", "no_further_action")
"""What became of the person who was stopped."""
OUTCOMES = (
    "true_alert",
    "confirmed_true",
    "false",
    "confirmed_false",
    "undetermined",
    "not_engaged_lost",
    "not_engaged_discretion",
    "not_engaged_stale_entry",
    "not_engaged_stood_down",
)


class Alert(Base):
    __tablename__ = "alerts"
    __table_args__ = (
        one_of("state", OPEN_STATES + FINAL_STATES),
        CheckConstraint(f"outcome IS NULL OR outcome IN {OUTCOMES}", name="outcome_is_known"),
        CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="closed_with_outcome"),
        Index(
            "one_open_alert_for_a_person",
            "deployment_id",
            "subject_id",
            unique=True,
            sqlite_where=text(f"state IN {OPEN_STATES}"),
            postgresql_where=text(f"state IN {OPEN_STATES}"),
        ),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    subject_id: Mapped[str]
    camera: Mapped[str]
    track: Mapped[int]
    frame: Mapped[int]
    similarity: Mapped[float]
    threshold: Mapped[float]
    engine: Mapped[str]
    contract: Mapped[str]
    list_hash: Mapped[str]
    captured_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    stored_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    held_for: Mapped[str | None]
    """Evidence reference: without one nothing is kept beyond the policy's retention."""
    erased_at: Mapped[datetime | None]
    """When its pictures went."""

    deployment: Mapped[Deployment] = relationship()
    pictures: Mapped[list["Picture"]] = relationship(back_populates="alert", order_by="Picture.rank")
    adjudications: Mapped[list["Adjudication"]] = relationship(back_populates="alert", order_by="Adjudication.made_at")
    stop: Mapped["Stop | None"] = relationship(back_populates="alert")


class Picture(Base):
    """A picture that belongs to an alert: its looks (rank 0 is the best) and its context, bystanders pixelated."""

    __tablename__ = "pictures"
    __table_args__ = (one_of("kind", ("look", "context")), UniqueConstraint("alert_id", "kind", "rank"))

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[str]
    rank: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """JPEG, sealed with the deployment's alerts key (`records.vault`)."""
    measures: Mapped[dict[str, Any] | None]
    """Of a look: what the worker measured of the face (`wire.messages.LookMeasures`), for warnings at the reveal."""

    alert: Mapped[Alert] = relationship(back_populates="pictures")


class Sighting(Base):
    """A further candidate for a person who has an open alert already: counted, not shown as another alert."""

    __tablename__ = "sightings"

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    camera: Mapped[str]
    track: Mapped[int]
    similarity: Mapped[float]
    captured_at: Mapped[datetime]


class Adjudication(Base):
    __tablename__ = "adjudications"
    __table_args__ = (
        one_of("verdict", VERDICTS),
        UniqueConstraint("alert_id", "reviewer_id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[str]
    similarities: Mapped[list[str]]
    differences: Mapped[list[str]]
    made_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    """When this reviewer first saw the pictures: how long the judgement took."""
    marks: Mapped[list[dict[str, Any]] | None]
    """Places that the reviewer marked on the pictures (`alerts.marks`)."""

    alert: Mapped[Alert] = relationship(back_populates="adjudications")
    reviewer: Mapped[Person] = relationship()


class OfficerDecision(Base):
    """What an officer decided in person about a confirmed alert: a record of its own, once for an alert."""

    __tablename__ = "officer_decisions"
    __table_args__ = (one_of("decision", OFFICER_DECISIONS), {"sqlite_with_rowid": False})

    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    decision: Mapped[str]
    at: Mapped[datetime]

    officer: Mapped[Person] = relationship()


class Stop(Base):
    __tablename__ = "stops"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), unique=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    disposal: Mapped[str | None]
    """One of `DISPOSALS`, once it has ended."""

    alert: Mapped[Alert] = relationship(back_populates="stop")
    officer: Mapped[Person] = relationship()
    steps: Mapped[list["StopStep"]] = relationship(order_by="StopStep.at")


class StopStep(Base):
    """Something done during a stop that needs a reason: fingerprints, force, going on beyond the policy's minutes."""

    __tablename__ = "stop_steps"
    __table_args__ = (one_of("kind", STEPS_OF_A_STOP), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True)
    stop_id: Mapped[str] = mapped_column(ForeignKey("stops.id"))
    officer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    """A code of the policy's list for this kind; None where the step needs none."""
    at: Mapped[datetime]

    officer: Mapped[Person] = relationship()


class Event(Base):
    """What changed, in order: the tablets read on from the last id they saw."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    alert_id: Mapped[str | None]


class Suppressed(Base):
    """A candidate that became no alert: its entry had gone stale, or the search was not allowed any more."""

    __tablename__ = "suppressed"

    id: Mapped[str] = mapped_column(primary_key=True)
    """The candidate's id."""
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    entry_id: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
