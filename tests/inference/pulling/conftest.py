from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inference.pulling.file_server import FileServer


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer().running() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own; no other place holds a pack, and no proxy stands before the server."""
    monkeypatch.setenv("OPENLFR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENLFR_SHARED", str(tmp_path / "shared"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"
