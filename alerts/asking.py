"""Asking the status source after the entries of what runs: at the start, then well before its last word grows too old.

In a thread, and without a view of the record held open: a source that is slow keeps nothing from being erased.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from records.database import Database
from records.errors import RecordsError
from records.policy import pin
from records.schema import BEGUN, Deployment
from records.times import Now
from records.vault import Vault
from watchlist.errors import WatchlistError
from watchlist.status import StatusSource, apply_answers, ask

log = logging.getLogger(__name__)

SHARE = 0.75
"""Asked after this share of the time that the policy gives: an answer may come late, or not at once."""
AGAIN_AFTER = timedelta(minutes=1)
"""Without an answer it is asked again after this long."""


class StatusRounds:
    def __init__(self, database: Database, vault: Vault, source: StatusSource, now: Now) -> None:
        self._database = database
        self._vault = vault
        self._source = source
        self._now = now
        self._due_at: dict[str, datetime] = {}
        self._thread: threading.Thread | None = None

    def begin_due(self) -> None:
        """Start asking where that is due and nobody is still waiting for an answer. Never waits."""
        if self._thread is not None and self._thread.is_alive():
            return
        now = self._now()
        with self._database.read() as session:
            running = session.execute(select(Deployment.id, Deployment.policy).where(Deployment.state.in_(BEGUN))).all()
        due = [(found.id, found.policy) for found in running if now >= self._due_at.get(found.id, now)]
        if due:
            for deployment, _ in due:
                self._due_at[deployment] = now + AGAIN_AFTER
            self._thread = threading.Thread(target=self._ask_all, args=(due,), name="status", daemon=True)
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the round under way, at most this long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _ask_all(self, due: Sequence[tuple[str, str]]) -> None:
        for deployment, policy in due:
            try:
                self._ask(deployment)
            except (WatchlistError, RecordsError, DBAPIError, OSError) as error:
                # Without the statement's values: a reference names somebody.
                log.error("the status source: %s", error.orig if isinstance(error, DBAPIError) else error)
                continue
            within = timedelta(minutes=pin(policy).policy.lists.status_within_minutes)
            self._due_at[deployment] = self._now() + SHARE * within

    def _ask(self, deployment: str) -> None:
        with self._database.read() as session:
            asked = ask(self._vault, session, self._source, deployment)
        with self._database.write() as session:
            counts = apply_answers(session, asked, self._now())
        log.info("asked after the entries of deployment %s: %s", deployment, counts)
