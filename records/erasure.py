"""Making the database forget: what was overwritten or deleted must not live on in an older page of its files."""

from sqlalchemy.exc import DBAPIError, OperationalError

from records.database import Database
from records.errors import VaultError
from records.rules.rule import ONE_WRITER

HELD = "another process is still reading older pages of the record: try to erase again"


def forget_old_pages(database: Database) -> None:
    """Leave no older version of a data key in the database's files.

    SQLite: writes the whole file anew, brings every page into it and cuts the write-ahead log to nothing.
    `secure_delete` alone does not do it: where rows move between pages, a copy of one may stay in a page's unused part.

    PostgreSQL: writes the table of data keys anew, with its present rows only, and drops the old file. Unlike VACUUM
    FULL, which keeps (and does not tell) what any older transaction could still ask for. A transaction that began
    before and reads the table only afterwards finds it empty. What PostgreSQL cannot promise, and
    `PostgresqlServer.remains` says in the certificate: the WAL keeps what was ever written until the server reuses that
    segment (the checkpoint here, where the role may ask for it, only lets that begin); archived WAL, replicas and
    backups keep it for as long as somebody keeps them; the file system may keep the dropped file's blocks.

    Waits for readers as long as any writer waits; raises VaultError where one is still there then: call it again.
    """
    if database.engine.dialect.name == "sqlite":
        _write_file_anew(database)
    else:
        _write_keys_anew(database)


def _write_file_anew(database: Database) -> None:
    with database.engine.connect() as connection:
        # Not by way of a file in some other folder.
        connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
        try:
            connection.exec_driver_sql("VACUUM")
        except OperationalError as error:
            raise VaultError(HELD) from error
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        raise VaultError(HELD)


def _write_keys_anew(database: Database) -> None:
    try:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")
            # Any expression but the bare column makes the server write all rows again.
            connection.exec_driver_sql("ALTER TABLE data_keys ALTER wrapped TYPE bytea USING wrapped || ''::bytea")
    except OperationalError as error:
        raise VaultError(HELD) from error
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.exec_driver_sql("CHECKPOINT")
        except DBAPIError as error:
            if not _not_allowed(error):
                raise


def _not_allowed(error: DBAPIError) -> bool:
    told = error.orig.args[0] if error.orig and error.orig.args else None
    return isinstance(told, dict) and told.get("C") == "42501"
