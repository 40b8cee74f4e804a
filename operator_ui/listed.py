"""The entries of a built list, as the tablet shows them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from operator_ui.entries import Points, Reference
from watchlist.entries import Reference as StoredReference
from watchlist.entries import WatchList
from watchlist.list_file import load_list


class ListedEntries:
    def __init__(self, watchlist: WatchList) -> None:
        self._subjects = {subject.id: subject for subject in watchlist.subjects}
        self._portraits = watchlist.portraits

    def label(self, subject_id: str) -> str | None:
        subject = self._subjects.get(subject_id)
        return None if subject is None else subject.label

    def references(self, subject_id: str) -> Sequence[Reference]:
        subject = self._subjects.get(subject_id)
        return [_Picture(found, self._portraits) for found in subject.pictures] if subject else []


class _Picture:
    """Read from the disk, and checked, only when it is shown: a page with four pictures needs none of them itself."""

    def __init__(self, found: StoredReference, portraits: Mapping[str, bytes]) -> None:
        self._found = found
        self._portraits = portraits

    @property
    def jpeg(self) -> bytes:
        return self._portraits[self._found.id]

    @property
    def landmarks(self) -> Points:
        return np.array(self._found.landmarks, np.float32)

    @property
    def taken(self) -> str | None:
        # The list does not say yet when its pictures were taken.
        return None


def open_entries(folder: Path, contract: str) -> ListedEntries:
    """Raises what `load_list` raises."""
    return ListedEntries(load_list(folder, contract=contract))
