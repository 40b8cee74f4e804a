"""A PostgreSQL server of the tests' own: in a temporary folder, reached by its socket only, gone with the tests."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pg8000

from records.database import Database
from records.postgresql import PostgresqlServer

OWNER = "rig"
"""The role of everything but the tests of passwords: it owns its databases, and is no superuser."""
SUPERUSER = "root"
GUARDED = "guarded"
"""A role that must show a password."""
WAIT_S = 60.0
TEMPLATE = "template_record"
SOCKET = ".s.PGSQL.5432"

ACCESS = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"

# The server is thrown away after the tests: it need not survive a power cut.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "jit": "off",
}


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: on PATH, or where Debian and Ubuntu keep them; the newest."""
    found = shutil.which("initdb")
    if found is not None and Path(found).with_name("postgres").exists():
        return Path(found).parent
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3].split(".")[0]))
    return kept[-1].parent if kept else None


class PostgresServer:
    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="openlfr-pg-"))
        self.data = self.folder / "data"
        # The server refuses to run as root.
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        self._run("initdb", f"--pgdata={self.data}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8")
        (self.data / "pg_hba.conf").write_text(ACCESS)
        settings = [f"-c{name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": self.folder}.items()]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", self.data, *settings],
                user=self._user,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_the_tests if sys.platform == "linux" else None,
            )
        try:
            self._wait()
            self.command(f"CREATE ROLE {OWNER} LOGIN")
            self.create(TEMPLATE)
            made = self.database(TEMPLATE)
            made.migrate()
            made.close()
        except BaseException:
            self.stop()
            raise
        self._made = 0

    def address(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def database(self, name: str) -> Database:
        return Database(PostgresqlServer(self.address(name)))

    def create(self, name: str, template: str = "template0") -> None:
        self.command(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}")

    @contextmanager
    def migrated(self) -> Iterator[Database]:
        """A fresh database with the newest schema, for one test."""
        self._made += 1
        name = f"record_{self._made}"
        self.create(name, TEMPLATE)
        opened = self.database(name)
        try:
            yield opened
        finally:
            opened.close()
            self.command(f"DROP DATABASE {name} WITH (FORCE)")

    def command(self, statement: str, database: str = "postgres", role: str = SUPERUSER) -> list[tuple[object, ...]]:
        """One statement outside any transaction, by the superuser or another role."""
        return _command(self.folder, statement, database, role)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(WAIT_S)
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments], user=self._user, cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def _wait(self) -> None:
        """Until the server says in its file that it takes connections."""
        file = self.data / "postmaster.pid"
        deadline = time.monotonic() + WAIT_S
        while not (file.exists() and file.read_text().rstrip().endswith("ready")):
            said = (self.folder / "log").read_text()
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.02)


def _end_with_the_tests() -> None:
    """Also where the tests are killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def folder_of(database: Database) -> Path:
    """Of the server that a test's database is on."""
    return Path(database.address.rsplit("?host=", 1)[1])


def table_files(database: Database) -> list[Path]:
    """The files of all tables and indexes, with everything written to them."""
    folder = folder_of(database)
    _command(folder, "CHECKPOINT")
    return [file for file in sorted((folder / "data" / "base").rglob("*")) if file.is_file()]


def _command(
    folder: Path, statement: str, database: str = "postgres", role: str = SUPERUSER
) -> list[tuple[object, ...]]:
    connection = pg8000.connect(user=role, database=database, unix_sock=str(folder / SOCKET), timeout=WAIT_S)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
    finally:
        connection.close()
