"""The alerts service: the one process that stores what the workers raise, and tells the tablets that something changed.

A candidate is acknowledged only after its transaction is on the disk; until then its worker sends it again.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

import msgspec
import zmq

from alerts.decisions import expire, overdue
from alerts.store import UnknownDeployment, store_camera, store_candidate, store_passage, store_process
from records.database import Database
from records.schema import Event
from records.times import Now, utc_now
from wire.messages import Acknowledged, CameraStatus, Candidate, Changed, PassageEnded, ProcessStatus
from wire.sockets import Received, Rejected, Wire, receive, send

log = logging.getLogger(__name__)

_ROUND_MS = 100
_STATUS_EVERY = timedelta(seconds=0.5)
"""Camera and process states are written together: each transaction waits for the disk."""

MAX_PARTS = 8
MAX_JPEG = 4 * 1024 * 1024


class AlertsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    record: str
    """The database file."""
    deployment: str
    listen: str
    """Address where workers and the supervisor send to."""
    publish: str
    """Address where tablets hear of changes."""
    expire_seconds: float


class AlertsService:
    def __init__(self, settings: AlertsSettings, wire: Wire, database: Database, now: Now = utc_now) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        self._inbox = wire.bind(zmq.ROUTER, settings.listen)
        self._changes = wire.bind(zmq.PUB, settings.publish)
        self._poller = zmq.Poller()
        self._poller.register(self._inbox, zmq.POLLIN)
        self._cameras: dict[tuple[str, str, str], CameraStatus] = {}
        self._processes: dict[str, ProcessStatus] = {}
        self._status_written = now()
        self._last_event = 0
        self.rejected = Rejected()

    def run(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            self.work(_ROUND_MS)
        self._write_status()

    def work(self, wait_ms: int) -> None:
        """One round: wait for messages, store and acknowledge them, let old alerts expire, tell the tablets."""
        self._poller.poll(wait_ms)
        while (received := receive(self._inbox, self.rejected)) is not None:
            self._take(received)
        self._expire()
        if self._now() - self._status_written >= _STATUS_EVERY:
            self._write_status()
        self._tell()

    def _take(self, received: Received) -> None:
        message = received.message
        if isinstance(message, Candidate):
            if self._store(message, received.parts):
                send(self._inbox, Acknowledged(id=message.id), peer=received.peer)
        elif isinstance(message, PassageEnded):
            with self._database.write() as session:
                store_passage(session, message)
            send(self._inbox, Acknowledged(id=message.id), peer=received.peer)
        elif isinstance(message, CameraStatus):
            self._cameras[message.camera, message.session, message.worker] = message
        elif isinstance(message, ProcessStatus):
            self._processes[message.name] = message
        else:
            self.rejected.add(f"a {type(message).__name__} is not for the alerts service")

    def _store(self, candidate: Candidate, parts: tuple[memoryview, ...]) -> bool:
        """Whether the worker may forget the candidate: it is stored, or will never be accepted."""
        if len(parts) != candidate.looks + 1 or len(parts) > MAX_PARTS or any(len(part) > MAX_JPEG for part in parts):
            self.rejected.add(f"candidate {candidate.id} came with {len(parts)} parts for {candidate.looks} looks")
            return True
        *looks, context = (bytes(part) for part in parts)
        try:
            with self._database.write() as session:
                stored = store_candidate(session, candidate, looks, context, self._now())
        except UnknownDeployment as error:
            log.warning("%s", error)
            return True
        log.info("candidate %s of camera %s: %s", candidate.id, candidate.camera, stored)
        return True

    def _expire(self) -> None:
        age = timedelta(seconds=self._settings.expire_seconds)
        with self._database.read() as session:
            if not overdue(session, age, self._now()):
                return
        with self._database.write() as session:
            for alert in expire(session, age, self._now()):
                log.info("alert %s expired: nobody decided in time", alert)

    def _write_status(self) -> None:
        if self._cameras or self._processes:
            with self._database.write() as session:
                for camera in self._cameras.values():
                    store_camera(session, camera, self._settings.deployment)
                for process in self._processes.values():
                    store_process(session, process)
            self._cameras.clear()
            self._processes.clear()
        self._status_written = self._now()

    def _tell(self) -> None:
        with self._database.read() as session:
            newest = session.query(Event.id).order_by(Event.id.desc()).limit(1).scalar() or 0
        if newest != self._last_event:
            self._last_event = newest
            send(self._changes, Changed(event=newest))
