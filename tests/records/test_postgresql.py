"""What PostgreSQL has and SQLite has not: passwords, TRUNCATE, temporary tables, several writers at once."""

import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from records.database import Database, open_database
from records.errors import RecordsError
from records.postgresql import PostgresqlServer
from records.schema import Base, Event
from tests.records.attacker import Attacker, refused
from tests.records.made import make_deployment, make_person
from tests.records.postgres_server import GUARDED, OWNER, TEMPLATE, PostgresServer
from tests.records.test_attacks import confirmed, decision, stage, state, stop, vote

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def attacked(postgres_database: Database) -> Attacker:
    stage(postgres_database)
    return Attacker(postgres_database)


def test_no_table_of_the_record_is_emptied(attacked: Attacker) -> None:
    for table in ("ledger", "deployments", "people", "entries", "alerts", "stops", "data_keys"):
        with refused("never emptied"):
            attacked.execute(f"TRUNCATE {table} CASCADE")
    assert attacked.rows("SELECT count(*) FROM deployments") == [(6,)]


def test_a_temporary_table_does_not_stand_in_for_the_votes(attacked: Attacker) -> None:
    with attacked.attempt() as connection:
        connection.exec_driver_sql(state("in_review"))
        connection.exec_driver_sql("CREATE TEMPORARY TABLE adjudications (LIKE public.adjudications)")
        for person in ("p", "q"):
            connection.exec_driver_sql(vote(person))
        with refused("the confirmations that the policy asks for are missing"):
            connection.exec_driver_sql(state("confirmed"))


def test_a_frozen_view_of_the_record_is_no_ground_to_write(attacked: Attacker) -> None:
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with attacked.attempt() as connection:
            connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
            with refused("one transaction after another"):
                connection.exec_driver_sql(state("in_review"))


def test_a_vote_against_counts_though_it_is_cast_in_the_same_moment(attacked: Attacker) -> None:
    """Two plain connections, none of our code: the second waits for the first, and then sees its vote."""
    for statement in (state("in_review"), vote("p")):
        attacked.execute(statement)
    caught: list[DBAPIError] = []

    def confirm() -> None:
        try:
            attacked.execute(state("confirmed"))
        except DBAPIError as error:
            caught.append(error)

    second = threading.Thread(target=confirm)
    with attacked.attempt() as connection:
        connection.exec_driver_sql(vote("q", verdict="different"))
        second.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while attacked.rows(waiting) != [(1,)]:
            assert second.is_alive(), caught
        connection.commit()
    second.join(30)
    assert [str(error.orig) for error in caught if "confirmations" in str(error.orig)]
    assert attacked.rows("SELECT state FROM alerts WHERE id = 'a'") == [("in_review",)]


def test_people_who_agree_open_the_way_to_a_stop(attacked: Attacker) -> None:
    for statement in (*confirmed(), decision(), stop()):
        attacked.execute(statement)
    assert attacked.rows("SELECT count(*) FROM stops") == [(1,)]


def test_a_server_that_answers_early_is_told_to_wait_for_the_disk(postgres: PostgresServer) -> None:
    postgres.create("hasty", TEMPLATE)
    for setting in ("synchronous_commit = off", "default_transaction_isolation = 'repeatable read'", "DateStyle = SQL"):
        postgres.command(f"ALTER DATABASE hasty SET {setting}")
    opened = postgres.database("hasty")
    with opened.write() as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "on"
        make_person(session, NOW, with_id="p")
        make_deployment(session, NOW, subjects=("s",))
    with opened.read() as session:
        assert session.scalar(text("SELECT review_on FROM entries")).isoformat() == "2030-01-01"
        assert session.scalar(text("SHOW transaction_read_only")) == "on"
        assert session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
    opened.close()


def test_a_server_that_was_started_again_is_found_again(postgres_database: Database, postgres: PostgresServer) -> None:
    with postgres_database.read() as session:
        assert session.query(Event).count() == 0
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openlfr'"
    postgres.command(ended)
    with postgres_database.read() as session:
        assert session.query(Event).count() == 0
        postgres.command(ended)
        # Midway it is an error that says "not now", as a busy SQLite file is.
        with pytest.raises(OperationalError):
            session.query(Event).count()
    with postgres_database.read() as session:
        assert session.query(Event).count() == 0


@pytest.fixture
def guarded(postgres: PostgresServer, tmp_path: Path) -> Callable[..., Database]:
    """A database of a role that needs a password; gives the door to it by a password's file."""
    postgres.command("DROP DATABASE IF EXISTS guarded WITH (FORCE)")
    postgres.command(f"DROP ROLE IF EXISTS {GUARDED}")
    postgres.command(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
    postgres.command(f"CREATE DATABASE guarded OWNER {GUARDED}")

    def door(password: str, mode: int = 0o600) -> Database:
        file = tmp_path / "database.password"
        file.write_text(f"{password}\n")
        file.chmod(mode)
        return open_database(postgres.address("guarded", GUARDED), file)

    return door


def test_the_password_comes_from_its_file(guarded: Callable[..., Database]) -> None:
    opened = guarded(PASSWORD)
    opened.migrate()
    with opened.read() as session:
        assert session.query(Event).count() == 0
    assert PASSWORD not in f"{opened.address} {opened.engine!r}"
    opened.close()


# The driver leaves a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_wrong_password_is_said_in_one_line(guarded: Callable[..., Database]) -> None:
    opened = guarded("another password")
    with pytest.raises(RecordsError, match="cannot be used: password authentication failed") as caught:
        opened.migrate()
    assert "another password" not in str(caught.value)
    assert "\n" not in str(caught.value)
    opened.close()


def test_a_password_file_open_to_others_is_refused(guarded: Callable[..., Database]) -> None:
    with pytest.raises(RecordsError, match="chmod 600"):
        guarded(PASSWORD, mode=0o640)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_database_that_cannot_be_reached_is_named(postgres: PostgresServer, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"postgresql://rig@localhost:{closed.getsockname()[1]}/record"
        for address in (f"postgresql://rig@/record?host={tmp_path}", nobody, postgres.address("absent")):
            opened = open_database(address)
            with pytest.raises(RecordsError, match="cannot be used") as caught:
                opened.migrate()
            assert address in str(caught.value)
            opened.close()


def test_a_role_that_may_not_make_tables_is_told_so(postgres: PostgresServer) -> None:
    postgres.command("CREATE DATABASE foreign_one")
    opened = open_database(postgres.address("foreign_one"))
    with pytest.raises(RecordsError, match="permission denied for schema public"):
        opened.migrate()
    opened.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://rig:secret@host/record", "holds a password"),
        ("postgresql://host/record", "write postgresql://"),
        ("postgresql://rig@host", "write postgresql://"),
        ("postgresql://rig@/record", "write postgresql://"),
        ("postgresql://rig@host/record?host=/run", "write postgresql://"),
        ("postgresql://rig@host/record?sslmode=disable", "write postgresql://"),
        ("postgresql+psycopg://rig@host/record", "write postgresql://"),
        ("mysql://rig@host/record", "write postgresql://"),
        ("postgresql://rig@host:port/record", "write postgresql://"),
    ],
)
def test_an_address_that_does_not_serve_is_refused(address: str, message: str) -> None:
    with pytest.raises(RecordsError, match=message) as caught:
        open_database(address)
    assert "secret" not in str(caught.value)


def test_a_file_has_no_password(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="it has no password"):
        open_database(tmp_path / "record.db", tmp_path / "password")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address, as Linux has")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_elsewhere_must_show_a_certificate(tmp_path: Path) -> None:
    """It is asked for TLS before anything else is said, and refused where it has none."""
    with pytest.raises(RecordsError, match="no certificates to trust"):
        open_database(f"postgresql://rig@host/record?sslrootcert={tmp_path}/absent")
    with socket.create_server(("127.0.0.2", 0)) as listener:
        said: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                said.append(connection.recv(8))
                connection.sendall(b"N")

        server = threading.Thread(target=answer, daemon=True)
        server.start()
        # Not one of the names under which a server counts as this machine's own.
        opened = open_database(f"postgresql://rig@127.0.0.2:{listener.getsockname()[1]}/record")
        with pytest.raises(RecordsError, match="refuses SSL"):
            opened.migrate()
        opened.close()
        server.join(10)
    assert said == [bytes.fromhex("0000000804d2162f")]


def test_every_table_with_a_rule_has_one_writer(postgres_database: Database) -> None:
    with postgres_database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'one_writer'")
        guarded = {str(name) for (name,) in found}
    assert guarded <= Base.metadata.tables.keys()
    assert {"ledger", "alerts", "entries", "deployments", "stops", "adjudications"} <= guarded


def test_the_roles_of_these_tests_are_no_superusers(postgres: PostgresServer) -> None:
    assert postgres.command(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{OWNER}'") == [(False,)]
    assert PostgresqlServer(postgres.address("x")).password_file is None
