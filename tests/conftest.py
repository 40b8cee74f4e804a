"""Fixtures for every test. Tests that need the shared models or data skip, with a reason, where these are absent."""

import os
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import pytest

from records.database import Database

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development models and data beside the checkout (or in $OPENLFR_SHARED)."""
    folder = Path(os.environ.get("OPENLFR_SHARED", ROOT.parent / "shared"))
    if not (folder / "models").is_dir() or not (folder / "data").is_dir():
        pytest.skip(f"the development models and data are not at {folder} (set OPENLFR_SHARED)")
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(tmp_path / "record.db")
    opened.migrate()
    return opened
