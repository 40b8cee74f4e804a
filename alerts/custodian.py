"""The custodian: the one process of a rig that erases what is due, whether or not anybody looks.

It also lets entries expire, asks after their status, signs the ledger and ends what was left open. Each task stands by
itself: one that fails is tried again in the next round, and never keeps another from being done.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from alerts.asking import StatusRounds
from alerts.erasing import NOT_BEGUN, Eraser, files_left, keys_of_pictures_due, lists_due
from alerts.retention import due, erase_pictures
from alerts.sign_ins import KEPT, end_idle
from records.database import Database
from records.erasure import forget_old_pages
from records.errors import RecordsError
from records.ledger import checkpoint
from records.policy import pin
from records.schema import BEGUN, Deployment, Entry, FailedSignIn
from records.signing import Signer
from records.times import Now, utc_now
from records.vault import Vault
from watchlist.standing import STANDING, expire_due
from watchlist.status import StatusSource

log = logging.getLogger(__name__)

ROUND_S = 0.5
CHECKPOINT_EVERY = timedelta(minutes=10)
TIDY_EVERY = timedelta(minutes=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Custodian:
    def __init__(
        self,
        database: Database,
        vault: Vault,
        vault_folder: Path,
        signer: Signer,
        now: Now = utc_now,
        source: StatusSource | None = None,
    ) -> None:
        """`source`: of entries' status; None where none is configured."""
        self._database = database
        self._eraser = Eraser(database, vault, vault_folder, signer)
        self._signer = signer
        self._now = now
        self.status = None if source is None else StatusRounds(database, vault, source, now)
        self._signed_at = self._tidied_at = LONG_AGO
        # From before: the process may have been killed between erasing and forgetting.
        self._pages_left = True

    def run(self, stopped: Callable[[], bool], wait: Callable[[float], object]) -> None:
        while not stopped():
            self.sweep()
            wait(ROUND_S)

    def sweep(self) -> None:
        """One round: everything that is due now."""
        for task in (
            self._erase_purged_and_emptied,
            self._erase_lists,
            self._erase_pictures,
            self._erase_purged_and_emptied,
            self._forget,
            self._expire,
            self._sign,
            self._tidy,
            self._ask,
        ):
            try:
                task()
            except (RecordsError, DBAPIError, OSError) as error:
                log.error("%s, to be tried again: %s", task.__name__.lstrip("_").replace("_", " "), _told(error))

    def _erase_lists(self) -> None:
        with self._database.read() as session:
            deployments = lists_due(session, self._now())
            left = files_left(session, self._eraser.vault_folder)
        for deployment in left:
            self._eraser.remove_files(deployment)
        for deployment in deployments:
            self._pages_left = True
            self._eraser.erase_list(deployment, self._now())
            self._signed_at = LONG_AGO
            log.info("the list of deployment %s is erased", deployment)
            self._say_if_late(deployment)

    def _say_if_late(self, deployment: str) -> None:
        with self._database.read() as session:
            found = session.get_one(Deployment, deployment)
            within = timedelta(seconds=pin(found.policy).policy.retention.list_erasure_seconds)
            if found.ended_at is not None and self._now() - found.ended_at > within:
                log.error("deployment %s: its list was erased later than its policy allows", deployment)

    def _erase_pictures(self) -> None:
        with self._database.read() as session:
            if not due(session, self._now()):
                return
        self._pages_left = True
        with self._database.write() as session:
            now = self._now()
            gone = erase_pictures(session, due(session, now), now)
        log.info("%d pictures of alerts are erased", gone)

    def _erase_purged_and_emptied(self) -> None:
        with self._database.read() as session:
            keys = keys_of_pictures_due(session, self._now())
        for deployment, purpose in keys:
            self._eraser.erase_key_of_pictures(deployment, purpose, self._now())
            log.info("the key of deployment %s for %s is destroyed", deployment, purpose)

    def _forget(self) -> None:
        if self._pages_left:
            forget_old_pages(self._database)
            self._pages_left = False

    def _expire(self) -> None:
        now = self._now()
        with self._database.read() as session:
            due_ones = session.scalars(
                select(Entry.deployment_id)
                .join(Deployment, Deployment.id == Entry.deployment_id)
                .where(Deployment.state.in_((*NOT_BEGUN, *BEGUN)), Entry.state.in_(STANDING), Entry.expires_at <= now)
                .distinct()
            ).all()
        for deployment in due_ones:
            with self._database.write() as session:
                log.info("%d entries expired", len(expire_due(session, deployment, now)))

    def _sign(self) -> None:
        now = self._now()
        if now - self._signed_at >= CHECKPOINT_EVERY:
            # Before it is tried: a chain that is broken is not read again in every round.
            self._signed_at = now
            with self._database.write() as session:
                checkpoint(session, self._signer, now)

    def _tidy(self) -> None:
        now = self._now()
        if now - self._tidied_at >= TIDY_EVERY:
            with self._database.write() as session:
                session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - KEPT))
                end_idle(session, now)
            self._tidied_at = now

    def _ask(self) -> None:
        if self.status is not None:
            self.status.begin_due()


def _told(error: Exception) -> str:
    """Without the values of a statement: they may be sealed bytes, or somebody's reference."""
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)
