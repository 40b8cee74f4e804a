"""Practice of face matching: labelled pairs of consenting people, and how reviewers did on them. Never of an alert."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.schema.alerts import VERDICTS
from records.schema.base import Base, one_of
from records.schema.people import Person

TRIAL_KINDS = ("qualification", "refresher", "practice")
TRUTHS = ("same", "different")


class PairSet(Base):
    """A set of labelled pairs that was taken in; its pictures lie beside the record, by this id."""

    __tablename__ = "pair_sets"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of its pairs and pictures."""
    name: Mapped[str]
    pairs: Mapped[int]
    mismatches: Mapped[int]
    imported_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    imported_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """Its pictures are gone; who was tried with it stays recorded."""


class Trial(Base):
    """One person's run through pairs."""

    __tablename__ = "trials"
    __table_args__ = (
        one_of("kind", TRIAL_KINDS),
        CheckConstraint("(ended_at IS NULL) = (right_answers IS NULL)", name="ended_with_a_result"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    pair_set: Mapped[str] = mapped_column(ForeignKey("pair_sets.id"))
    pairs: Mapped[list[int]]
    """Numbers of the pairs of the set, in the order in which they are shown."""
    began_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    """When the pair that waits for its answer was first shown: loading the page again gives no new time."""
    ended_at: Mapped[datetime | None]
    """With fewer answers than pairs: it was skipped or broken off."""
    right_answers: Mapped[int | None]
    passed: Mapped[bool | None]
    """None where it is no test, or none that was gone through."""

    answers: Mapped[list["TrialAnswer"]] = relationship(order_by="TrialAnswer.position")
    person: Mapped[Person] = relationship()


class TrialAnswer(Base):
    __tablename__ = "trial_answers"
    __table_args__ = (one_of("verdict", VERDICTS), one_of("truth", TRUTHS), {"sqlite_with_rowid": False})

    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    truth: Mapped[str]
    verdict: Mapped[str]
    shown_at: Mapped[datetime]
    answered_at: Mapped[datetime]
