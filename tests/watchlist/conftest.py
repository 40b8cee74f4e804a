"""A record with a vault, a deployment that takes entries, and the starter pack to read pictures with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inference.catalogue import find_pack
from inference.reader import Reader, open_models
from records.database import Database
from records.master import lock_with_key_file, make_key_file
from records.schema import Deployment
from records.vault import Vault
from tests.records.entries import NOW
from tests.records.made import make_deployment, make_person
from watchlist.building import Built, ListBuild
from watchlist.importing import EntryImport, ImportReport
from watchlist.picture_files import open_source


@dataclass
class Office:
    """Where lists are made: `now` is the clock, and may be moved."""

    database: Database
    vault: Vault
    vault_folder: Path
    reader: Reader
    contract: str
    deployment: str
    builder: str
    officer: str
    now: datetime = field(default=NOW)

    def files(self) -> list[Path]:
        """All that is on the disk, but for what was brought: the vault's folder, and the record where it is a file."""
        return [
            path
            for folder in (self.vault_folder.parent, *self.vault_folder.parent.parent.glob("record.db*"))
            for path in (folder.rglob("*") if folder.is_dir() else (folder,))
            if path.is_file()
        ]

    def bring(self, file: Path, *, dry_run: bool = False) -> ImportReport:
        with open_source(file) as source:
            return self.importing().run(source, dry_run=dry_run)

    def importing(self) -> EntryImport:
        return EntryImport(
            self.database,
            self.vault,
            self.vault_folder,
            self.deployment,
            self.reader,
            self.contract,
            self.builder,
            lambda: self.now,
        )

    def build(self, above_cap: str | None = None, status_within: timedelta | None = None) -> Built:
        return ListBuild(
            self.database,
            self.vault,
            self.vault_folder,
            self.deployment,
            self.contract,
            self.builder,
            lambda: self.now,
            look_alike=0.4,
            status_within=status_within,
        ).run(above_cap)


@pytest.fixture(scope="session")
def starter() -> tuple[Reader, str]:
    models = open_models(find_pack("starter"))
    return Reader(models), models.pack.contract


@pytest.fixture
def office(
    tmp_path: Path, database: Database, starter: tuple[Reader, str], draft: Callable[..., str]
) -> Iterator[Office]:
    make_key_file(tmp_path / "data" / "keys" / "master.key")
    with database.write() as session:
        master = lock_with_key_file(session, tmp_path / "data" / "keys" / "master.key", NOW)
    with Vault(database, master) as vault:
        with database.write() as session:
            builder = make_person(session, NOW, "list_builder", "Beryl")
            officer = make_person(session, NOW, "authorising_officer", "Orla")
        yield Office(database, vault, tmp_path / "data" / "vault", *starter, draft(database), builder, officer)


@pytest.fixture
def draft() -> Callable[..., str]:
    """Begins an operational deployment that still takes entries."""

    def make(database: Database, name: str = "Oxford Circus") -> str:
        with database.write() as session:
            made = make_deployment(session, NOW, kind="operational", state="draft", name=name)
            session.get_one(Deployment, made).document = '{"purpose":"wanted_on_warrant"}'
            session.get_one(Deployment, made).list_hash = None
        return made

    return make
