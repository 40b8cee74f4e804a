"""The alerts service: the one process that stores what the workers raise, and tells the tablets that something changed.

A candidate is acknowledged only after its transaction is on the disk; until then its worker sends it again.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

import msgspec
import zmq
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from alerts.authority import Rig
from alerts.checking import Checked, StatusAtAlert
from alerts.decisions import expire, overdue
from alerts.leases import answer
from alerts.position import PositionSource
from alerts.rounds import TIMED, due, keep_time
from alerts.store import (
    UnknownDeployment,
    open_alert_for,
    store_camera,
    store_candidate,
    store_histogram,
    store_passage,
    store_process,
)
from records.database import Database
from records.errors import KeyDestroyed, NoDataKey
from records.schema import Alert, Deployment, Event
from records.times import Now, utc_now
from records.vault import Vault
from watchlist.status import StatusSource, apply_answers
from wire.messages import (
    Acknowledged,
    CameraStatus,
    Candidate,
    Changed,
    Histogram,
    LeaseRequest,
    PassageEnded,
    ProcessStatus,
)
from wire.sockets import Received, Rejected, Wire, receive, send

log = logging.getLogger(__name__)

_ROUND_MS = 100
_STATUS_EVERY = timedelta(seconds=0.5)
"""Camera and process states are written together: each transaction waits for the disk."""

_TIME_EVERY = timedelta(seconds=0.2)

MAX_PARTS = 8
MAX_JPEG = 4 * 1024 * 1024


class AlertsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: str
    """Address where workers and the supervisor send to."""
    publish: str
    """Address where tablets hear of changes."""
    expire_seconds: float
    cameras: tuple[str, ...] = ()
    """Names of the rig's cameras: the application must name each."""


class AlertsService:
    def __init__(
        self,
        settings: AlertsSettings,
        wire: Wire,
        database: Database,
        vault: Vault,
        now: Now = utc_now,
        position: PositionSource | None = None,
        status: StatusSource | None = None,
    ) -> None:
        """`position`: where the rig is; `status`: of entries. None where no such source is configured."""
        self._settings = settings
        self._status = None if status is None else StatusAtAlert(database, vault, status)
        self._position = position
        self._database = database
        self._vault = vault
        self._now = now
        self._inbox = wire.bind(zmq.ROUTER, settings.listen)
        self._changes = wire.bind(zmq.PUB, settings.publish)
        self._poller = zmq.Poller()
        self._poller.register(self._inbox, zmq.POLLIN)
        self._cameras: dict[tuple[str, str, str], CameraStatus] = {}
        self._histograms: dict[tuple[str, ...], Histogram] = {}
        self._processes: dict[str, ProcessStatus] = {}
        self._status_written = now()
        self._time_kept = now()
        self._why = ""
        self._last_event = 0
        self.rejected = Rejected()

    def run(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            self.work(_ROUND_MS)
        self._write_status()
        if self._status is not None:
            self._status.close()

    def work(self, wait_ms: int) -> None:
        """One round: wait for messages, store and acknowledge them, let old alerts expire, tell the tablets."""
        self._poller.poll(wait_ms)
        while (received := receive(self._inbox, self.rejected)) is not None:
            self._take(received)
        if self._status is not None:
            for checked in self._status.done():
                self._store(checked)
        # At once: what follows may wait for the disk.
        self._tell()
        self._expire()
        self._keep_time()
        if self._now() - self._status_written >= _STATUS_EVERY:
            self._write_status()
        self._tell()

    def _take(self, received: Received) -> None:
        message = received.message
        if isinstance(message, Candidate):
            self._take_candidate(message, tuple(bytes(part) for part in received.parts), received.peer)
        elif isinstance(message, PassageEnded):
            try:
                with self._database.write() as session:
                    store_passage(session, message)
            except IntegrityError as refused:
                self.rejected.add(f"the record refused passage {message.id}: {refused.orig}")
            send(self._inbox, Acknowledged(id=message.id), peer=received.peer)
        elif isinstance(message, LeaseRequest):
            self._answer(message, received.peer)
        elif isinstance(message, CameraStatus):
            self._cameras[message.camera, message.session, message.worker] = message
        elif isinstance(message, Histogram):
            key = message.camera, message.session, message.worker, message.kind, message.hour
            self._histograms[key] = message
        elif isinstance(message, ProcessStatus):
            self._processes[message.name] = message
        else:
            self.rejected.add(f"a {type(message).__name__} is not for the alerts service")

    def _take_candidate(self, candidate: Candidate, parts: tuple[bytes, ...], peer: bytes) -> None:
        if len(parts) != candidate.looks + 1 or len(parts) > MAX_PARTS or any(len(part) > MAX_JPEG for part in parts):
            self.rejected.add(f"candidate {candidate.id} came with {len(parts)} parts for {candidate.looks} looks")
            send(self._inbox, Acknowledged(id=candidate.id), peer=peer)
        elif self._status is not None and self._would_be_shown(candidate):
            self._status.begin(candidate, parts, peer)
        else:
            self._store(Checked(candidate, parts, peer, None))

    def _would_be_shown(self, candidate: Candidate) -> bool:
        with self._database.read() as session:
            known = session.get(Alert, candidate.id) is not None
            return not known and open_alert_for(session, candidate.deployment, candidate.subject) is None

    def _store(self, checked: Checked) -> None:
        """Afterwards the worker may forget the candidate: it is stored, or will never be accepted."""
        candidate, (*looks, context) = checked.candidate, checked.parts
        try:
            with self._database.write() as session, self._vault.key(session, candidate.deployment, "alerts") as key:
                if checked.asked is not None:
                    apply_answers(session, checked.asked, self._now())
                stored = store_candidate(session, candidate, looks, context, key, self._now())
        except (UnknownDeployment, NoDataKey, KeyDestroyed) as error:
            log.warning("%s", error)
        else:
            log.info("candidate %s of camera %s: %s", candidate.id, candidate.camera, stored)
        send(self._inbox, Acknowledged(id=candidate.id), peer=checked.peer)

    def _answer(self, request: LeaseRequest, peer: bytes) -> None:
        with self._database.read() as session:
            lease = answer(session, request, self._rig(), self._now())
        send(self._inbox, lease, peer=peer)
        if lease.why != self._why:
            self._why = lease.why
            log.info("search %s", f"not allowed: {lease.why}" if lease.why else "allowed")

    def _rig(self) -> Rig:
        return Rig(
            cameras=self._settings.cameras,
            position=self._position.reading() if self._position else None,
            status_source=self._status is not None,
        )

    def _keep_time(self) -> None:
        """What a deployment does by itself: ends with its window, pauses outside its place."""
        now = self._now()
        if now - self._time_kept < _TIME_EVERY:
            return
        self._time_kept, rig = now, self._rig()
        with self._database.read() as session:
            begun = session.scalars(select(Deployment.id).where(Deployment.state.in_(TIMED))).all()
            waiting = [deployment for deployment in begun if due(session, deployment, rig, now)]
        for deployment in waiting:
            with self._database.write() as session:
                step = keep_time(session, deployment, rig, now)
            if step is not None:
                log.warning("deployment %s: %s, %s", deployment, step.what, step.reason)

    def _expire(self) -> None:
        age = timedelta(seconds=self._settings.expire_seconds)
        with self._database.read() as session:
            if not overdue(session, age, self._now()):
                return
        with self._database.write() as session:
            for alert in expire(session, age, self._now()):
                log.info("alert %s expired: nobody decided in time", alert)

    def _write_status(self) -> None:
        if self._cameras or self._histograms or self._processes:
            with self._database.write() as session:
                known = set(session.scalars(select(Deployment.id)))
                for camera in self._cameras.values():
                    if camera.deployment in known:
                        store_camera(session, camera)
                    else:
                        self.rejected.add(f"counters of the unknown deployment {camera.deployment}")
                for histogram in self._histograms.values():
                    if histogram.deployment in known:
                        store_histogram(session, histogram)
                    else:
                        self.rejected.add(f"a histogram of the unknown deployment {histogram.deployment}")
                for process in self._processes.values():
                    store_process(session, process)
            self._cameras.clear()
            self._histograms.clear()
            self._processes.clear()
        self._status_written = self._now()

    def _tell(self) -> None:
        with self._database.read() as session:
            newest = session.query(Event.id).order_by(Event.id.desc()).limit(1).scalar() or 0
        if newest != self._last_event:
            self._last_event = newest
            send(self._changes, Changed(event=newest))
