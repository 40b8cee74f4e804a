"""Opening the record, in a SQLite file or a PostgreSQL database, migrated to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from records.errors import RecordsError
from records.postgresql import PREFIX, PostgresqlServer
from records.sqlite import SqliteFile

BUSY_MS = 10_000
"""How long a writer waits for another process's transaction."""

Store = SqliteFile | PostgresqlServer


class Database:
    """One process's door to the record. One `write()` transaction happens at a time, whatever process it is in."""

    def __init__(self, store: Path | Store, busy_ms: int = BUSY_MS) -> None:
        self.store: Store = SqliteFile(store) if isinstance(store, Path) else store
        self.engine = self.store.engine(busy_ms)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @property
    def address(self) -> str:
        """What `open_database` takes: a path, or a PostgreSQL address without its password."""
        return self.store.address

    @property
    def path(self) -> Path:
        """The SQLite file. Raises RecordsError for a record on a server."""
        if isinstance(self.store, PostgresqlServer):
            raise RecordsError(f"the record {self.address} is no file")
        return self.store.path

    def migrate(self) -> None:
        """Bring the schema to this version; safe to call from several processes at once. Raises RecordsError."""
        try:
            with self.engine.connect() as connection:
                self.store.begin_write(connection)
                self._upgrade(connection)
                connection.commit()
        except DBAPIError as error:
            raise RecordsError(f"the record {self.address} cannot be used: {error.orig}") from error

    def _upgrade(self, connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise RecordsError(
                f"{self.address} was made by another version of this software: keep it, and {self.store.elsewhere}"
            ) from error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: all of it is on the disk when this returns, or none of it."""
        with self._sessions() as session:
            self.store.begin_write(session.connection())
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One view of the record, in which nothing changes; what is changed through it is not kept."""
        with self._sessions() as session:
            self.store.begin_read(session.connection())
            yield session
            # Rows keep what was read of them, for whoever returns them from here.
            session.expunge_all()
            session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def open_database(address: str | Path, password_file: Path | None = None) -> Database:
    """A SQLite file, or `postgresql://...` and the file of its password; connects at first use. Raises RecordsError."""
    if isinstance(address, str) and "://" in address:
        return Database(PostgresqlServer(address, password_file))
    if password_file is not None:
        raise RecordsError(f"the record {address} is a file: it has no password, only {PREFIX}... may have one")
    return Database(Path(address))


def migration_connection(config: Config) -> Connection:
    """The connection that `migrate` handed to alembic's environment."""
    connection = config.attributes["connection"]
    assert isinstance(connection, Connection)
    return connection
