"""What each process of a rig does, from the rig's configuration to its loop."""

import logging
from collections.abc import Callable
from pathlib import Path

import zmq

from inference.pack import Pack
from inference.settings import PipelineSettings
from records.database import Database
from rig.config import RigConfig
from rig.deployments import take_up
from rig.failures import UsageError
from rig.lifetime import Shutdown
from wire.clock import SystemClock
from wire.keys import Keys, load_keys
from wire.sockets import Wire

log = logging.getLogger(__name__)

Role = Callable[[RigConfig, Shutdown], None]

WORKER_KEY = "worker"
"""Name of the worker's key in the folder made by `openlfr keys`."""


def alerts(config: RigConfig, stop: Shutdown) -> None:
    from alerts.service import AlertsService, AlertsSettings

    database = Database(config.record)
    database.migrate()
    settings = AlertsSettings(
        record=str(config.record),
        deployment=take_up(database, config).id,
        listen=config.alerts_address,
        publish=config.changes_address,
        expire_seconds=config.alerts.expire_seconds,
    )
    with Wire() as wire:
        AlertsService(settings, wire, database).run(stop)


def infer(config: RigConfig, stop: Shutdown) -> None:
    from inference.catalogue import find_pack
    from inference.pipeline import Pipeline
    from inference.reader import open_models
    from inference.report import WireReport
    from inference.sessions import SessionSettings
    from inference.threads import limit_threads
    from inference.worker import Worker
    from watchlist.engine import choose_engine
    from watchlist.list_file import load_list
    from wire.frames import FrameReceiver

    limit_threads(1)
    clock = SystemClock()
    section = config.inference
    pack = find_pack(section.pack)
    models = open_models(pack, SessionSettings(provider=section.provider, threads=section.threads))
    watchlist = load_list(Path(config.watchlist.folder), contract=pack.contract)
    settings = settings_for(config, pack, len(watchlist.subjects))
    chosen = choose_engine(watchlist, settings.threshold, prefer=config.watchlist.engine)
    log.info("%s", chosen.report.reason)
    database = Database(config.record)
    database.migrate()
    deployment = take_up(database, config)
    database.close()
    with Wire() as alerts_wire, Wire(worker_keys(config, WORKER_KEY)) as frames_wire:
        report = WireReport(
            alerts_wire.connect(zmq.DEALER, config.alerts_address),
            clock,
            deployment=deployment.id,
            list_passages=deployment.kind == "test",
            threshold=settings.threshold,
            engine=chosen.report.engine,
            contract=pack.contract,
            list_hash=watchlist.hash,
        )
        receiver = FrameReceiver(frames_wire, config.frames_address, clock, age_limit_ms=section.age_limit_ms)

        def pipeline(camera: str) -> Pipeline:
            return Pipeline(models, chosen.index, watchlist.subjects, settings, camera)

        Worker(receiver, report, pipeline, chosen.report.engine, clock).run(stop)


def settings_for(config: RigConfig, pack: Pack, subjects: int) -> PipelineSettings:
    """The pipeline's settings; where the rig file names no threshold, the pack's own for a list of this size."""
    section = config.inference
    if "threshold" in section.settings:
        return section.pipeline_settings(0.0)
    threshold = pack.threshold(subjects)
    log.info("threshold %.3f: %s", threshold.value, threshold.origin)
    return section.pipeline_settings(threshold.value)


def tablet(config: RigConfig) -> None:
    from inference.catalogue import find_pack
    from operator_ui.process import run
    from operator_ui.settings import UiSettings
    from rig.entrance import collect

    section = config.tablet
    settings = UiSettings(
        record=str(config.record),
        watchlist=config.watchlist.folder,
        contract=find_pack(config.inference.pack).contract,
        changes=config.changes_address,
        host=section.host,
        port=section.port,
        certificate=section.certificate,
        key=section.key,
        entrance=collect(Path(config.data)),
    )
    run(settings)


def capture(config: RigConfig, camera: str, stop: Shutdown) -> int:
    from capture.watch import CaptureWatcher
    from rig.supervisor import capture_settings

    found = [settings for settings in capture_settings(config) if settings.camera == camera]
    if not found:
        raise UsageError(f"no camera is named {camera!r}; there are: {', '.join(c.name for c in config.camera)}")
    watcher = CaptureWatcher(found[0], SystemClock())
    while not stop() and watcher.state not in ("ended", "failed"):
        watcher.poll()
        stop.wait(0.05)
    watcher.stop()
    return 2 if watcher.state == "failed" else 0


def worker_keys(config: RigConfig, name: str) -> Keys | None:
    return load_keys(Path(config.wire.keys), name) if config.wire.keys else None
