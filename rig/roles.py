"""What each process of a rig does, from the rig's configuration to its loop."""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from inference.pack import Pack
from inference.settings import PipelineSettings
from rig.config import RigConfig
from rig.failures import UsageError
from rig.lifetime import Shutdown
from rig.opening import OpenRig, open_record
from wire.clock import SystemClock
from wire.keys import Keys, load_keys
from wire.sockets import Wire

log = logging.getLogger(__name__)

Role = Callable[[OpenRig, Shutdown], None]

WORKER_KEY = "worker"
"""Name of the worker's key in the folder made by `openlfr keys`."""
LOOK_AGAIN_S = 0.5
"""A worker without a deployment to serve looks again after this long, and one with a deployment whether it still is."""


def alerts(rig: OpenRig, stop: Shutdown) -> None:
    from alerts.position import open_source
    from alerts.service import AlertsService, AlertsSettings
    from rig.status_source import status_source

    config = rig.config
    settings = AlertsSettings(
        listen=config.alerts_address,
        publish=config.changes_address,
        expire_seconds=config.alerts.expire_seconds,
        cameras=tuple(camera.name for camera in config.camera),
    )
    position = open_source(config.position.source) if config.position else None
    try:
        with Wire() as wire:
            status = status_source(config)
            AlertsService(settings, wire, rig.database, rig.vault, position=position, status=status).run(stop)
    finally:
        if position is not None:
            position.close()


def infer(rig: OpenRig, stop: Shutdown) -> None:
    from inference.catalogue import find_pack
    from inference.reader import open_models
    from inference.sessions import SessionSettings
    from inference.threads import limit_threads
    from rig.serving import ready_to_serve, serve

    limit_threads(1)
    section = rig.config.inference
    models = open_models(find_pack(section.pack), SessionSettings(provider=section.provider, threads=section.threads))
    while not stop():
        ready = ready_to_serve(rig, models.pack)
        if ready is None:
            stop.wait(LOOK_AGAIN_S)
        else:
            serve(rig, models, ready, stop)


def tablet(rig: OpenRig, stop: Shutdown) -> None:
    from inference.catalogue import find_pack
    from operator_ui.process import run
    from operator_ui.settings import Public, UiSettings
    from rig.entrance import collect
    from rig.status_source import status_source

    config, section = rig.config, rig.config.tablet
    settings = UiSettings(
        vault=str(config.vault_folder),
        changes=config.changes_address,
        tiles=config.tiles_address,
        keys=str(config.keys_folder),
        policy=config.policy.file if config.policy else None,
        cameras=tuple(camera.name for camera in config.camera),
        contract=find_pack(config.inference.pack).contract,
        status_source=status_source(config) is not None,
        public=Public(**msgspec.structs.asdict(config.public)) if config.public else None,
        host=section.host,
        port=section.port,
        certificate=section.certificate,
        key=section.key,
        entrance=collect(Path(rig.config.data)),
    )
    run(settings, rig.database, rig.vault)


def custodian(rig: OpenRig, stop: Shutdown) -> None:
    from alerts.custodian import Custodian
    from rig.status_source import status_source

    source = status_source(rig.config)
    Custodian(rig.database, rig.vault, rig.config.vault_folder, rig.signer, source=source).run(stop, stop.wait)


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


def webhooks(config: RigConfig, stop: Shutdown) -> None:
    """Without the vault: what control rooms are told needs no key."""
    from rig.webhooks import serve

    with open_record(config) as database:
        serve(config, database, stop)


ROLES: dict[str, Role] = {"alerts": alerts, "infer": infer, "ui": tablet, "custodian": custodian}


def settings_for(config: RigConfig, pack: Pack, pictures: int) -> PipelineSettings:
    """The pipeline's settings; where the rig file names no threshold, the pack's for so many pictures."""
    section = config.inference
    if "threshold" in section.settings:
        return section.pipeline_settings(0.0)
    threshold = pack.threshold(pictures)
    log.info("threshold %.3f: %s", threshold.value, threshold.origin)
    return section.pipeline_settings(threshold.value)


def worker_keys(config: RigConfig, name: str) -> Keys | None:
    return load_keys(Path(config.wire.keys), name) if config.wire.keys else None
