"""What is erased, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from records.database import Database
from records.signing import open_signer
from tests.alerts.kept import BEGAN, Kept
from tests.records.made import make_vault


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Iterator[Kept]:
    with make_vault(database, BEGAN) as vault:
        yield Kept(database, tmp_path / "vault", vault, open_signer(tmp_path / "keys"))
