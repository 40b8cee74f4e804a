"""A stage over a fresh record for each test."""

from pathlib import Path

import pytest

from tests.operator_ui.stage import Stage, record_at


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(record_at(tmp_path))


@pytest.fixture
def stage_of_two(tmp_path: Path) -> Stage:
    """A deployment whose policy asks for two confirmations."""
    return Stage(record_at(tmp_path), confirmations=2)
