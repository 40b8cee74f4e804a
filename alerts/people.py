"""Who may sign in: accounts with Argon2id passwords and sessions of which only a hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.ids import new_id
from records.schema import ROLES, Person, SignIn

IDLE = timedelta(minutes=15)
"""A session that was silent for this long is over."""

_hasher = PasswordHasher()
# Verified where the name is unknown, so that an unknown name takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_urlsafe())


@dataclass(frozen=True)
class Token:
    secret: str
    csrf: str


def add_person(session: Session, name: str, role: str, password: str, now: datetime) -> Person:
    """Raises ValueError for a taken name, an unknown role or a password under 8 characters."""
    if not name.strip():
        raise ValueError("a person needs a name")
    if role not in ROLES:
        raise ValueError(f"role {role!r} is not one of: {', '.join(ROLES)}")
    if len(password) < 8:
        raise ValueError("a password needs at least 8 characters")
    if session.scalar(select(Person).where(Person.name == name)):
        raise ValueError(f"there is a person named {name!r} already")
    person = Person(
        id=new_id(), name=name, role=role, password_hash=_hasher.hash(password), active=True, created_at=now
    )
    session.add(person)
    session.flush()
    return person


def sign_in(session: Session, name: str, password: str, now: datetime) -> Token | None:
    """A new session, or None where name or password is wrong (the caller must not say which)."""
    person = session.scalar(select(Person).where(Person.name == name, Person.active))
    try:
        _hasher.verify(person.password_hash if person else _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    return None if person is None else _new_sign_in(session, person, now)


def sign_in_by_link(session: Session, person_id: str, now: datetime) -> Token | None:
    """A new session for the bearer of a link that the caller has checked; None where nobody active has this id."""
    person = session.get(Person, person_id)
    return None if person is None or not person.active else _new_sign_in(session, person, now)


def signed_in(session: Session, secret: str, now: datetime) -> SignIn | None:
    """The live session of this token; None where it is unknown, idle too long or its person was made inactive."""
    found = session.get(SignIn, _digest(secret))
    if found is None or not found.person.active or now - found.seen_at > IDLE:
        return None
    return found


def needs_touch(found: SignIn, now: datetime) -> bool:
    """Whether the idle time should begin anew; to a minute, so that not every request takes the write lock."""
    return now - found.seen_at > timedelta(minutes=1)


def touch(session: Session, secret: str, now: datetime) -> None:
    found = signed_in(session, secret, now)
    if found is not None:
        found.seen_at = now


def sign_out(session: Session, secret: str) -> None:
    found = session.get(SignIn, _digest(secret))
    if found is not None:
        session.delete(found)


def _new_sign_in(session: Session, person: Person, now: datetime) -> Token:
    token = Token(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    session.add(
        SignIn(token_hash=_digest(token.secret), person_id=person.id, csrf=token.csrf, created_at=now, seen_at=now)
    )
    return token


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
