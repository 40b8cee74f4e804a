"""Which entries a person has opened by saying why: for some minutes, in memory only, so that a restart closes all."""

from datetime import datetime, timedelta
from threading import Lock

OPEN_FOR = timedelta(minutes=5)
"""So long the page of an entry that was opened may be drawn again, and its portraits fetched."""


class OpenedEntries:
    def __init__(self) -> None:
        self._until: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def add(self, sign_in: str, entry_id: str, now: datetime) -> None:
        """After the ledger has told of it."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[sign_in, entry_id] = now + OPEN_FOR

    def until(self, sign_in: str, entry_id: str, now: datetime) -> datetime | None:
        """Until when this entry is open to this sign-in; None where a reason must be given first."""
        with self._lock:
            found = self._until.get((sign_in, entry_id))
        return found if found is not None and found > now else None
