"""The rig's master key: from a passphrase by Argon2id, or from a key file of mode 600 for rigs that start unattended.

The record keeps how to find it again (`vault_lock`: salt and costs) and a sealed word that tells a wrong passphrase or
file from the right one; never the key itself. Whoever holds neither passphrase nor file can open nothing, and nobody
can help: there is no second way in.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from records.errors import SealBroken, VaultError, WrongMasterKey
from records.memory import guard_buffer
from records.schema import VaultLock
from records.sealing import KEY_BYTES, seal, unseal, wipe
from records.secret_files import read_secret, write_secret

SHORTEST_PASSPHRASE = 12

_PROOF = bytearray(b"openlfr")
_PROOF_BOUND_TO = {"what": "vault-lock"}
_KEY_LINE = re.compile(rb"[0-9a-f]{64}\n")


@dataclass(frozen=True)
class Costs:
    """Argon2id's work. The defaults are the second recommended option of RFC 9106, section 4."""

    passes: int = 3
    memory_kib: int = 65536
    lanes: int = 4


class MasterKey:
    """The master key in memory, until `close`."""

    def __init__(self, key: bytearray) -> None:
        self._key = key
        guard_buffer(key)
        self._cipher: AESGCM | None = AESGCM(key)

    @property
    def cipher(self) -> AESGCM:
        if self._cipher is None:
            raise VaultError("the vault is closed: open it again with its passphrase or key file")
        return self._cipher

    def line(self) -> bytes:
        """For a process of the same rig, through a pipe and nowhere else; `from_line` takes it."""
        return self._key.hex().encode() + b"\n"

    def derived(self, purpose: str) -> bytes:
        """32 bytes that only this master key gives, for one purpose (HKDF-SHA256, RFC 5869). Raises VaultError."""
        if self._cipher is None:
            raise VaultError("the vault is closed: open it again with its passphrase or key file")
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"openlfr {purpose}".encode()).derive(bytes(self._key))

    def close(self) -> None:
        self._cipher = None
        wipe(self._key)


def from_line(session: Session, line: bytes) -> MasterKey:
    """The master key that another process of the rig has unlocked. Raises WrongMasterKey or VaultError."""
    lock = session.get(VaultLock, 1)
    if lock is None or not _KEY_LINE.fullmatch(line):
        raise VaultError("this process was handed no master key: start the rig with `openlfr run`")
    return _proven(MasterKey(bytearray.fromhex(line.decode())), lock, "the master key handed over is not this vault's")


def make_key_file(file: Path) -> None:
    """Write a new random key to a new file of mode 600. Raises VaultError, also where the file exists."""
    if not write_secret(file, secrets.token_hex(KEY_BYTES).encode() + b"\n", VaultError):
        raise VaultError(f"{file} exists: a key file is never overwritten")


def lock_with_passphrase(session: Session, passphrase: str, now: datetime, costs: Costs | None = None) -> MasterKey:
    """Lock a new vault. Raises VaultError where it is locked already, or the passphrase is short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise VaultError(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters")
    costs = costs or Costs()
    salt = secrets.token_bytes(16)
    master = MasterKey(_derive(passphrase, salt, costs))
    _store(
        session,
        VaultLock(
            id=1,
            method="passphrase",
            salt=salt,
            passes=costs.passes,
            memory_kib=costs.memory_kib,
            lanes=costs.lanes,
            proof=seal(master.cipher, _PROOF, _PROOF_BOUND_TO),
            created_at=now,
        ),
    )
    return master


def lock_with_key_file(session: Session, file: Path, now: datetime) -> MasterKey:
    """Lock a new vault. Raises VaultError where it is locked already, or the file cannot be used."""
    master = MasterKey(_read(file))
    proof = seal(master.cipher, _PROOF, _PROOF_BOUND_TO)
    _store(session, VaultLock(id=1, method="key_file", proof=proof, created_at=now))
    return master


def unlock_with_passphrase(session: Session, passphrase: str) -> MasterKey:
    """Raises WrongMasterKey, or VaultError where the vault is not locked with a passphrase."""
    lock = _lock(session, "passphrase")
    if lock.salt is None or lock.passes is None or lock.memory_kib is None or lock.lanes is None:
        raise VaultError("the vault's lock is damaged: restore the record from a copy")
    costs = Costs(lock.passes, lock.memory_kib, lock.lanes)
    return _proven(MasterKey(_derive(passphrase, lock.salt, costs)), lock, "this is not the passphrase of the vault")


def unlock_with_key_file(session: Session, file: Path) -> MasterKey:
    """Raises WrongMasterKey, or VaultError where the file cannot be used or the vault has no key file."""
    lock = _lock(session, "key_file")
    return _proven(MasterKey(_read(file)), lock, f"{file} is not the key file of this vault")


def _store(session: Session, lock: VaultLock) -> None:
    if session.get(VaultLock, 1) is not None:
        raise VaultError("the vault is locked already: unlock it instead")
    session.add(lock)
    session.flush()


def _lock(session: Session, method: str) -> VaultLock:
    lock = session.get(VaultLock, 1)
    if lock is None:
        raise VaultError("the vault was never locked: give it a passphrase or a key file first")
    if lock.method != method:
        raise VaultError(f"the vault is locked with a {lock.method.replace('_', ' ')}")
    return lock


def _proven(master: MasterKey, lock: VaultLock, otherwise: str) -> MasterKey:
    try:
        unseal(master.cipher, lock.proof, _PROOF_BOUND_TO)
    except SealBroken as error:
        master.close()
        raise WrongMasterKey(otherwise) from error
    return master


def _derive(passphrase: str, salt: bytes, costs: Costs) -> bytearray:
    # NFC: the same passphrase typed on another keyboard or system gives the same bytes.
    typed = unicodedata.normalize("NFC", passphrase).encode()
    return bytearray(
        hash_secret_raw(typed, salt, costs.passes, costs.memory_kib, costs.lanes, KEY_BYTES, Type.ID, version=0x13)
    )


def _read(file: Path) -> bytearray:
    line = read_secret(file, VaultError, "restore it from a copy, or make one for a new vault")
    if not _KEY_LINE.fullmatch(line):
        raise VaultError(f"{file} holds no master key: restore it from a copy")
    return bytearray.fromhex(line.decode())
