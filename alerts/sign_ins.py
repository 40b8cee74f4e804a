"""Signing in: limits on trying, sessions of which only a hash is kept, and their idle time. All of it in the ledger."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from alerts.passwords import verify
from records.database import Database
from records.facts import Kind
from records.ledger import append
from records.policy import Sessions, pin
from records.schema import BEGUN, Deployment, FailedSignIn, Person, SignIn

Method = Literal["password", "passkey", "link"]
Reason = Literal["asked", "idle", "deactivated", "password"]
Result = TypeVar("Result")

KEPT = timedelta(hours=1)
"""How long a failed attempt is kept where the lock is not longer."""
ADDRESS_FACTOR = 4
"""One address may fail this many times as often as one name: several people share a tablet or a network's door."""


@dataclass(frozen=True)
class Token:
    secret: str
    csrf: str
    person_id: str


def session_rules(session: Session) -> Sessions:
    """Of the deployment that runs, as its policy was pinned; the defaults where none does."""
    running = select(Deployment.policy).where(Deployment.state.in_(BEGUN)).order_by(Deployment.started_at.desc())
    text = session.scalar(running.limit(1))
    return Sessions() if text is None else pin(text).policy.sessions


def idle_time(session: Session) -> timedelta:
    """A session without a sign of its person for this long is locked: it is over, and the person signs in again."""
    return timedelta(minutes=session_rules(session).idle_minutes)


def with_password(
    database: Database, name: str, password: str, address: str, now: datetime, act: Callable[[Session, Person], Result]
) -> Result | None:
    """Does `act` for the person of this name and password, in one write transaction; None where they are not right.

    None too while the name or the address is locked, after the same work: nobody learns which it was. The password is
    checked outside the transaction, because that takes long. Call it for one attempt at a time, or attempts sent side
    by side are all checked against the same count.
    """
    with database.read() as session:
        found = session.scalar(select(Person).where(Person.name == name.strip(), Person.active))
        person_id, password_hash = (found.id, found.password_hash) if found else (None, None)
    right = verify(password_hash, password)
    with database.write() as session:
        failures = _Failures(session, name.strip().casefold(), address, now)
        person = session.get(Person, person_id) if person_id else None
        if failures.locked:
            failures.add_while_locked(person_id)
            return None
        if not right or person is None or not person.active or person.password_hash != password_hash:
            failures.add("wrong_password" if person else "unknown_name", person_id)
            return None
        if person.password_until is not None and now >= person.password_until:
            failures.add("password_expired", person_id)
            return None
        failures.forgive()
        return act(session, person)


def with_passkey_attempt(
    session: Session, address: str, now: datetime, check: Callable[[Session], Person | str]
) -> Person | None:
    """The person that `check` finds; a code of the fault instead counts as a failure from this address.

    No name is locked by it: nobody guesses a passkey.
    """
    failures = _Failures(session, f"a passkey from {address}", address, now)
    if failures.locked:
        failures.add_while_locked(None)
        return None
    found = check(session)
    if isinstance(found, str):
        failures.add(found, None)
        return None
    failures.forgive()
    return found


def begin(session: Session, person: Person, method: Method, now: datetime) -> Token:
    """A new session of a person who has proved who he or she is."""
    end_idle(session, now)
    token = Token(secrets.token_urlsafe(32), secrets.token_urlsafe(32), person.id)
    session.add(
        SignIn(token_hash=digest(token.secret), person_id=person.id, csrf=token.csrf, created_at=now, seen_at=now)
    )
    append(session, person.id, Kind.SIGNED_IN, {"method": method}, now)
    return token


def begin_by_link(session: Session, person_id: str, now: datetime) -> Token | None:
    """A new session for the bearer of a link that the caller has checked; None where nobody active has this id."""
    person = session.get(Person, person_id)
    return None if person is None or not person.active else begin(session, person, "link", now)


def live(session: Session, secret: str, now: datetime) -> SignIn | None:
    """The session of this token; None where it is unknown, idle too long or its person was made inactive."""
    found = session.get(SignIn, digest(secret))
    if found is None or not found.person.active or now - found.seen_at > idle_time(session):
        return None
    return found


def touch(session: Session, secret: str, now: datetime) -> None:
    """The person did something: the idle time begins anew."""
    found = live(session, secret, now)
    if found is not None:
        found.seen_at = now


def end(session: Session, secret: str, reason: Literal["asked", "idle"], now: datetime) -> None:
    found = session.get(SignIn, digest(secret))
    if found is not None:
        _end(session, found, reason, found.person_id if reason == "asked" else "rig", now)


def end_all(
    session: Session, person_id: str, reason: Reason, actor: str, now: datetime, *, keep: str | None = None
) -> None:
    """Ends this person's sessions, all but the one of the token hash `keep`."""
    for found in session.scalars(select(SignIn).where(SignIn.person_id == person_id)).all():
        if found.token_hash != keep:
            _end(session, found, reason, actor, now)


def end_idle(session: Session, now: datetime) -> None:
    """Ends the sessions that nobody used for the idle time: a tablet that was switched off says nothing itself."""
    before = now - idle_time(session)
    for found in session.scalars(select(SignIn).where(SignIn.seen_at < before)).all():
        _end(session, found, "idle", "rig", now)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


class _Failures:
    """The failed attempts for a name and from an address, within the lock's minutes before `now`."""

    def __init__(self, session: Session, name: str, address: str, now: datetime) -> None:
        rules = session_rules(session)
        self._session, self._now = session, now
        self._who, self._address = digest(name), digest(address)
        window = timedelta(minutes=rules.locked_minutes)
        session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - max(KEPT, window)))
        recent = select(func.count()).select_from(FailedSignIn).where(FailedSignIn.at > now - window)
        named = session.scalar(recent.where(FailedSignIn.who == self._who)) or 0
        here = session.scalar(recent.where(FailedSignIn.address == self._address)) or 0
        self._beyond = max(named - rules.attempts, here - ADDRESS_FACTOR * rules.attempts)

    @property
    def locked(self) -> bool:
        return self._beyond >= 0

    def add(self, reason: str, person_id: str | None) -> None:
        self._session.add(FailedSignIn(at=self._now, who=self._who, address=self._address))
        facts = {"reason": reason} if person_id is None else {"reason": reason, "person": person_id}
        append(self._session, "rig", Kind.SIGN_IN_FAILED, facts, self._now)

    def add_while_locked(self, person_id: str | None) -> None:
        """Only the first of them: nobody may fill the ledger, or keep a person locked out for good."""
        if self._beyond == 0:
            self.add("locked", person_id)

    def forgive(self) -> None:
        self._session.execute(delete(FailedSignIn).where(FailedSignIn.who == self._who))


def _end(session: Session, found: SignIn, reason: Reason, actor: str, now: datetime) -> None:
    append(session, actor, Kind.SIGNED_OUT, {"person": found.person_id, "reason": reason}, now)
    session.delete(found)
    session.flush()
