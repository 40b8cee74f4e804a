"""Fixtures for every test. Tests that need the shared models or data skip, with a reason, where these are absent."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import pytest
from hypothesis import settings as hypothesis_settings

from records.database import Database
from tests.records.postgres_server import PostgresServer, find_binaries

# A busy machine is no fault of the code.
hypothesis_settings.register_profile("openlfr", deadline=None)
hypothesis_settings.load_profile("openlfr")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development models and data beside the checkout (or in $OPENLFR_SHARED)."""
    folder = Path(os.environ.get("OPENLFR_SHARED", ROOT.parent / "shared"))
    if not (folder / "models").is_dir() or not (folder / "data").is_dir():
        pytest.skip(f"the development models and data are not at {folder} (set OPENLFR_SHARED)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on PATH or in /usr/lib/postgresql (apt-get install postgresql)")
    server = PostgresServer(binaries)
    yield server
    server.stop()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "record.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[Database]:
    with postgres.migrated() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh record: each test that asks for it runs on both databases (`-k "not postgresql"` leaves one)."""
    name = {"sqlite": "sqlite_database", "postgresql": "postgres_database"}[request.param]
    opened = request.getfixturevalue(name)
    assert isinstance(opened, Database)
    return opened
