"""What every request of the server shares: the record, the entries, the clock, the door and the feed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from alerts.pair_files import PairFiles
from operator_ui.challenges import Challenges
from operator_ui.entrance import Door
from operator_ui.entries import EntryBook
from operator_ui.feed import Feed
from operator_ui.opened import OpenedEntries
from operator_ui.settings import UiSettings
from operator_ui.tiles import Tiles
from records.database import Database
from records.times import Now
from records.vault import Vault

Result = TypeVar("Result")

READERS = 8
"""Threads that may be in the record at once: below SQLAlchemy's pool, so that none waits there."""


@dataclass(frozen=True)
class Desk:
    database: Database
    vault: Vault
    entries: EntryBook
    settings: UiSettings
    now: Now
    feed: Feed
    door: Door
    tiles: Tiles
    challenges: Challenges = field(default_factory=Challenges)
    opened: OpenedEntries = field(default_factory=OpenedEntries)
    labelled: OpenedEntries = field(default_factory=OpenedEntries)
    """Volunteers whose labels a sign-in was shown, and nothing more of them."""
    readers: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(READERS))
    hashers: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    """One password at a time: each check takes 64 MiB, and must find the failures of the one before counted."""

    @cached_property
    def pairs(self) -> PairFiles:
        """What operators are tested and practise with."""
        return PairFiles(self.vault, Path(self.settings.vault))

    async def read(self, step: Callable[[Session], Result]) -> Result:
        """Runs `step` in a thread and one read transaction; it must return plain values, not rows."""

        def run() -> Result:
            with self.database.read() as session:
                return step(session)

        return await to_thread.run_sync(run, limiter=self.readers)

    async def write(self, step: Callable[[Session], Result]) -> Result:
        """As `read`, in one write transaction: all of it is on the disk when this returns, or none of it."""

        def run() -> Result:
            with self.database.write() as session:
                return step(session)

        return await to_thread.run_sync(run, limiter=self.readers)

    async def attempt(self, step: Callable[[Database], Result]) -> Result:
        """Runs a step that checks a password, and opens its transactions itself; one at a time."""
        return await to_thread.run_sync(step, self.database, limiter=self.hashers)


def desk_of(connection: HTTPConnection) -> Desk:
    desk = connection.app.state.desk
    assert isinstance(desk, Desk)
    return desk
