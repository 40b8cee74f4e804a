"""The entries of the deployments' lists, opened from the vault when they are shown and not before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from operator_ui.entries import Known, Points, Reference
from records.database import Database
from records.errors import RecordsError
from records.policy import pin
from records.schema import Deployment, Entry, EntryPicture
from records.vault import Vault
from watchlist.errors import WatchlistError
from watchlist.particulars import open_particulars
from watchlist.portraits import open_portrait


class ListedEntries:
    def __init__(self, database: Database, vault: Vault, folder: Path) -> None:
        """`folder`: where the sealed portraits lie."""
        self._database = database
        self._vault = vault
        self._folder = folder

    def known(self, subject_id: str) -> Known | None:
        with self._database.read() as session:
            entry = session.get(Entry, subject_id)
            if entry is None:
                return None
            try:
                found = open_particulars(self._vault, session, entry)
            except (RecordsError, WatchlistError):
                return None
            category = pin(session.get_one(Deployment, entry.deployment_id).policy).policy.category(entry.category)
            words = category.words if category else entry.category
            return Known(
                found.name,
                words,
                found.reason,
                entry.response,
                found.look_alike_note,
                entry.status_checked_at,
            )

    def references(self, subject_id: str) -> Sequence[Reference]:
        """None of an entry that was erased."""
        with self._database.read() as session:
            entry = session.get(Entry, subject_id)
            if entry is None or entry.sealed is None:
                return []
            return [
                _Picture(self, entry.deployment_id, found.id, _points(found), found.taken_on)
                for found in entry.pictures
            ]

    def portrait(self, deployment_id: str, picture_id: str) -> bytes:
        """JPEG. Raises RecordsError where it cannot be opened any more."""
        with self._database.read() as session:
            return open_portrait(self._vault, session, self._folder, deployment_id, picture_id)


@dataclass(frozen=True)
class _Picture:
    """Read from the disk, and opened, only when it is shown: a page with four pictures needs none of them itself."""

    entries: ListedEntries
    deployment_id: str
    picture_id: str
    landmarks: Points
    taken_on: date

    @property
    def jpeg(self) -> bytes:
        return self.entries.portrait(self.deployment_id, self.picture_id)

    @property
    def taken(self) -> str | None:
        return self.taken_on.isoformat()


def _points(picture: EntryPicture) -> Points:
    return np.array(picture.measures["landmarks"], np.float32)
