"""Invariant 5's ground: sealed objects open only with the master key, as what they are, while their key exists."""

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from records.certificates import is_genuine, read_certificate
from records.database import Database
from records.errors import KeyDestroyed, LedgerError, NoDataKey, SealBroken, VaultError, WrongMasterKey
from records.ids import new_id
from records.ledger import facts_of
from records.master import (
    Costs,
    MasterKey,
    lock_with_key_file,
    lock_with_passphrase,
    make_key_file,
    unlock_with_key_file,
    unlock_with_passphrase,
)
from records.schema import DataKey, LedgerEntry, VaultLock
from records.sealing import seal, unseal, wipe
from records.signing import Signer, open_signer
from records.sqlite import SqliteFile
from records.vault import Address, Vault
from tests.records.attacker import drop_rule
from tests.records.entries import NOW
from tests.records.made import make_deployment
from tests.records.postgres_server import table_files

CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
"""Argon2id's least work: these tests are about the vault, not about how long a guess takes."""

PASSPHRASE = "a horse, a café and a stapler"
PICTURE = b"\xff\xd8\xff\xe0" + b"picture of a volunteer" * 50


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def database(database: Database) -> Database:
    with database.write() as session:
        for deployment in ("d1", "d2"):
            make_deployment(session, NOW, with_id=ids[deployment])
    return database


ids = {"d1": new_id(), "d2": new_id()}
HERE = Address(ids["d1"], "list", "portrait", new_id())


@pytest.fixture
def vault(database: Database) -> Iterator[Vault]:
    with database.write() as session:
        opened = Vault(database, lock_with_passphrase(session, PASSPHRASE, NOW, CHEAP))
        for deployment, purpose in (("d1", "list"), ("d1", "alerts"), ("d2", "list")):
            opened.create_key(session, ids[deployment], purpose, "rig", NOW)
    yield opened
    opened.close()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path / "keys")


def sealed_here(database: Database, vault: Vault) -> bytes:
    with database.read() as session:
        return vault.seal(session, HERE, PICTURE)


def test_what_was_sealed_is_opened_again(database: Database, vault: Vault) -> None:
    sealed = sealed_here(database, vault)
    assert PICTURE[:16] not in sealed
    with database.read() as session:
        assert vault.open(session, HERE, sealed) == PICTURE


def test_the_same_object_is_never_sealed_the_same_way_twice(database: Database, vault: Vault) -> None:
    assert sealed_here(database, vault) != sealed_here(database, vault)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, object_id=new_id()),
        replace(HERE, kind="template"),
        replace(HERE, purpose="alerts"),
        replace(HERE, deployment_id=ids["d2"]),
    ],
)
def test_an_object_cannot_be_passed_off_as_another(database: Database, vault: Vault, elsewhere: Address) -> None:
    sealed = sealed_here(database, vault)
    with database.read() as session, pytest.raises(SealBroken):
        vault.open(session, elsewhere, sealed)


def test_every_altered_bit_and_every_cut_is_found() -> None:
    cipher, bound_to = AESGCM(bytes(32)), {"id": "a"}
    sealed = seal(cipher, b"template", bound_to)
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(SealBroken):
                unseal(cipher, bytes(changed), bound_to)
        with pytest.raises(SealBroken):
            unseal(cipher, sealed[:place], bound_to)


@given(st.binary(max_size=300), st.dictionaries(st.sampled_from("abc"), st.text("xyz")))
def test_content_of_any_length_comes_back(plain: bytes, bound_to: dict[str, str]) -> None:
    cipher = AESGCM(bytes(32))
    assert unseal(cipher, seal(cipher, plain, dict(bound_to)), dict(bound_to)) == plain


def test_many_objects_under_one_opened_key(database: Database, vault: Vault) -> None:
    with database.read() as session, vault.key(session, HERE.deployment_id, HERE.purpose) as key:
        sealed = {name: key.seal("template", name, secrets.token_bytes(9)) for name in "abc"}
        assert len({bytes(key.open("template", name, content)) for name, content in sealed.items()}) == 3
    with pytest.raises(VaultError, match="was closed"):
        key.open("template", "a", sealed["a"])


def test_a_closed_vault_opens_nothing(database: Database, vault: Vault) -> None:
    sealed = sealed_here(database, vault)
    with vault:
        pass
    with database.read() as session, pytest.raises(VaultError, match="the vault is closed"):
        vault.open(session, HERE, sealed)


def test_closing_overwrites_the_keys_in_memory() -> None:
    key = bytearray(b"k" * 32)
    MasterKey(key).close()
    assert key == bytes(32)
    picture = bytearray(PICTURE)
    wipe(picture)
    assert not any(picture)


def test_the_same_passphrase_opens_the_vault_again(database: Database, vault: Vault) -> None:
    sealed = sealed_here(database, vault)
    with database.read() as session:
        # As another keyboard types it: the accent as a character of its own.
        with Vault(database, unlock_with_passphrase(session, PASSPHRASE.replace("é", "e\u0301"))) as again:
            assert again.open(session, HERE, sealed) == PICTURE
        for wrong in ("another passphrase", PASSPHRASE.upper(), PASSPHRASE + " ", ""):
            with pytest.raises(WrongMasterKey, match="not the passphrase"):
                unlock_with_passphrase(session, wrong)


def test_a_lock_whose_costs_were_changed_does_not_open(database: Database, vault: Vault) -> None:
    with database.write() as session:
        lock = session.get(VaultLock, 1)
        assert lock is not None
        lock.passes = 2
    with database.read() as session, pytest.raises(WrongMasterKey):
        unlock_with_passphrase(session, PASSPHRASE)


def test_a_vault_is_locked_once_and_with_a_good_passphrase(database: Database, tmp_path: Path) -> None:
    make_key_file(tmp_path / "master.key")
    with database.write() as session:
        with pytest.raises(VaultError, match="never locked"):
            unlock_with_passphrase(session, PASSPHRASE)
        with pytest.raises(VaultError, match="at least 12"):
            lock_with_passphrase(session, "short", NOW, CHEAP)
        lock_with_passphrase(session, PASSPHRASE, NOW, CHEAP)
        with pytest.raises(VaultError, match="locked already"):
            lock_with_passphrase(session, PASSPHRASE, NOW, CHEAP)
        with pytest.raises(VaultError, match="locked already"):
            lock_with_key_file(session, tmp_path / "master.key", NOW)
        with pytest.raises(VaultError, match="locked with a passphrase"):
            unlock_with_key_file(session, tmp_path / "master.key")


def test_an_unattended_rig_opens_the_vault_with_its_key_file(database: Database, tmp_path: Path) -> None:
    file, other = tmp_path / "master.key", tmp_path / "other.key"
    make_key_file(file)
    make_key_file(other)
    with pytest.raises(VaultError, match="never overwritten"):
        make_key_file(file)
    with database.write() as session:
        with Vault(database, lock_with_key_file(session, file, NOW)) as vault:
            vault.create_key(session, ids["d1"], "list", "rig", NOW)
            sealed = vault.seal(session, HERE, PICTURE)
        with Vault(database, unlock_with_key_file(session, file)) as again:
            assert again.open(session, HERE, sealed) == PICTURE
        with pytest.raises(WrongMasterKey, match=r"other\.key is not the key file"):
            unlock_with_key_file(session, other)
        with pytest.raises(VaultError, match="there is no"):
            unlock_with_key_file(session, tmp_path / "absent.key")
        file.write_bytes(b"something")
        with pytest.raises(VaultError, match="holds no master key"):
            unlock_with_key_file(session, file)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_file_that_others_may_read_is_refused(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    make_key_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for mode in (0o604, 0o640, 0o660):
        file.chmod(mode)
        with database.write() as session, pytest.raises(VaultError, match="chmod 600"):
            lock_with_key_file(session, file, NOW)


def test_a_deployment_has_one_key_for_each_known_purpose(database: Database, vault: Vault) -> None:
    with database.write() as session:
        with pytest.raises(VaultError, match="no second one"):
            vault.create_key(session, ids["d1"], "list", "rig", NOW)
        with pytest.raises(VaultError, match="one of: list, alerts, context"):
            vault.create_key(session, ids["d1"], "other", "rig", NOW)
        with pytest.raises(NoDataKey):
            vault.seal(session, replace(HERE, purpose="context"), PICTURE)


def test_a_wrapped_key_cannot_be_moved_to_another_deployment(database: Database, vault: Vault) -> None:
    with database.engine.begin() as connection:
        drop_rule(connection, "data_key_only_goes")
        other = f"SELECT wrapped FROM data_keys WHERE deployment_id = '{ids['d2']}'"
        connection.exec_driver_sql(f"UPDATE data_keys SET wrapped = ({other})")
    with database.read() as session, pytest.raises(SealBroken, match="wrapped key"):
        vault.seal(session, HERE, PICTURE)


def wrapped_key(database: Database) -> bytes:
    with database.read() as session:
        key = session.get(DataKey, (HERE.deployment_id, HERE.purpose))
        assert key is not None
        assert key.wrapped is not None
        return key.wrapped


def files_with(database: Database, content: bytes) -> list[str]:
    """Names of the files of the record that hold this content."""
    if isinstance(database.store, SqliteFile):
        files = sorted(database.store.path.parent.glob("record.db*"))
    else:
        files = table_files(database)
    return [file.name for file in files if content in file.read_bytes()]


@on_sqlite
@pytest.mark.parametrize("written_back", [False, True])
def test_after_destruction_nothing_opens_and_no_file_holds_the_key(
    database: Database, vault: Vault, signer: Signer, written_back: bool
) -> None:
    sealed, wrapped = sealed_here(database, vault), wrapped_key(database)
    if written_back:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
    assert files_with(database, wrapped)  # the search would find it
    # The key's secret part alone, as it would lie in a page that was cut in two.
    assert files_with(database, wrapped[13:45])
    vault.destroy_key(HERE.deployment_id, HERE.purpose, {"entries": 2}, "rig", signer, NOW)
    assert files_with(database, wrapped) == []
    assert files_with(database, wrapped[13:45]) == []
    with database.read() as session:
        # Some builds of SQLite have it on by default: the record must not depend on that.
        assert session.connection().exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        for step in (lambda: vault.open(session, HERE, sealed), lambda: vault.seal(session, HERE, PICTURE)):
            with pytest.raises(KeyDestroyed):
                step()
        other = replace(HERE, deployment_id=ids["d2"])
        assert vault.open(session, other, vault.seal(session, other, PICTURE)) == PICTURE


@on_sqlite
def test_many_keys_are_destroyed_without_a_trace(database: Database, vault: Vault, signer: Signer) -> None:
    """Enough rows for several pages, destroyed in another order than made: pages are split and cells moved."""
    deployments = [new_id() for _ in range(60)]
    with database.write() as session:
        for deployment in deployments:
            make_deployment(session, NOW, with_id=deployment)
            session.flush()
            vault.create_key(session, deployment, "list", "rig", NOW)
    with database.read() as session:
        wrapped = [
            bytes(key.wrapped or b"") for key in session.query(DataKey).filter(DataKey.deployment_id.in_(deployments))
        ]
    assert len(set(wrapped)) == 60
    for deployment in sorted(deployments, key=lambda name: name[::-1]):
        vault.destroy_key(deployment, "list", {}, "rig", signer, NOW)
    assert [key for key in wrapped if files_with(database, key[13:45])] == []


@on_sqlite
def test_a_copy_in_the_unused_part_of_a_page_goes_with_the_key(
    database: Database, vault: Vault, signer: Signer
) -> None:
    """Where rows move between pages SQLite leaves such copies, also with `secure_delete`: rarely, so one is planted."""
    secret = wrapped_key(database)[13:45]
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'people'").scalar_one()
    with database.path.open("r+b") as file:
        # The file format's leaf page: the middle between its header and the cells at its end is unused.
        file.seek((root - 1) * 4096 + 2048)
        assert file.read(32) == bytes(32)
        file.seek(-32, os.SEEK_CUR)
        file.write(secret)
    assert files_with(database, secret)
    vault.destroy_key(HERE.deployment_id, HERE.purpose, {}, "rig", signer, NOW)
    assert files_with(database, secret) == []


@on_postgresql
def test_after_destruction_no_table_holds_the_key_though_an_older_view_is_open(
    database: Database, vault: Vault, signer: Signer
) -> None:
    sealed, wrapped = sealed_here(database, vault), wrapped_key(database)
    assert files_with(database, wrapped[13:45])  # the search would find it
    with database.read() as session:
        # VACUUM would keep what this view, which has not read the keys yet, could still ask for.
        assert session.query(LedgerEntry).count() == 3
        certificate = vault.destroy_key(HERE.deployment_id, HERE.purpose, {"entries": 2}, "rig", signer, NOW)
        assert files_with(database, wrapped[13:45]) == []
    assert "WAL" in certificate.statement
    with database.read() as session:
        with pytest.raises(KeyDestroyed):
            vault.open(session, HERE, sealed)
        other = replace(HERE, deployment_id=ids["d2"])
        assert vault.open(session, other, vault.seal(session, other, PICTURE)) == PICTURE


def test_the_certificate_is_signed_and_names_what_went(database: Database, vault: Vault, signer: Signer) -> None:
    certificate = vault.destroy_key(
        HERE.deployment_id, "list", {"entries": 9756, "pictures": 12000}, "rig", signer, NOW
    )
    assert is_genuine(certificate, signer.public)
    assert (certificate.deployment, certificate.purpose) == (HERE.deployment_id, "list")
    assert certificate.counts == {"entries": 9756, "pictures": 12000}
    assert read_certificate(certificate.text()) == certificate
    for changed in (
        replace(certificate, counts={"entries": 9757, "pictures": 12000}),
        replace(certificate, destroyed_at="2026-11-22T10:00:00.000000Z"),
        replace(certificate, signature=certificate.signature[:-1]),
        replace(certificate, public_key="00" * 32),
    ):
        assert not is_genuine(changed, signer.public)
    with database.read() as session:
        entry = session.get(LedgerEntry, certificate.ledger_seq)
        assert entry is not None
        assert (entry.kind, entry.hash) == ("key_destroyed", certificate.ledger_hash)
        assert facts_of(entry)["counts"] == certificate.counts
        kinds = [kind for (kind,) in session.query(LedgerEntry.kind).order_by(LedgerEntry.seq)]
    assert kinds == ["key_created"] * 3 + ["key_destroyed", "certificate_issued"]


def test_a_certificate_under_another_key_is_not_genuine(
    database: Database, vault: Vault, signer: Signer, tmp_path: Path
) -> None:
    forger = open_signer(tmp_path / "forger")
    certificate = vault.destroy_key(HERE.deployment_id, "list", {}, "rig", forger, NOW)
    assert not is_genuine(certificate, signer.public)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format":"openlfr-deletion-1"}', "\ud800"])
def test_a_text_that_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(VaultError, match="certificate"):
        read_certificate(text)


def test_destroying_twice_changes_nothing(database: Database, vault: Vault, signer: Signer) -> None:
    first = vault.destroy_key(HERE.deployment_id, "list", {"entries": 2}, "rig", signer, NOW)
    second = vault.destroy_key(HERE.deployment_id, "list", {"entries": 3}, "rig", signer, NOW + timedelta(hours=1))
    assert first == second
    with pytest.raises(NoDataKey):
        vault.destroy_key(HERE.deployment_id, "context", {}, "rig", signer, NOW)


def test_counts_that_say_too_much_stop_the_destruction_before_it_begins(
    database: Database, vault: Vault, signer: Signer
) -> None:
    with pytest.raises(LedgerError):
        vault.destroy_key(HERE.deployment_id, "list", {"John Smith": 1}, "rig", signer, NOW)
    assert wrapped_key(database)


def test_a_destruction_that_a_reader_held_up_is_finished_by_asking_again(
    database: Database, vault: Vault, signer: Signer
) -> None:
    wrapped = wrapped_key(database)
    impatient = Database(database.store, busy_ms=50)
    with Vault(impatient, MasterKey(bytearray(32))) as other:  # destroying needs no master key
        with database.read() as session:
            assert session.query(DataKey).count() == 3  # holds the pages of before
            with pytest.raises(VaultError, match="try to erase again"):
                other.destroy_key(HERE.deployment_id, "list", {"entries": 2}, "rig", signer, NOW)
        assert files_with(database, wrapped)
        later = NOW + timedelta(minutes=1)
        certificate = other.destroy_key(HERE.deployment_id, "list", {}, "rig", signer, later)
    impatient.close()
    assert files_with(database, wrapped) == []
    assert certificate.counts == {"entries": 2}
    assert certificate.destroyed_at < certificate.issued_at


@on_sqlite
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE data_keys SET wrapped = x'00' WHERE wrapped IS NOT NULL", "destroyed and certified once"),
        (
            "UPDATE data_keys SET wrapped = x'00', destroyed_at = NULL, destroyed_seq = NULL",
            "destroyed and certified once",
        ),
        ("UPDATE data_keys SET destroyed_at = '2020' WHERE wrapped IS NULL", "destroyed and certified once"),
        ("UPDATE data_keys SET destroyed_seq = 1 WHERE wrapped IS NULL", "destroyed and certified once"),
        ("UPDATE data_keys SET certificate = '' WHERE wrapped IS NULL", "destroyed and certified once"),
        ("UPDATE OR REPLACE data_keys SET purpose = 'list'", "destroyed and certified once"),
        ("UPDATE data_keys SET rowid = 1", "no such column"),
        ("UPDATE data_keys SET wrapped = NULL WHERE wrapped IS NOT NULL", "destroyed_or_there"),
        ("DELETE FROM data_keys", "never deleted"),
        (
            (
                "INSERT OR REPLACE INTO data_keys SELECT deployment_id, purpose, x'00', wrapped_hash, created_at,"
                " NULL, NULL, NULL FROM data_keys"
            ),
            "never comes back",
        ),
    ],
)
def test_direct_sql_cannot_bring_a_key_back(
    database: Database, vault: Vault, signer: Signer, statement: str, message: str
) -> None:
    vault.destroy_key(HERE.deployment_id, "list", {}, "rig", signer, NOW)
    connection = sqlite3.connect(database.address, isolation_level=None)
    before = connection.execute("SELECT * FROM data_keys").fetchall()
    with pytest.raises((sqlite3.IntegrityError, sqlite3.OperationalError), match=message):
        connection.execute(statement)
    assert connection.execute("SELECT * FROM data_keys").fetchall() == before
    connection.close()


def test_neither_keys_nor_passphrase_stand_in_the_record(database: Database, vault: Vault) -> None:
    with database.read() as session:
        opened = vault._unwrap(session, HERE.deployment_id, HERE.purpose)
    assert files_with(database, bytes(opened)) == []
    assert files_with(database, bytes(vault._master._key)) == []
    assert files_with(database, PASSPHRASE.encode()) == []


def test_the_costs_of_a_guess_are_those_of_rfc_9106(database: Database) -> None:
    with database.write() as session:
        lock_with_passphrase(session, PASSPHRASE, NOW).close()
        lock = session.get(VaultLock, 1)
        assert lock is not None
        assert (lock.passes, lock.memory_kib, lock.lanes) == (3, 64 * 1024, 4)
        unlock_with_passphrase(session, PASSPHRASE).close()
