"""Who has an account: adding, deactivating, passwords. A role never changes: another task takes another account.

Only an administrator, or somebody at the rig's console, manages accounts; an administrator does nothing else.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from alerts.decisions import Refused
from alerts.passwords import TEMPORARY, PasswordError, check_new, hash_password, one_time_password, verify
from alerts.sign_ins import end_all
from records.errors import RecordsError
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.schema import AUTHORITY, ROLES, Passkey, Person

CONSOLE = "console"
"""The actor at the rig's command line: whoever can start commands there, without an account."""
LONGEST_NAME = 80


class PeopleError(RecordsError):
    """An account that cannot be made or found; the message says why."""


def add_person(
    session: Session,
    name: str,
    role: str,
    password: str,
    now: datetime,
    *,
    authority: int | None = None,
    by: str = CONSOLE,
    one_time: bool = False,
) -> Person:
    """`authority` is an authorising officer's (a key of AUTHORITY). A one-time password serves to choose another.

    Raises PeopleError or PasswordError for what cannot be taken, Refused where `by` may not add accounts.
    """
    check_manager(session, by)
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PeopleError(f"a person needs a name of at most {LONGEST_NAME} characters")
    if role not in ROLES:
        raise PeopleError(f"role {role!r:.60} is not one of: {', '.join(ROLES)}")
    if (authority is None) == (role == "authorising_officer"):
        raise PeopleError(
            f"an authorising officer, and nobody else, has an authority: one of {', '.join(AUTHORITY.values())}"
        )
    if authority is not None and authority not in AUTHORITY:
        raise PeopleError(f"authority {authority} is not one of: {', '.join(map(str, AUTHORITY))}")
    if any(name.casefold() == taken.casefold() for taken in session.scalars(select(Person.name))):
        raise PeopleError(f"there is a person named {name!r} already")
    if not one_time:
        check_new(password, name)
    person = Person(
        id=new_id(),
        name=name,
        role=role,
        authority=authority,
        password_hash=hash_password(password),
        password_until=now + TEMPORARY if one_time else None,
        active=True,
        created_at=now,
    )
    session.add(person)
    session.flush()
    facts = {"person": person.id, "role": role}
    append(session, by, Kind.PERSON_ADDED, facts if authority is None else facts | {"authority": authority}, now)
    return person


def invite(
    session: Session, name: str, role: str, now: datetime, *, authority: int | None = None, by: str
) -> tuple[Person, str]:
    """(a new person, the one-time password to hand over). Raises as `add_person`."""
    password = one_time_password()
    return add_person(session, name, role, password, now, authority=authority, by=by, one_time=True), password


def deactivate(session: Session, person_id: str, now: datetime, *, by: str) -> Person:
    """For good: the person is signed out everywhere at once, and the passkeys go. The name stays taken."""
    check_manager(session, by)
    person = get_person(session, person_id)
    if person.id == by:
        raise Refused("nobody deactivates his or her own account: another administrator does")
    if not person.active:
        raise Refused(f"{person.name} was deactivated before")
    person.active, person.password_until = False, None
    session.execute(delete(Passkey).where(Passkey.person_id == person.id))
    append(session, by, Kind.PERSON_DEACTIVATED, {"person": person.id}, now)
    end_all(session, person.id, "deactivated", by, now)
    return person


def reset_password(session: Session, person_id: str, now: datetime, *, by: str) -> str:
    """A one-time password in place of a forgotten one; whoever is signed in with the old one is signed out.

    The administrator knows it until the person has chosen another: the ledger tells of both.
    """
    check_manager(session, by)
    person = get_person(session, person_id)
    if not person.active:
        raise Refused(f"{person.name} was deactivated: add another account")
    if person.id == by:
        raise Refused("change your own password on your account's page")
    password = one_time_password()
    person.password_hash, person.password_until = hash_password(password), now + TEMPORARY
    append(session, by, Kind.PASSWORD_RESET, {"person": person.id}, now)
    end_all(session, person.id, "password", by, now)
    return password


def change_password(session: Session, person: Person, password: str, now: datetime, *, keep: str | None = None) -> None:
    """For a person who has just proved the old one; ends the other sessions, all but that of the token hash `keep`.

    Raises PasswordError.
    """
    check_new(password, person.name)
    if verify(person.password_hash, password):
        raise PasswordError("this is the password that you have: choose another")
    person.password_hash, person.password_until = hash_password(password), None
    append(session, person.id, Kind.PASSWORD_CHANGED, {}, now)
    end_all(session, person.id, "password", person.id, now, keep=keep)


def get_person(session: Session, person_id: str) -> Person:
    """Raises PeopleError."""
    person = session.get(Person, person_id)
    if person is None:
        raise PeopleError("there is no such person")
    return person


def named(session: Session, name: str) -> Person:
    """The person of this name, in whatever letters it is written. Raises PeopleError."""
    wanted = unicodedata.normalize("NFC", " ".join(name.split())).casefold()
    for person in session.scalars(select(Person)):
        if person.name.casefold() == wanted:
            return person
    raise PeopleError(f"there is no person named {name!r:.100}; `openlfr people list` shows all")


def everybody(session: Session) -> Sequence[Person]:
    """Active people first, each group by name."""
    return session.scalars(select(Person).order_by(Person.active.desc(), func.lower(Person.name))).all()


def check_manager(session: Session, by: str) -> None:
    """Raises Refused where `by` is neither the console nor an active administrator."""
    if by == CONSOLE:
        return
    person = session.get(Person, by)
    if person is None or not person.active or person.role != "administrator":
        raise Refused("accounts, qualifications and pair sets are managed by an administrator")
