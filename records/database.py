"""Opening the record: SQLite with WAL and synchronous=FULL, foreign keys on, migrated to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

BUSY_MS = 10_000
"""How long a writer waits for another process's transaction."""


class Database:
    """One process's door to the record. `write()` transactions take the write lock at once, so that none fails late."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.engine = _engine(path)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    def migrate(self) -> None:
        """Bring the schema to this version; safe to call from several processes at once."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: all of it is on the disk when this returns, or none of it."""
        with self._sessions() as session:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._sessions() as session:
            session.connection().exec_driver_sql("BEGIN")
            yield session
            session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def _engine(path: Path) -> Engine:
    # No implicit BEGIN from the driver: write() and read() say which kind of transaction they want.
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def pragmas(dbapi: Any, _record: Any) -> None:
        cursor = dbapi.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def migration_connection(config: Config) -> Connection:
    """The connection that `migrate` handed to alembic's environment."""
    connection = config.attributes["connection"]
    assert isinstance(connection, Connection)
    return connection
