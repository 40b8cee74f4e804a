"""The tables of a rig's record. Rules that must hold against any writer stand in `rules.py`, in the database itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from records.times import UtcTime

OPEN_STATES = ("waiting", "in_review", "second_review", "confirmed", "engaged")
FINAL_STATES = ("closed", "expired")
VERDICTS = ("same", "different", "cannot_tell")
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
ROLES = ("operator", "engagement_officer", "auditor", "administrator")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012 - SQLAlchemy's form


class Deployment(Base):
    __tablename__ = "deployments"
    __table_args__ = (
        CheckConstraint("confirmations >= 1", name="needs_a_person"),
        _one_of("kind", ("test", "operational")),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    confirmations: Mapped[int]
    """How many different people must answer "same" before a stop can be logged."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Person(Base):
    """Somebody who signs in. Nobody on a watchlist and nobody who passes is ever a row here."""

    __tablename__ = "people"
    __table_args__ = (_one_of("role", ROLES),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[datetime]


class SignIn(Base):
    """A session of a person on a tablet; only a hash of its token is kept."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined")


class Alert(Base):
    __tablename__ = "alerts"
    __table_args__ = (
        _one_of("state", OPEN_STATES + FINAL_STATES),
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

    deployment: Mapped[Deployment] = relationship()
    pictures: Mapped[list["Picture"]] = relationship(back_populates="alert", order_by="Picture.rank")
    adjudications: Mapped[list["Adjudication"]] = relationship(back_populates="alert", order_by="Adjudication.made_at")
    stop: Mapped["Stop | None"] = relationship(back_populates="alert")


class Picture(Base):
    """A picture that belongs to an alert: its looks (rank 0 is the best) and its context, bystanders pixelated."""

    __tablename__ = "pictures"
    __table_args__ = (_one_of("kind", ("look", "context")), UniqueConstraint("alert_id", "kind", "rank"))

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[str]
    rank: Mapped[int]
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

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
        _one_of("verdict", VERDICTS),
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

    alert: Mapped[Alert] = relationship(back_populates="adjudications")
    reviewer: Mapped[Person] = relationship()


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

    alert: Mapped[Alert] = relationship(back_populates="stop")
    officer: Mapped[Person] = relationship()


class Event(Base):
    """What changed, in order: the tablets read on from the last id they saw."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    alert_id: Mapped[str | None]


class CameraCount(Base):
    """The latest counters of one camera for one run of capture and worker; sums over rows are the deployment's."""

    __tablename__ = "camera_counts"

    camera: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    state: Mapped[str]
    at: Mapped[datetime]
    last_frame_at: Mapped[datetime | None]
    fps: Mapped[float]
    produced: Mapped[int]
    frames: Mapped[int]
    faces: Mapped[int]
    looks_rejected: Mapped[int]
    passages: Mapped[int]
    candidates: Mapped[int]
    engine: Mapped[str]


class PassageOfTest(Base):
    """One passage of a test deployment, so that a test can be compared with its truth. Never of an operational one."""

    __tablename__ = "test_passages"

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    camera: Mapped[str]
    track: Mapped[int]
    first_frame: Mapped[int]
    last_frame: Mapped[int]
    looks: Mapped[int]


class ProcessState(Base):
    """What the supervisor last said of each process of the rig."""

    __tablename__ = "process_states"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    restarts: Mapped[int]
    at: Mapped[datetime]
    detail: Mapped[str]
