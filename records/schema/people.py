"""Those who sign in. Nobody on a watchlist and nobody who passes is ever a row here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from records.schema.base import Base, one_of

ROLES = ("list_builder", "authorising_officer", "operator", "engagement_officer", "auditor", "administrator")
AUTHORITY = {1: "urgent", 2: "standard", 3: "higher"}
"""What an authorising officer may allow: 1 for a day until it is ratified, 2 the usual, 3 sensitive places too."""


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("(authority IS NULL) = (role <> 'authorising_officer')", name="authority_of_officers"),
        CheckConstraint("authority IN (1, 2, 3)", name="authority_is_known"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    authority: Mapped[int | None]
    """1, 2 or 3 (`AUTHORITY`), of an authorising officer."""
    password_hash: Mapped[str]
    password_until: Mapped[datetime | None]
    """Of a one-time password that an administrator gave: until then it serves, and only to choose another one."""
    active: Mapped[bool]
    created_at: Mapped[datetime]
    qualified_until: Mapped[datetime | None]
    """Of an operator: until when the test of face matching counts (`alerts.qualification`)."""


class Passkey(Base):
    """A device that signs its person in (WebAuthn), in place of the password."""

    __tablename__ = "passkeys"

    credential_id: Mapped[str] = mapped_column(primary_key=True)
    """Base64url."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """A session of a person on a tablet; only a hash of its token is kept."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined")


class Viewing(Base):
    """That somebody opened an alert during a sign-in, and why; goes with the sign-in, the ledger keeps it for good."""

    __tablename__ = "viewings"

    sign_in: Mapped[str] = mapped_column(ForeignKey("sign_ins.token_hash", ondelete="CASCADE"), primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
    revealed: Mapped[bool]
    """Whether the entry was shown too, which is another look and another line in the ledger."""


class FailedSignIn(Base):
    """An attempt that failed, kept for an hour: attempts are limited, also over a restart."""

    __tablename__ = "failed_sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    who: Mapped[str]
    """SHA-256 of the name that was tried."""
    address: Mapped[str]
    """SHA-256 of the address that it came from."""
