import contextlib
import subprocess
import sys
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from records.database import Database, open_database
from records.errors import RecordsError
from records.rules import RULES
from records.schema import Base, Event, Person
from records.times import from_ns, from_text, to_text
from tests.records.postgres_server import PostgresServer


def test_the_migrations_make_exactly_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_what_was_written_is_on_the_disk_before_write_returns(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as session:
            session.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="alert", alert_id=None))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.read() as session:
        assert session.query(Event).count() == 0


def test_migrating_twice_changes_nothing(database: Database) -> None:
    catalogue = {
        "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
        "postgresql": "SELECT oid, relname FROM pg_class UNION SELECT oid, tgname FROM pg_trigger ORDER BY 1",
    }

    def everything() -> list[tuple[str, str]]:
        with database.engine.connect() as connection:
            found = connection.execute(text(catalogue[connection.dialect.name]))
            return [(str(name), str(what)) for name, what in found]

    before = everything()
    assert len(before) > len(RULES)
    database.migrate()
    assert everything() == before


def test_several_processes_migrate_a_new_record_at_once(tmp_path: Path, postgres: PostgresServer) -> None:
    postgres.create("raced")
    program = "import sys; from records.database import open_database; open_database(sys.argv[1]).migrate()"
    for address in (str(tmp_path / "raced.db"), postgres.address("raced")):
        racing = [subprocess.Popen([sys.executable, "-c", program, address]) for _ in range(3)]
        assert [process.wait(60) for process in racing] == [0, 0, 0]
        opened = open_database(address)
        with opened.read() as session:
            assert session.query(Event).count() == 0
        opened.close()


def test_a_record_of_another_version_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(RecordsError, match="made by another version of this software: keep it, and name a new"):
        database.migrate()


def test_what_is_changed_while_reading_is_not_kept(database: Database) -> None:
    with contextlib.suppress(DBAPIError), database.read() as session:
        session.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="alert", alert_id=None))
        session.flush()
    with database.read() as session:
        assert session.query(Event).count() == 0


def test_a_reader_sees_one_state_of_the_record(database: Database) -> None:
    with database.read() as reader:
        assert reader.query(Event).count() == 0
        with database.write() as writer:
            writer.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="alert", alert_id=None))
        assert reader.query(Event).count() == 0


def test_writers_come_one_after_another_and_one_that_waits_too_long_is_told(database: Database) -> None:
    impatient = Database(database.store, busy_ms=50)
    with database.write() as writer:
        writer.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="alert", alert_id=None))
        with pytest.raises(OperationalError, match="lock"), impatient.write():
            pass
    with impatient.write() as second:
        assert second.query(Event).count() == 1
    impatient.close()


def test_an_error_of_the_database_tells_nothing_of_the_row(database: Database) -> None:
    with pytest.raises(IntegrityError) as caught, database.write() as session:
        session.execute(
            insert(Person).values(
                id="p",
                name="Zebulon Quackenbush",
                role="king",
                authority=None,
                password_hash="secret",
                active=True,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    told = "".join(traceback.format_exception(caught.value))
    assert "constraint failed: ck_people_role_is_known" in told
    assert "Quackenbush" not in told
    assert "king" not in told


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-12, 12))
def test_times_keep_their_order_and_value_as_text(moment: datetime, hours: int) -> None:
    elsewhere = moment
    if (
        datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
        < moment
        < datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
    ):
        elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert from_text(to_text(elsewhere)) == moment
    later = moment + timedelta(microseconds=1) if moment < datetime.max.replace(tzinfo=UTC) else moment
    assert to_text(moment) <= to_text(later)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@given(st.integers(0, 2**62))
def test_nanoseconds_become_times_without_rounding_up(ns: int) -> None:
    moment = from_ns(ns)
    assert int(moment.timestamp()) == ns // 1_000_000_000
    assert moment.microsecond == ns // 1_000 % 1_000_000
