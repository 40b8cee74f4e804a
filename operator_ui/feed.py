"""One watcher for all tablets: wakes them when the record has changed, and each second with the rig's status."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import anyio
import msgspec
from anyio import to_thread
from anyio.abc import TaskStatus
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from operator_ui.alert_rows import alerts_of
from operator_ui.changes import Changes
from operator_ui.health import BlindTime
from operator_ui.status import Status, read_status, with_blind_time
from records.database import Database
from records.schema import Alert, Event
from records.times import Now

log = logging.getLogger(__name__)

TICK_S = 1.0
"""How often the record is read even when nothing was announced, and how often a tablet hears that the rig is there."""


KEPT = 64
"""Events in memory: a tablet that reads on from further back reads the record."""


class NewEvent(NamedTuple):
    id: int
    kind: str
    alert_id: str | None


class Feed:
    """`latest` is the newest event's id; `status` the newest snapshot as JSON, None while the record cannot be read."""

    def __init__(
        self,
        database: Database,
        changes: Changes,
        now: Now,
        tick_s: float = TICK_S,
        cameras: tuple[str, ...] | None = None,
    ) -> None:
        """`cameras`: the rig's."""
        self._database = database
        self._changes = changes
        self._now = now
        self._tick_s = tick_s
        self._cameras = cameras
        self._blind_time = BlindTime()
        self._rung = anyio.Event()
        self._wake = anyio.Event()
        self.latest = 0
        self._looked = False
        self._recent: tuple[NewEvent, ...] = ()
        self.alerts: Mapping[str, Alert] = {}
        """Those of the events in memory, as they were read with the newest; without their pictures."""
        self.status: bytes | None = None
        self.ticks = 0
        self.closing = False

    @property
    def wake(self) -> anyio.Event:
        """Is set at the next news. Take it before you read, wait for it afterwards: nothing falls between."""
        return self._wake

    def since(self, after: int) -> tuple["NewEvent", ...] | None:
        """The events after this id from memory, oldest first; None where they must be read from the record."""
        if not self._recent or self._recent[0].id > after + 1:
            return None
        return tuple(event for event in self._recent if after < event.id <= self.latest)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Has started when it has looked once: no request is answered from nothing."""
        # Events belong to the loop that runs; the object may have been made outside it.
        self._rung, self._wake, self.closing = anyio.Event(), anyio.Event(), False
        await self._look(tick=True)
        task_status.started()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen)
            while True:
                with anyio.move_on_after(self._tick_s):
                    while True:
                        await self._rung.wait()
                        self._rung = anyio.Event()
                        await self._look(tick=False)
                await self._look(tick=True)

    def close(self) -> None:
        """Lets every stream end, so that the server can stop."""
        self.closing = True
        self._announce()

    async def _listen(self) -> None:
        while True:
            await self._changes.wait()
            self._rung.set()

    async def _look(self, tick: bool) -> None:
        try:
            before = self.latest
            self.latest = await to_thread.run_sync(self._read_on)
            if self.latest != before:
                # At once: the status takes longer, and can wait.
                self._announce()
            if tick:
                self.status = await to_thread.run_sync(self._snapshot)
        except SQLAlchemyError as error:
            log.error("the record cannot be read: %s", error.__class__.__name__)
            self.status = None
        if tick:
            self.ticks += 1
        self._announce()

    def _announce(self) -> None:
        wake, self._wake = self._wake, anyio.Event()
        wake.set()

    def _read_on(self) -> int:
        """Reads what is new once for all tablets, and returns the newest event's id."""
        with self._database.read() as session:
            newest = session.scalar(select(func.max(Event.id))) or 0
            if newest < self.latest or not self._looked:
                # The first look, or another record.
                self._looked = True
                self._recent, self.alerts = (), {}
            elif newest > self.latest:
                rows = session.execute(
                    select(Event.id, Event.kind, Event.alert_id).where(Event.id > self.latest).order_by(Event.id)
                )
                new = [NewEvent(*row) for row in rows]
                read = alerts_of(session, {event.alert_id for event in new if event.alert_id})
                recent = (*self._recent, *new)[-KEPT:]
                named = {event.alert_id for event in recent}
                kept = {alert_id: alert for alert_id, alert in self.alerts.items() if alert_id in named}
                self._recent, self.alerts = recent, {**kept, **read}
        return newest

    def _snapshot(self) -> bytes:
        with self._database.read() as session:
            found = read_status(session, self._now(), self._cameras)
        self._blind_time.note(found.deployment.id if found.deployment else "", found.blind.now, found.now)
        return msgspec.json.encode(self.with_blind_time(found))

    def with_blind_time(self, status: Status) -> Status:
        """The same, with how long the system has been blind."""
        return with_blind_time(status, self._blind_time)
