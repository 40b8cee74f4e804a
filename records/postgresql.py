"""The record in a PostgreSQL database: for a fleet, or beside other services. The same tables, rules and semantics.

One writer at a time, as in SQLite: a writing transaction takes one advisory lock first, and the guards of
`records.rules.rule` make every other writer take it too. What the server itself is told to skip (fsync=off) is skipped.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pg8000
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)

from records.errors import RecordsError
from records.rules.rule import ONE_WRITER
from records.secret_files import read_secret

PREFIX = "postgresql://"
PORT = 5432
OPTIONS = {"host", "sslrootcert"}
FORM = "postgresql://USER@HOST/DATABASE, or postgresql://USER@/DATABASE?host=SOCKET_FOLDER"

SESSION = """SELECT set_config('lock_timeout', '{busy_ms}', false),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
        ELSE current_setting('synchronous_commit') END, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('extra_float_digits', '1', false),
    set_config('DateStyle', 'ISO', false)"""
"""What a connection needs whatever the server's defaults are: nothing is acknowledged before it is on the disk."""

UNAVAILABLE = ("08", "28", "3D", "40", "53", "55P03", "57")
"""SQLSTATEs, or their first two characters, of: connection, sign-in, no such database, retry, full, lock, shut down."""
GONE = ("08", "57P")
"""Those after which the connection is of no more use; the driver does not say so."""


@dataclass(frozen=True)
class PostgresqlServer:
    """Where the record is. No password in the address: it stands in a file of mode 600, where the server asks for one.

    Beyond this machine the server must show a certificate that the system, or the file `sslrootcert`, vouches for.
    """

    address: str
    password_file: Path | None = None

    elsewhere = "name a new database"
    remains = (
        " The database server's log (its WAL) and its replicas may hold the wrapped key until they overwrite it;"
        " it opens nothing without the rig's master key."
    )

    def __post_init__(self) -> None:
        self._url()

    def engine(self, busy_ms: int) -> Engine:
        """Raises RecordsError for a password file that cannot be used."""
        url = self._url()
        # What hangs for longer than any wait for a lock is a broken network.
        options: dict[str, Any] = {"timeout": busy_ms / 1000 * 3, "application_name": "openlfr"}
        folder = _option(url, "host")
        if folder is not None:
            options["unix_sock"] = f"{folder}/.s.PGSQL.{url.port or PORT}"
        elif url.host not in ("localhost", "127.0.0.1", "::1"):
            options["ssl_context"] = self._trusted(_option(url, "sslrootcert"))
        if self.password_file is not None:
            hint = "write the database's password to it"
            options["password"] = read_secret(self.password_file, RecordsError, hint).decode().rstrip("\r\n")
        plain = URL.create("postgresql+pg8000", url.username, None, url.host, url.port, url.database)
        engine = create_engine(plain, connect_args=options, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def prepare(dbapi: Any, _record: Any) -> None:
            cursor = dbapi.cursor()
            cursor.execute(SESSION.format(busy_ms=busy_ms))
            cursor.close()
            dbapi.commit()

        @event.listens_for(engine, "checkout")
        def probe(dbapi: Any, _record: Any, _proxy: Any) -> None:
            # The pool's own probe takes the driver's bare OSError for a fault of the program.
            try:
                engine.dialect.do_ping(dbapi)
            except (OSError, pg8000.Error) as error:
                raise DisconnectionError from error

        event.listen(engine, "handle_error", translate, retval=True)
        return engine

    def begin_write(self, connection: Connection) -> None:
        """Take the one writer's lock before the first row is read: every statement then sees all earlier writes."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")

    def begin_read(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def _url(self) -> URL:
        try:
            url = make_url(self.address)
        except (ArgumentError, ValueError) as error:
            raise RecordsError(f"this is no address of a PostgreSQL database: write {FORM}") from error
        if url.password is not None:
            # Not repeated: the message goes to the screen and the log.
            raise RecordsError(
                "the database's address holds a password: write it to a file of mode 600 and name it as password_file"
            )
        folder = _option(url, "host")
        known = set(url.query) <= OPTIONS and all(isinstance(value, str) for value in url.query.values())
        if not (self.address.startswith(PREFIX) and url.username and url.database and known) or (
            bool(url.host) == (folder is not None)
        ):
            raise RecordsError(f"the database's address {self.address}: write {FORM}")
        return url

    def _trusted(self, authorities: str | None) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=authorities)
        except (OSError, ssl.SSLError) as error:
            raise RecordsError(f"{authorities}: these are no certificates to trust a database server by") from error


def translate(context: ExceptionContext) -> BaseException | None:
    """Errors as SQLite's driver gives them: IntegrityError for what a rule refuses, OperationalError for "not now".

    The server quotes the refused row in its error: that is dropped, so that no log ever shows it.
    """
    error = context.original_exception
    told = _told(error)
    if told is None and context.connection is None:
        # Refused at the door: the driver's clean-up failed too, and hides what the server said.
        told = next((found for hidden in _before(error) if (found := _told(hidden))), None)
    if told is not None:
        _silence(told)
    if isinstance(error, OSError):
        context.is_disconnect = True
        plain = pg8000.OperationalError(error.strerror or "network error")
        return OperationalError(context.statement, None, plain, hide_parameters=True)
    if not isinstance(error, pg8000.Error):
        return None
    kind = _kind(str(told.get("C", "")) if told else "", context.sqlalchemy_exception)
    if kind is None:
        return None
    if told is not None and told.get("C", "").startswith(GONE):
        context.is_disconnect = True
    # In the words that SQLite has for it.
    constraint = told.get("n") if told else None
    message = f"constraint failed: {constraint}" if constraint else str(told.get("M") if told else error)
    driver: Exception = getattr(pg8000, kind.__name__)(message)
    return kind(context.statement, None, driver, hide_parameters=True)


def _told(error: BaseException) -> dict[str, str] | None:
    """The fields of the server's answer, by their letters in the protocol."""
    told = error.args[0] if isinstance(error, pg8000.Error) and error.args else None
    return told if isinstance(told, dict) else None


def _before(error: BaseException) -> Iterator[BaseException]:
    while error.__context__ is not None:
        error = error.__context__
        yield error


def _silence(told: dict[str, str]) -> None:
    """Keep severity, code, message and constraint, in place: the driver's errors share these fields."""
    if told.get("C", "").startswith("22"):
        told["M"] = "a value that the column does not take"
    for key in told.keys() - {"S", "C", "M", "n"}:
        del told[key]


def _kind(code: str, wrapped: Exception | None) -> type[DatabaseError] | None:
    if code.startswith("23"):
        return IntegrityError
    if code.startswith("22"):
        return DataError
    if code.startswith(UNAVAILABLE) or isinstance(wrapped, InterfaceError):
        return OperationalError
    return None


def _option(url: URL, name: str) -> str | None:
    value = url.query.get(name)
    return value if isinstance(value, str) else None
