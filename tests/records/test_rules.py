"""Invariant 3, attacked with SQLite's own means: REPLACE, hidden row numbers, foreign keys off."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from records.database import Database
from records.ids import new_id
from tests.records.made import make_alert, make_deployment, make_person

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def raw(sqlite_database: Database) -> Iterator[sqlite3.Connection]:
    """A plain connection of an attacker: no foreign keys, no code of ours. Alert `a` waits; `p` and `q` exist."""
    with sqlite_database.write() as session:
        make_deployment(session, NOW, with_id="d", confirmations=2, subjects=("s", "s2"))
        for person in ("p", "q"):
            make_person(session, NOW, with_id=person)
        make_alert(session, "d", "s", NOW, with_id="a")
    connection = sqlite3.connect(sqlite_database.address, isolation_level=None)
    yield connection
    connection.close()


def vote(raw: sqlite3.Connection, reviewer: str, verdict: str = "same") -> None:
    raw.execute(
        "INSERT INTO adjudications (id, alert_id, reviewer_id, verdict, similarities, differences, made_at)"
        " VALUES (?, 'a', ?, ?, '[]', '[]', '2026-11-23T10:00:00.000000Z')",
        (new_id(), reviewer, verdict),
    )


def stop(raw: sqlite3.Connection, alert: str = "a") -> None:
    raw.execute(
        "INSERT INTO stops (id, alert_id, officer_id, reason, started_at)"
        " VALUES (?, ?, 'p', 'r', '2026-11-23T10:00:00.000000Z')",
        (new_id(), alert),
    )


def engage(raw: sqlite3.Connection) -> None:
    raw.execute("INSERT INTO officer_decisions VALUES ('a', 'p', 'engage', '2026-11-23T10:00:00.000000Z')")


def set_state(raw: sqlite3.Connection, state: str) -> None:
    raw.execute("UPDATE alerts SET state = ? WHERE id = 'a'", (state,))


def refused(message: str) -> "pytest.RaisesExc[sqlite3.IntegrityError]":
    return pytest.raises(sqlite3.IntegrityError, match=message)


def test_a_stop_without_any_confirmation_is_refused(raw: sqlite3.Connection) -> None:
    with refused("a stop needs the confirmations"):
        stop(raw)


def test_a_stop_for_an_alert_that_does_not_exist_is_refused_even_with_foreign_keys_off(raw: sqlite3.Connection) -> None:
    with refused("a stop needs the confirmations"):
        stop(raw, alert="nobody")


def test_one_of_two_confirmations_is_not_enough(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    with refused("confirmations"):
        set_state(raw, "confirmed")
    with refused("a stop needs the confirmations"):
        stop(raw)


def test_a_vote_of_different_blocks_confirmation_for_good(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    vote(raw, "q", "different")
    with refused("confirmations"):
        set_state(raw, "confirmed")


def test_two_people_who_agree_open_the_way_to_a_stop_that_its_officer_decides(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    vote(raw, "q")
    set_state(raw, "confirmed")
    with refused("the decision of its officer"):
        stop(raw)
    engage(raw)
    stop(raw)
    assert raw.execute("SELECT count(*) FROM stops").fetchone() == (1,)


def test_the_same_reviewer_cannot_vote_twice_nor_replace_a_vote(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    with refused("judges an alert once"):
        vote(raw, "p")
    with refused("judges an alert once"):
        raw.execute(
            "INSERT OR REPLACE INTO adjudications SELECT id, alert_id, reviewer_id, 'different', '[]', '[]', made_at,"
            " NULL, NULL FROM adjudications"
        )


def test_an_alert_that_is_not_in_review_takes_no_vote(raw: sqlite3.Connection) -> None:
    with refused("while it is in review"):
        vote(raw, "p")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE alerts SET state = 'engaged'", "not legal"),
        ("UPDATE alerts SET state = 'confirmed'", "not legal|confirmations"),
        ("UPDATE alerts SET subject_id = 'other'", "keeps its id, deployment and subject"),
        ("UPDATE deployments SET confirmations = 1", "never changed"),
        ("DELETE FROM alerts", "never deleted"),
        ("DELETE FROM deployments", "never deleted"),
        (
            (
                "INSERT INTO alerts SELECT 'b', deployment_id, 's2', camera, track, frame, similarity, threshold,"
                " engine, contract, list_hash, captured_at, raised_at, stored_at, 'confirmed',"
                " outcome, closed_at, NULL, NULL, NULL FROM alerts"
            ),
            "begins in the state waiting",
        ),
        (
            (
                "INSERT INTO alerts SELECT 'b', deployment_id, subject_id, camera, track, frame, similarity, threshold,"
                " engine, contract, list_hash, captured_at, raised_at, stored_at, state, outcome, closed_at,"
                " NULL, NULL, NULL FROM alerts"
            ),
            "one is open for a person",
        ),
        ("UPDATE alerts SET outcome = 'false'", "closed_with_outcome"),
    ],
)
def test_direct_sql_cannot_bend_the_record(raw: sqlite3.Connection, statement: str, message: str) -> None:
    with refused(message):
        raw.execute(statement)


def test_passages_are_listed_in_test_deployments_only(raw: sqlite3.Connection, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        make_deployment(session, NOW, with_id="o", kind="operational")
    raw.execute("INSERT INTO test_passages VALUES ('1', 'd', 'north', 1, 0, 9, 2)")
    with refused("test deployments only"):
        raw.execute("INSERT INTO test_passages VALUES ('2', 'o', 'north', 1, 0, 9, 2)")
    with refused("never changed"):
        raw.execute("UPDATE deployments SET kind = 'test' WHERE id = 'o'")


def test_votes_and_stops_are_neither_changed_nor_deleted(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    vote(raw, "q")
    set_state(raw, "confirmed")
    engage(raw)
    stop(raw)
    for statement, message in (
        ("UPDATE adjudications SET verdict = 'different'", "never changed"),
        ("DELETE FROM adjudications", "never deleted"),
        ("DELETE FROM stops", "never deleted"),
        ("UPDATE stops SET officer_id = 'q'", "keeps its alert and its officer"),
    ):
        with refused(message):
            raw.execute(statement)


def contents(raw: sqlite3.Connection) -> list[tuple[object, ...]]:
    tables = ("deployments", "alerts", "adjudications", "stops")
    return [row for table in tables for row in raw.execute(f"SELECT * FROM {table} ORDER BY id")]


REPLACED_VOTE = "'a', 'r', 'same', '[]', '[]', '2026-11-23T10:00:00.000000Z'"


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT OR REPLACE INTO adjudications SELECT id, {REPLACED_VOTE} FROM adjudications",
        (
            f"INSERT OR REPLACE INTO adjudications(rowid, id, alert_id, reviewer_id, verdict, similarities,"
            f" differences, made_at) VALUES (2, 'new', {REPLACED_VOTE})"
        ),
        "INSERT OR REPLACE INTO deployments SELECT id, name, kind, 1, created_at, ended_at FROM deployments",
        (
            "INSERT OR REPLACE INTO deployments(rowid, id, name, kind, confirmations, created_at)"
            " VALUES (1, 'new', 'x', 'test', 1, '2026-11-23T10:00:00.000000Z')"
        ),
        (
            "INSERT INTO deployments VALUES ('e', 'x', 'test', 1, '2026-11-23T10:00:00.000000Z', NULL);"
            "UPDATE OR REPLACE deployments SET id = 'd' WHERE id = 'e'"
        ),
        (
            "INSERT INTO deployments VALUES ('e', 'x', 'test', 1, '2026-11-23T10:00:00.000000Z', NULL);"
            "UPDATE OR REPLACE deployments SET rowid = 1 WHERE id = 'e'"
        ),
        (
            "INSERT OR REPLACE INTO alerts SELECT id, deployment_id, 'other', camera, track, frame, similarity,"
            " threshold, engine, contract, list_hash, captured_at, raised_at, stored_at, 'waiting', outcome, closed_at"
            " FROM alerts"
        ),
        (
            "INSERT OR REPLACE INTO alerts SELECT 'b', deployment_id, subject_id, camera, track, frame, similarity,"
            " threshold, engine, contract, list_hash, captured_at, raised_at, stored_at, 'waiting', outcome, closed_at"
            " FROM alerts"
        ),
    ],
)
def test_replacing_a_row_is_refused_like_deleting_it(raw: sqlite3.Connection, statement: str) -> None:
    """REPLACE deletes rows without firing the triggers that refuse a deletion."""
    set_state(raw, "in_review")
    vote(raw, "p")
    vote(raw, "q", "different")
    before = contents(raw)
    with pytest.raises((sqlite3.IntegrityError, sqlite3.OperationalError)):
        raw.executescript(statement)
    assert [row for row in before if row not in contents(raw)] == []


def test_a_stop_is_not_replaced(raw: sqlite3.Connection) -> None:
    set_state(raw, "in_review")
    vote(raw, "p")
    vote(raw, "q")
    set_state(raw, "confirmed")
    engage(raw)
    stop(raw)
    before = contents(raw)
    for columns in ("id, alert_id", "'new', alert_id"):
        with refused("a stop is logged once"):
            raw.execute(
                f"INSERT OR REPLACE INTO stops SELECT {columns}, officer_id, 'x', started_at, ended_at, outcome,"
                " disposal FROM stops"
            )
    assert contents(raw) == before
