"""Somebody with direct SQL: a plain connection, none of our code, foreign keys off where the database lets them be."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Row, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from records.database import Database
from records.rules import RULES
from records.schema import Base
from records.sqlite import SqliteFile
from tests.records.postgres_server import SOCKET, folder_of


class Attacker:
    """Each statement is its own transaction, but those of `attempt`."""

    def __init__(self, database: Database) -> None:
        if isinstance(database.store, SqliteFile):
            # A driver in its plainest state: no pragma of ours.
            self._engine = create_engine(f"sqlite:///{database.store.path}", poolclass=NullPool)
        else:
            self._engine = create_engine(
                database.engine.url, connect_args={"unix_sock": str(folder_of(database) / SOCKET)}, poolclass=NullPool
            )

    def execute(self, statement: str) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def rows(self, statement: str) -> list[Row[tuple[object, ...]]]:
        with self._engine.connect() as connection:
            return list(connection.exec_driver_sql(statement))

    @contextmanager
    def attempt(self) -> Iterator[Connection]:
        """One transaction that is undone."""
        with self._engine.connect() as connection:
            yield connection
            connection.rollback()


def refused(message: str) -> "pytest.RaisesExc[DBAPIError]":
    # Not of the whole error, which repeats the statement.
    return pytest.raises(DBAPIError, check=lambda error: re.search(message, str(error.orig)) is not None)


def copy(table: str, where: str, **changed: str) -> str:
    """SQL that inserts a copy of a row, with other values (SQL) in some columns."""
    names = [column.name for column in Base.metadata.tables[table].columns]
    assert changed.keys() <= set(names)
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {where}"


def drop_rule(connection: Connection, name: str) -> None:
    """What only the owner of the tables may do."""
    (table,) = (rule.table for rule in RULES if rule.name == name)
    connection.exec_driver_sql(f"DROP TRIGGER {name}{'' if connection.dialect.name == 'sqlite' else f' ON {table}'}")
