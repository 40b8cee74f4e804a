"""The record as one SQLite file: WAL, synchronous=FULL, foreign keys on, one writer at a time."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL


class SqliteFile:
    elsewhere = "name a new data folder"
    """What to do where a record is of another version."""
    remains = ""
    """What may remain of a destroyed key inside the rig, as a sentence for its certificate."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.address = str(path)

    def engine(self, busy_ms: int) -> Engine:
        # No implicit BEGIN from the driver: Database says which kind of transaction it wants.
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            connect_args={"isolation_level": None, "timeout": busy_ms / 1000},
            hide_parameters=True,
        )

        @event.listens_for(engine, "connect")
        def pragmas(dbapi: Any, _record: Any) -> None:
            cursor = dbapi.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine

    def begin_write(self, connection: Connection) -> None:
        """Take the write lock at once, so that no transaction fails late."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def begin_read(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")
