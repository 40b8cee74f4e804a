"""The vault: what it seals can be opened only while its deployment's key exists; destroying the key erases all of it.

    master key (passphrase or key file) -> wraps -> data key of a deployment and purpose -> seals -> each object

Objects (pictures, templates) are bound to deployment, purpose, kind and id: one cannot be passed off as another.

What this cannot promise. Python copies: the passphrase, the key that Argon2 returns and the cipher objects' own copies
are freed, not overwritten by us; keys in our own buffers are. Another process that opened a key before its destruction
can use it until it closes it. The file system and the disk may keep old blocks of the database and its log, and
backups keep all they saw: but these hold only wrapped keys, worthless without the master key, so a rig that must
withstand the seizure of both gets a new master key, and its disk is encrypted.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.canonical import Json
from records.certificates import DeletionCertificate, issue, read_certificate
from records.database import Database
from records.erasure import forget_old_pages
from records.errors import KeyDestroyed, NoDataKey, SealBroken, VaultError
from records.facts import Kind
from records.ledger import append
from records.master import MasterKey
from records.memory import guard_buffer
from records.schema import KEY_PURPOSES, DataKey, LedgerEntry
from records.sealing import KEY_BYTES, seal, unseal, wipe
from records.signing import Signer


@dataclass(frozen=True)
class Address:
    """What a sealed object is; the same words must be said to open it."""

    deployment_id: str
    purpose: str
    """list, alerts or context: which key."""
    kind: str
    """For example: portrait, template, look."""
    object_id: str


class OpenKey:
    """A data key in memory, for any number of objects. Close it soon, at the latest when the deployment ends."""

    def __init__(self, deployment_id: str, purpose: str, key: bytearray) -> None:
        self._deployment_id, self._purpose = deployment_id, purpose
        self._key = key
        guard_buffer(key)
        self._cipher: AESGCM | None = AESGCM(key)

    def seal(self, kind: str, object_id: str, plain: bytes | bytearray | memoryview) -> bytes:
        return seal(self._open_cipher(), plain, self._bound_to(kind, object_id))

    def open(self, kind: str, object_id: str, sealed: bytes) -> bytearray:
        """The plain content, for the caller to `wipe`. Raises SealBroken."""
        return unseal(self._open_cipher(), sealed, self._bound_to(kind, object_id))

    def close(self) -> None:
        self._cipher = None
        wipe(self._key)

    def _open_cipher(self) -> AESGCM:
        if self._cipher is None:
            raise VaultError("this data key was closed")
        return self._cipher

    def _bound_to(self, kind: str, object_id: str) -> Mapping[str, Json]:
        return {
            "what": "object",
            "deployment": self._deployment_id,
            "purpose": self._purpose,
            "kind": kind,
            "id": object_id,
        }


class Vault:
    """One process's door to the vault of a record. Takes over the master key, and wipes it when closed."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master

    def __enter__(self) -> "Vault":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._master.close()

    @property
    def database(self) -> Database:
        return self._database

    def reference_key(self) -> bytes:
        """The key of the digests that answer "was I listed?" (`watchlist.references`): it outlives every deployment."""
        return self._master.derived("references")

    def training_key(self) -> bytes:
        """The key of the pictures that reviewers practise with (`alerts.pair_files`): they belong to no deployment."""
        return self._master.derived("training")

    def handed_over(self) -> bytes:
        """The master key as a line, for a process of the same rig: through a pipe and nowhere else."""
        return self._master.line()

    def create_key(self, session: Session, deployment_id: str, purpose: str, actor: str, now: datetime) -> None:
        """Make the key of a deployment for one purpose, inside the caller's transaction; the ledger tells of it.

        Raises VaultError where one was made before, also if it was destroyed since.
        """
        if purpose not in KEY_PURPOSES:
            raise VaultError(f"a data key is for one of: {', '.join(KEY_PURPOSES)}")
        if session.get(DataKey, (deployment_id, purpose)) is not None:
            raise VaultError(f"the deployment has had its key for {purpose}: it gets no second one")
        key = bytearray(secrets.token_bytes(KEY_BYTES))
        wrapped = seal(self._master.cipher, key, _wrapped_for(deployment_id, purpose))
        wipe(key)
        digest = hashlib.sha256(wrapped).hexdigest()
        session.add(
            DataKey(deployment_id=deployment_id, purpose=purpose, wrapped=wrapped, wrapped_hash=digest, created_at=now)
        )
        session.flush()
        append(session, actor, Kind.KEY_CREATED, {"deployment": deployment_id, "purpose": purpose, "key": digest}, now)

    @contextmanager
    def key(self, session: Session, deployment_id: str, purpose: str) -> Iterator[OpenKey]:
        """The key for many objects, wiped at the end. Raises NoDataKey, KeyDestroyed or SealBroken."""
        opened = OpenKey(deployment_id, purpose, self._unwrap(session, deployment_id, purpose))
        try:
            yield opened
        finally:
            opened.close()

    def seal(self, session: Session, address: Address, plain: bytes | bytearray | memoryview) -> bytes:
        """Seal one object. Raises NoDataKey or KeyDestroyed."""
        with self.key(session, address.deployment_id, address.purpose) as key:
            return key.seal(address.kind, address.object_id, plain)

    def open(self, session: Session, address: Address, sealed: bytes) -> bytearray:
        """The plain content of one object, for the caller to `wipe`. Raises NoDataKey, KeyDestroyed or SealBroken."""
        with self.key(session, address.deployment_id, address.purpose) as key:
            return key.open(address.kind, address.object_id, sealed)

    def destroy_key(
        self,
        deployment_id: str,
        purpose: str,
        counts: Mapping[str, int],
        actor: str,
        signer: Signer,
        now: datetime,
    ) -> DeletionCertificate:
        """Erase everything that the key sealed; the sealed bytes may be removed afterwards, at leisure.

        Three steps, each safe to repeat: overwrite the wrapped key (with the ledger's entry, one transaction), drop the
        database's old pages, then issue the certificate. Killed between them, call it again: it goes on, and the
        `counts` of the first call stand. Raises NoDataKey, or VaultError while another process holds old pages.
        Needs no master key, and must not be called inside a transaction.
        """
        with self._database.write() as session:
            key = self._row(session, deployment_id, purpose)
            if key.destroyed_at is None:
                facts: dict[str, Json] = {
                    "deployment": deployment_id,
                    "purpose": purpose,
                    "key": key.wrapped_hash,
                    "counts": dict(counts),
                }
                key.destroyed_seq = append(session, actor, Kind.KEY_DESTROYED, facts, now).seq
                key.wrapped, key.destroyed_at = None, now
        forget_old_pages(self._database)
        with self._database.write() as session:
            key = self._row(session, deployment_id, purpose)
            if key.certificate is not None:
                return read_certificate(key.certificate)
            entry = session.scalars(select(LedgerEntry).where(LedgerEntry.seq == key.destroyed_seq)).one()
            certificate = issue(key, entry, signer, now, self._database.store.remains)
            key.certificate = certificate.text()
            digest = hashlib.sha256(key.certificate.encode()).hexdigest()
            told: dict[str, Json] = {"deployment": deployment_id, "purpose": purpose, "certificate": digest}
            append(session, actor, Kind.CERTIFICATE_ISSUED, told, now)
        return certificate

    def _unwrap(self, session: Session, deployment_id: str, purpose: str) -> bytearray:
        # The columns, not the object: a session that has seen the key must not remember it.
        wrapped = session.execute(
            select(DataKey.wrapped).where(DataKey.deployment_id == deployment_id, DataKey.purpose == purpose)
        ).one_or_none()
        if wrapped is None:
            raise NoDataKey(f"deployment {deployment_id} has no key for {purpose}")
        if wrapped[0] is None:
            raise KeyDestroyed(
                f"the key of deployment {deployment_id} for {purpose} was destroyed: its objects are gone"
            )
        try:
            return unseal(self._master.cipher, wrapped[0], _wrapped_for(deployment_id, purpose))
        except SealBroken as error:
            raise SealBroken(f"the wrapped key of deployment {deployment_id} for {purpose} was altered") from error

    def _row(self, session: Session, deployment_id: str, purpose: str) -> DataKey:
        key = session.get(DataKey, (deployment_id, purpose))
        if key is None:
            raise NoDataKey(f"deployment {deployment_id} has no key for {purpose}")
        return key


def _wrapped_for(deployment_id: str, purpose: str) -> Mapping[str, Json]:
    return {"what": "data-key", "deployment": deployment_id, "purpose": purpose}
