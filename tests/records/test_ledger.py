"""Invariant 6, attacked with facts that do not belong in a ledger and with SQLite's own means."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.chain import GENESIS, checkpoint_text
from records.database import Database
from records.errors import LedgerError
from records.facts import FACTS, Kind, check
from records.ids import new_id
from records.ledger import append, checkpoint, facts_of
from records.schema import Checkpoint, LedgerEntry
from records.signing import Signer, open_signer, signed_by
from records.times import to_text
from tests.records.entries import HASH, NOW, fill

ID = new_id()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path / "keys")


@pytest.fixture
def raw(sqlite_database: Database, signer: Signer) -> Iterator[sqlite3.Connection]:
    """An attacker's plain connection, foreign keys off, to a ledger of six entries with checkpoints at 2 and 4."""
    fill(sqlite_database, signer, 6)
    connection = sqlite3.connect(sqlite_database.address, isolation_level=None)
    yield connection
    connection.close()


def test_each_entry_carries_the_hash_of_itself_and_of_the_one_before(database: Database, signer: Signer) -> None:
    fill(database, signer, 6)
    previous = GENESIS
    with database.read() as session:
        entries = session.query(LedgerEntry).order_by(LedgerEntry.seq).all()
        assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
        for entry in entries:
            assert entry.previous == previous
            # Written out by hand, as docs describe it: another implementation must come to the same.
            content = {
                "actor": entry.actor,
                "at": to_text(entry.at),
                "facts": json.loads(entry.facts),
                "kind": entry.kind,
                "previous": entry.previous,
                "seq": entry.seq,
            }
            text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            previous = hashlib.sha256(text.encode()).hexdigest()
            assert entry.hash == previous


def test_an_entry_stands_or_falls_with_its_transaction(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as session:
            append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.write() as session:
        assert append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, NOW).seq == 1


def test_a_checkpoint_signs_the_last_entry(database: Database, signer: Signer) -> None:
    with database.write() as session:
        assert checkpoint(session, signer, NOW) is None
        entry = append(session, ID, Kind.SIGNED_IN, {"method": "password"}, NOW)
        made = checkpoint(session, signer, NOW)
        assert made is not None
        assert (made.seq, made.hash) == (entry.seq, entry.hash)
        text = checkpoint_text(1, entry.hash, to_text(NOW), signer.id)
        assert signed_by(bytes.fromhex(made.public_key), bytes.fromhex(made.signature), text)


def test_a_second_checkpoint_without_a_new_entry_is_the_first_one(database: Database, signer: Signer) -> None:
    with database.write() as session:
        append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, NOW)
        first = checkpoint(session, signer, NOW)
        assert checkpoint(session, signer, NOW + timedelta(hours=1)) is first
        assert session.query(Checkpoint).count() == 1


def test_a_broken_chain_is_never_signed(raw: sqlite3.Connection, sqlite_database: Database, signer: Signer) -> None:
    raw.execute("DROP TRIGGER ledger_is_never_changed")
    raw.execute("UPDATE ledger SET actor = 'rig' WHERE seq = 5")
    with sqlite_database.write() as session, pytest.raises(LedgerError, match="broken at entry 5"):
        checkpoint(session, signer, NOW)


def test_a_forged_checkpoint_is_not_built_upon(
    raw: sqlite3.Connection, sqlite_database: Database, signer: Signer
) -> None:
    raw.execute(
        "INSERT INTO checkpoints SELECT 6, hash, at, ?, ? FROM ledger WHERE seq = 6", (signer.public.hex(), "00" * 64)
    )
    with (
        sqlite_database.write() as session,
        pytest.raises(LedgerError, match="checkpoint at ledger entry 6 is damaged"),
    ):
        checkpoint(session, signer, NOW)


def test_facts_that_are_damaged_are_named(raw: sqlite3.Connection, sqlite_database: Database) -> None:
    raw.execute("INSERT INTO ledger SELECT 7, at, actor, kind, '{', hash, hash FROM ledger WHERE seq = 6")
    with sqlite_database.read() as session, pytest.raises(LedgerError, match="entry 7 are damaged"):
        facts_of(session.query(LedgerEntry).filter_by(seq=7).one())


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE ledger SET actor = 'rig' WHERE seq = 3", "never changed"),
        ("UPDATE OR REPLACE ledger SET seq = 2 WHERE seq = 3", "never changed"),
        ("UPDATE ledger SET rowid = 9 WHERE seq = 6", "never changed"),
        ("DELETE FROM ledger WHERE seq = 6", "nothing is deleted"),
        ("DELETE FROM ledger", "nothing is deleted"),
        (
            "INSERT OR REPLACE INTO ledger SELECT seq, at, 'rig', kind, facts, previous, hash FROM ledger",
            "the last one",
        ),
        ("REPLACE INTO ledger SELECT seq, at, 'rig', kind, facts, previous, hash FROM ledger", "the last one"),
        ("INSERT INTO ledger SELECT 6, at, actor, kind, facts, hash, hash FROM ledger WHERE seq = 6", "the last one"),
        ("INSERT INTO ledger SELECT 8, at, actor, kind, facts, hash, hash FROM ledger WHERE seq = 6", "the last one"),
        ("INSERT INTO ledger SELECT 0, at, actor, kind, facts, hash, hash FROM ledger WHERE seq = 6", "the last one"),
        (
            "INSERT INTO ledger SELECT NULL, at, actor, kind, facts, hash, hash FROM ledger WHERE seq = 6",
            "the last one",
        ),
        (
            (
                "INSERT INTO ledger SELECT seq, at, actor, kind, facts, hash, hash FROM ledger WHERE seq = 6"
                " ON CONFLICT DO UPDATE SET actor = 'rig'"
            ),
            "the last one",
        ),
        (
            "INSERT INTO ledger SELECT 7, at, actor, kind, facts, previous, hash FROM ledger WHERE seq = 6",
            "the last one",
        ),
        (
            "INSERT INTO ledger SELECT 7, at, actor, kind, facts, NULL, hash FROM ledger WHERE seq = 6",
            "the last one",
        ),
        ("INSERT INTO ledger SELECT 7, at, actor, kind, facts, hash, 'x' FROM ledger WHERE seq = 6", "SHA-256"),
        ("INSERT INTO ledger SELECT 7, at, actor, kind, facts, hash, NULL FROM ledger WHERE seq = 6", "SHA-256"),
        ("UPDATE checkpoints SET signature = ''", "never changed"),
        ("DELETE FROM checkpoints", "never deleted"),
        ("INSERT OR REPLACE INTO checkpoints SELECT seq, hash, at, public_key, '' FROM checkpoints", "the last one"),
        ("INSERT INTO checkpoints SELECT 3, hash, at, '', '' FROM ledger WHERE seq = 3", "the last one"),
        ("INSERT INTO checkpoints SELECT 7, hash, at, '', '' FROM ledger WHERE seq = 6", "signs an entry"),
        ("INSERT INTO checkpoints SELECT 6, previous, at, '', '' FROM ledger WHERE seq = 6", "signs an entry"),
    ],
)
def test_direct_sql_cannot_bend_the_ledger(raw: sqlite3.Connection, statement: str, message: str) -> None:
    def everything() -> list[Any]:
        return raw.execute("SELECT * FROM ledger").fetchall() + raw.execute("SELECT * FROM checkpoints").fetchall()

    before = everything()
    with pytest.raises(sqlite3.IntegrityError, match=message):
        raw.execute(statement)
    assert everything() == before


def test_direct_sql_cannot_begin_a_ledger_in_the_middle(sqlite_database: Database) -> None:
    connection = sqlite3.connect(sqlite_database.address, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="hash of the last one"):
        connection.execute("INSERT INTO ledger VALUES (1, 'now', 'rig', 'k', '{}', ?, ?)", (HASH, HASH))
    connection.close()


def test_every_kind_has_its_facts() -> None:
    assert set(FACTS) == set(Kind)


@pytest.mark.parametrize(
    ("actor", "kind", "facts", "message"),
    [
        ("John Smith", "rig_stopped", {"reason": "asked"}, "actor"),
        ("rig", "face_seen", {}, "no entries of the kind"),
        ("rig", "rig_stopped", {}, "needs the fact reason"),
        ("rig", "rig_stopped", {"reason": "asked", "name": "John Smith"}, "no fact named 'name'"),
        ("rig", "rig_stopped", {"reason": "John Smith"}, "reason of rig_stopped must be a code"),
        ("rig", "alert_viewed", {"alert": "John Smith", "reason": "review"}, "alert of alert_viewed must be an id"),
        ("rig", "alert_viewed", {"alert": ID.upper(), "reason": "review"}, "must be an id"),
        ("rig", "alerts_erased", {"deployment": ID, "alerts": True, "pictures": 1}, "must be a count"),
        ("rig", "alerts_erased", {"deployment": ID, "alerts": -1, "pictures": 1}, "must be a count"),
        ("rig", "alerts_erased", {"deployment": ID, "alerts": 0.5, "pictures": 1}, "must be a count"),
        ("rig", "alerts_erased", {"deployment": ID, "alerts": [1, 2, 3], "pictures": 1}, "must be a count"),
        ("rig", "deployment_ended", {"deployment": ID, "reason": "asked", "counts": {"x": [1]}}, "counts by code"),
        (
            "rig",
            "deployment_ended",
            {"deployment": ID, "reason": "asked", "counts": {f"v{number}": number for number in range(512)}},
            "counts by code",
        ),
        ("rig", "deployment_refused", {"deployment": ID, "reason": b"\xff\xd8\xff"}, "must be a text"),
        ("rig", "deployment_refused", {"deployment": ID, "reason": " "}, "must be a text"),
        ("rig", "deployment_refused", {"deployment": ID, "reason": "word " * 500}, "must be a text"),
        ("rig", "deployment_refused", {"deployment": ID, "reason": "/j/AAQSkZJRgABAQ" * 20}, "must be a text"),
        ("rig", "deployment_refused", {"deployment": ID, "reason": "0.12 -0.4 " * 30}, "must be a text"),
        ("rig", "deployment_refused", {"deployment": ID, "reason": "a\x1b[2Jb"}, "must be a text"),
        ("rig", "alert_held", {"alert": ID, "reference": "CAD 1/2", "until": "tomorrow"}, "must be a time"),
        ("rig", "alert_adjudicated", {"alert": ID, "verdict": "perhaps"}, "must be one of same"),
    ],
)
def test_what_could_be_personal_or_a_face_is_refused_and_not_repeated(
    actor: str, kind: str, facts: dict[str, Any], message: str
) -> None:
    with pytest.raises(LedgerError, match=message) as caught:
        check(actor, kind, facts)
    assert "Smith" not in str(caught.value)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
anything = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(), scalars, max_size=3)


@given(st.sampled_from(list(Kind)), st.data())
def test_facts_of_any_type_are_checked_without_a_crash(kind: Kind, data: st.DataObject) -> None:
    facts: dict[str, Any] = {name: data.draw(anything) for name in FACTS[kind]}
    try:
        check("rig", kind, facts)
    except LedgerError:
        return
    assert not any(isinstance(value, float | bytes | list) and value for value in facts.values())
