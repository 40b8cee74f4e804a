"""A stage over a fresh record for each test, on SQLite and on PostgreSQL."""

import pytest

from records.database import Database
from tests.operator_ui.stage import Stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


@pytest.fixture
def stage_of_two(database: Database) -> Stage:
    """A deployment whose policy asks for two confirmations."""
    return Stage(database, confirmations=2)
