"""Opening what a rig's processes and commands share: its record, its vault and its signing key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from records.database import Database, open_database
from records.signing import Signer, open_signer
from records.vault import Vault
from rig.config import RigConfig
from rig.unlocking import unlock, unlock_by_supervisor


@dataclass(frozen=True)
class OpenRig:
    config: RigConfig
    database: Database
    vault: Vault
    signer: Signer


@contextmanager
def open_record(config: RigConfig) -> Iterator[Database]:
    """The record, at this version's schema. Raises RecordsError."""
    database = open_database(config.record, config.record_password)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


@contextmanager
def open_rig(config: RigConfig, *, handed_key: bool = False) -> Iterator[OpenRig]:
    """The record with its vault unlocked: by the key that the supervisor hands over, else as `rig.unlocking` says.

    Raises RecordsError.
    """
    with open_record(config) as database:
        master = unlock_by_supervisor(database) if handed_key else unlock(config, database)
        with Vault(database, master) as vault:
            yield OpenRig(config, database, vault, open_signer(config.keys_folder))
