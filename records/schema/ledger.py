"""The tamper-evident ledger, and the keys of the vault."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from records.schema.base import Base, one_of

KEY_PURPOSES = ("list", "alerts", "context")


class LedgerEntry(Base):
    """One line of the tamper-evident ledger (`records.ledger`). The database only takes new ones, at the end."""

    __tablename__ = "ledger"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3, ... without a gap."""
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    facts: Mapped[str]
    """Canonical JSON."""
    previous: Mapped[str]
    hash: Mapped[str]


class Checkpoint(Base):
    """The rig's signature on the ledger up to an entry."""

    __tablename__ = "checkpoints"

    seq: Mapped[int] = mapped_column(ForeignKey("ledger.seq"), primary_key=True, autoincrement=False)
    hash: Mapped[str]
    at: Mapped[datetime]
    public_key: Mapped[str]
    """32 bytes in hexadecimal digits; its id is `records.signing.key_id`."""
    signature: Mapped[str]
    """64 bytes in hexadecimal digits."""


class VaultLock(Base):
    """How the master key is found again, and a sealed word that tells a right one from a wrong one. One row."""

    __tablename__ = "vault_lock"
    __table_args__ = (CheckConstraint("id = 1", name="is_the_only_one"), one_of("method", ("passphrase", "key_file")))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    method: Mapped[str]
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    passes: Mapped[int | None]
    memory_kib: Mapped[int | None]
    lanes: Mapped[int | None]
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class DataKey(Base):
    """The key of one deployment for one purpose, wrapped by the master key; destroyed by overwriting it."""

    __tablename__ = "data_keys"
    __table_args__ = (
        one_of("purpose", KEY_PURPOSES),
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_there"),
        CheckConstraint("(destroyed_at IS NULL) = (destroyed_seq IS NULL)", name="destroyed_in_the_ledger"),
        # Without hidden row numbers: INSERT OR REPLACE could use one to remove another row past the triggers.
        {"sqlite_with_rowid": False},
    )

    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_hash: Mapped[str]
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]
    destroyed_seq: Mapped[int | None] = mapped_column(ForeignKey("ledger.seq"))
    certificate: Mapped[str | None]
    """Canonical JSON of the deletion certificate (`records.certificates`)."""
