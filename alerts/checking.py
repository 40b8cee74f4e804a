"""Asking the status source about an entry at the moment of its alert, before anybody sees it.

Its answer may take seconds, and the service goes on meanwhile: the candidate waits in memory, unacknowledged, so that
its worker keeps it too. A source that says nothing is no reason to drop an alert: its last word still counts, for as
long as the policy allows (`watchlist.standing.withheld`).
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from records.database import Database
from records.errors import RecordsError
from records.vault import Vault
from watchlist.errors import WatchlistError
from watchlist.status import Asked, StatusSource, ask
from wire.messages import Candidate

log = logging.getLogger(__name__)

AT_ONCE = 4


@dataclass(frozen=True)
class Checked:
    """A candidate whose entry was asked about."""

    candidate: Candidate
    parts: tuple[bytes, ...]
    peer: bytes
    asked: Asked | None
    """None: the source gave no answer."""


class StatusAtAlert:
    def __init__(self, database: Database, vault: Vault, source: StatusSource) -> None:
        self._database = database
        self._vault = vault
        self._source = source
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="status")
        self._waiting: dict[str, tuple[Candidate, tuple[bytes, ...], bytes, Future[Asked | None]]] = {}

    def begin(self, candidate: Candidate, parts: tuple[bytes, ...], peer: bytes) -> None:
        """One that is asked about already (its worker sends it again) changes nothing."""
        if candidate.id not in self._waiting:
            answer = self._pool.submit(self._ask, candidate)
            self._waiting[candidate.id] = candidate, parts, peer, answer

    def done(self) -> list[Checked]:
        """Those that were answered since the last call, or will not be. Never waits."""
        ready = [key for key, (_, _, _, answer) in self._waiting.items() if answer.done()]
        found = [self._waiting.pop(key) for key in ready]
        return [Checked(candidate, parts, peer, answer.result()) for candidate, parts, peer, answer in found]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, candidate: Candidate) -> Asked | None:
        try:
            with self._database.read() as session:
                return ask(self._vault, session, self._source, candidate.deployment, [candidate.subject])
        except (WatchlistError, RecordsError, DBAPIError, OSError) as error:
            # Without the statement's values: a reference names somebody.
            log.error("the status source: %s", error.orig if isinstance(error, DBAPIError) else error)
            return None
