from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from records.database import Database
from records.schema import Base, Event
from records.times import from_ns, from_text, to_text


def test_the_migrations_make_exactly_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_what_was_written_is_on_the_disk_before_write_returns(database: Database) -> None:
    with database.read() as session:
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
    def everything() -> list[tuple[str, str]]:
        with database.engine.connect() as connection:
            found = connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name"))
            return [(str(name), str(sql)) for name, sql in found]

    before = everything()
    database.migrate()
    assert everything() == before


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
