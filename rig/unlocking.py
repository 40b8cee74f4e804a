"""Unlocking the rig's vault: with its key file, the passphrase that a person types, or the supervisor's key."""

import getpass
import os
import sys
from pathlib import Path

from records.database import Database
from records.errors import VaultError
from records.master import (
    MasterKey,
    from_line,
    lock_with_key_file,
    lock_with_passphrase,
    make_key_file,
    unlock_with_key_file,
    unlock_with_passphrase,
)
from records.schema import VaultLock
from records.times import utc_now
from rig.config import RigConfig

KEY_FILE = "master.key"


def unlock(config: RigConfig, database: Database) -> MasterKey:
    """The master key; a vault that was never locked is locked now, the first time.

    Asks for the passphrase at a terminal; else reads it from standard input, where only a terminal may choose a new
    one. Raises VaultError and WrongMasterKey.
    """
    with database.read() as session:
        locked = session.get(VaultLock, 1) is not None
    file = key_file(config)
    if file is None:
        return _by_passphrase(database, locked)
    if not locked and not file.exists():
        make_key_file(file)
    with database.write() as session:
        if session.get(VaultLock, 1) is None:
            return lock_with_key_file(session, file, utc_now())
        return unlock_with_key_file(session, file)


def key_file(config: RigConfig) -> Path | None:
    """None: the vault is locked with a passphrase."""
    if config.vault.key_file is not None:
        return Path(config.vault.key_file)
    return config.keys_folder / KEY_FILE if config.is_test else None


def unlock_by_supervisor(database: Database) -> MasterKey:
    """The key that the supervisor wrote into this process's standard input, as its first line."""
    line = bytearray()
    while not line.endswith(b"\n"):
        character = os.read(sys.stdin.fileno(), 1)
        if not character:
            raise VaultError("this process was handed no master key: start the rig with `openlfr run`")
        line += character
    with database.read() as session:
        return from_line(session, bytes(line))


def _by_passphrase(database: Database, locked: bool) -> MasterKey:
    if locked:
        given = _ask("passphrase of the vault: ")
        with database.read() as session:
            return unlock_with_passphrase(session, given)
    if not sys.stdin.isatty():
        # A line that was meant for something else must not become what nobody can recover.
        raise VaultError(
            "the vault has no passphrase yet: run this once at a terminal to choose one,"
            " or name a vault.key_file in the rig file"
        )
    given = getpass.getpass("a passphrase for the new vault (nobody can recover it): ")
    if getpass.getpass("once more: ") != given:
        raise VaultError("the two passphrases differ: nothing was locked")
    with database.write() as session:
        return lock_with_passphrase(session, given, utc_now())


def _ask(prompt: str) -> str:
    # Never an argument or a variable of the environment: other processes can read those.
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
