"""The worker and the deployment it serves: load its sealed list, check itself, search on a lease, let go of it all."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec
import zmq
from sqlalchemy import select

from inference.lease import WireLeases
from inference.pack import Pack
from inference.pipeline import Pipeline
from inference.reader import Models
from inference.report import WireReport
from inference.self_check import SelfCheckFailed
from inference.settings import PipelineSettings
from inference.stages import VARIABLE, StageLog, asked_for
from inference.tiles import TilePublisher
from inference.worker import Worker
from records.canonical import Json
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.schema import Deployment
from records.times import utc_now
from rig.failures import UsageError
from rig.lifetime import Shutdown
from rig.opening import OpenRig
from rig.roles import LOOK_AGAIN_S, WORKER_KEY, worker_keys
from rig.self_check import check
from watchlist.engine import Chosen, Report, choose_engine
from watchlist.entries import WatchList
from watchlist.sealed_list import open_list
from wire.clock import SystemClock
from wire.frames import FrameReceiver
from wire.messages import ProcessStatus
from wire.sockets import Socket, Wire, send

log = logging.getLogger(__name__)

SERVED = ("authorised", "running", "paused")
SELF_CHECK = "infer self-check"
"""Under this name the tablets show it, beside the processes."""
TELL_AGAIN_S = 1.0
"""What was told before the alerts service was up is not lost."""


@dataclass(frozen=True)
class Ready:
    """A deployment whose list is built, for this pack's templates."""

    deployment: str
    kind: str
    list_hash: str
    threshold: float


def ready_to_serve(rig: OpenRig, pack: Pack) -> Ready | None:
    """The deployment that the rig file names, once it is authorised and its list is built."""
    with rig.database.read() as session:
        found = session.scalars(
            select(Deployment)
            .where(Deployment.name == rig.config.deployment.name, Deployment.state.in_(SERVED))
            .order_by(Deployment.created_at.desc())
            .limit(1)
        ).first()
        if found is None or found.list_hash is None or found.threshold is None:
            return None
        return Ready(found.id, found.kind, found.list_hash, found.threshold)


def serve(rig: OpenRig, models: Models, ready: Ready, stop: Shutdown) -> None:
    """Until `stop`, or until this deployment is over. Raises WatchlistError for a list of another pack.

    A worker that does not recognise its own test face searches for nobody: it says so until the deployment is over.
    """
    config, pack = rig.config, models.pack
    with rig.database.read() as session:
        watchlist = open_list(session, rig.vault, config.vault_folder, ready.deployment, contract=pack.contract)
    settings = msgspec.structs.replace(config.inference.pipeline_settings(ready.threshold), threshold=ready.threshold)
    chosen = choose_engine(watchlist, settings.threshold, prefer=config.watchlist.engine)
    log.info("deployment %s: %s", ready.deployment, chosen.report.reason)
    over = _Over(rig, pack, ready)
    try:
        passed = check(models, settings, chosen.report.engine).sentence
    except SelfCheckFailed as error:
        log.error("%s: nobody is searched for", error)
        failed = str(error)
    else:
        log.info("this rig %s", passed)
        _tell(rig, ready, chosen.report)
        _work(rig, models, ready, watchlist, chosen, settings, passed, lambda: stop() or over())
        failed = ""
    finally:
        watchlist.templates.fill(0.0)
        chosen.index.forget()
    if failed:
        _stand_still(rig, failed, stop, over)


def _work(
    rig: OpenRig,
    models: Models,
    ready: Ready,
    watchlist: WatchList,
    chosen: Chosen,
    settings: PipelineSettings,
    checked: str,
    done: Callable[[], bool],
) -> None:
    config, clock, pack, worker = rig.config, SystemClock(), models.pack, new_id()
    with Wire() as alerts_wire, Wire(worker_keys(config, WORKER_KEY)) as frames_wire:
        tiles = TilePublisher(alerts_wire.bind(zmq.XPUB, config.tiles_address, queue=1), clock)
        to_alerts = alerts_wire.connect(zmq.DEALER, config.alerts_address)
        word = _Word(to_alerts, "running", checked)
        report = WireReport(
            to_alerts,
            clock,
            deployment=ready.deployment,
            list_passages=ready.kind == "test",
            engine=chosen.report.engine,
            contract=pack.contract,
            list_hash=watchlist.hash,
            alerted=tiles.alerted,
        )
        leases = WireLeases(
            alerts_wire.connect(zmq.DEALER, config.alerts_address),
            clock,
            worker=worker,
            deployment=ready.deployment,
            list_hash=watchlist.hash,
            contract=pack.contract,
        )
        receiver = FrameReceiver(frames_wire, config.frames_address, clock, age_limit_ms=config.inference.age_limit_ms)

        def pipeline(camera: str) -> Pipeline:
            return Pipeline(models, chosen.index, watchlist.subjects, settings, camera)

        Worker(
            receiver,
            report,
            pipeline,
            chosen.report.engine,
            clock,
            leases,
            ready.deployment,
            worker,
            watch=tiles.frame,
            stages=_stages(),
        ).run(lambda: word.tell() or done())


def _stages() -> StageLog | None:
    try:
        return asked_for()
    except OSError as error:
        raise UsageError(f"{VARIABLE}: {error.filename} cannot be written ({error.strerror})") from error


def _stand_still(rig: OpenRig, why: str, stop: Shutdown, over: Callable[[], bool]) -> None:
    with Wire() as wire:
        word = _Word(wire.connect(zmq.DEALER, rig.config.alerts_address), "failed", why)
        while not (word.tell() or stop() or over()):
            stop.wait(LOOK_AGAIN_S)


class _Word:
    """What the tablets are told of the self-check, again and again."""

    def __init__(self, to_alerts: Socket, state: Literal["running", "failed"], what: str) -> None:
        self._to_alerts, self._state, self._what = to_alerts, state, what
        self._clock = SystemClock()
        self._told_at: float | None = None

    def tell(self) -> Literal[False]:
        """Never a reason to end."""
        if self._told_at is None or time.monotonic() - self._told_at >= TELL_AGAIN_S:
            at = self._clock.now()
            status = ProcessStatus(name=SELF_CHECK, state=self._state, restarts=0, at=at, detail=self._what)
            if send(self._to_alerts, status):
                self._told_at = time.monotonic()
        return False


def _tell(rig: OpenRig, ready: Ready, report: Report) -> None:
    facts: dict[str, Json] = {
        "deployment": ready.deployment,
        "list": ready.list_hash,
        "entries": report.subjects,
        "engine": report.engine,
        "process": "infer",
    }
    with rig.database.write() as session:
        append(session, "rig", Kind.LIST_LOADED, facts, utc_now())


class _Over:
    """Whether the deployment is over; asks the record twice a second."""

    def __init__(self, rig: OpenRig, pack: Pack, ready: Ready) -> None:
        self._rig, self._pack, self._ready = rig, pack, ready
        self._asked_at = time.monotonic()

    def __call__(self) -> bool:
        if time.monotonic() - self._asked_at < LOOK_AGAIN_S:
            return False
        self._asked_at = time.monotonic()
        now = ready_to_serve(self._rig, self._pack)
        return now is None or (now.deployment, now.list_hash) != (self._ready.deployment, self._ready.list_hash)
