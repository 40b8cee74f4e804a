"""Operators' qualification: from a test that was passed here, or from an assessment elsewhere that is vouched for."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from alerts.decisions import Refused
from alerts.people import check_manager, get_person
from records.canonical import Json
from records.errors import RecordsError
from records.facts import REFERENCE, Kind
from records.ledger import append
from records.policy import Operators
from records.schema import Person
from records.times import to_text


class QualificationError(RecordsError):
    """A qualification that cannot be entered; the message says why."""


def end_of_day(text: str) -> datetime:
    """The end of that day in UTC, as 2027-06-30 or any other ISO date. Raises QualificationError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise QualificationError(f"{text!r:.40} is no date: write it as 2027-06-30") from error
    return datetime.combine(day, time.max, UTC)


def by_test(session: Session, person: Person, rules: Operators, now: datetime) -> None:
    """The person has passed. A qualification that lasts longer already stays as it is."""
    until = now + timedelta(days=rules.valid_days)
    if person.qualified_until is None or person.qualified_until < until:
        _prolong(session, person, until, person.id, {}, now)


def by_assessment(
    session: Session, person_id: str, until: datetime, reference: str, rules: Operators, now: datetime, *, by: str
) -> Person:
    """An administrator vouches for a test elsewhere; `reference` names its certificate, never what is in it.

    Raises QualificationError for what cannot be entered, Refused where `by` may not or the person cannot have one.
    """
    check_manager(session, by)
    person = get_person(session, person_id)
    if person.role != "operator" or not person.active:
        raise Refused(f"{person.name} is no active operator: only operators judge alerts")
    if not REFERENCE.accepts(reference):
        raise QualificationError(f"give {REFERENCE.what}: letters, digits and ./_+-, as the certificate has it")
    if until <= now:
        raise QualificationError("the qualification must end in the future")
    if until.date() > (now + timedelta(days=rules.valid_days)).date():
        raise QualificationError(f"a qualification lasts at most {rules.valid_days} days under this policy")
    if person.qualified_until is not None and until <= person.qualified_until:
        raise QualificationError(f"{person.name} is qualified until {person.qualified_until:%Y-%m-%d} already")
    _prolong(session, person, until, by, {"reference": reference}, now)
    return person


def _prolong(session: Session, person: Person, until: datetime, by: str, more: dict[str, Json], now: datetime) -> None:
    # The ledger first: the database takes no qualification that it does not tell of.
    append(session, by, Kind.OPERATOR_QUALIFIED, {"person": person.id, "until": to_text(until)} | more, now)
    person.qualified_until = until
    session.flush()
