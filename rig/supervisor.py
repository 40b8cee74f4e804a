"""Starts the processes of a rig, keeps them alive, stops them in order, and tells the tablets how they are."""

import hashlib
import logging
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import zmq

from capture.settings import CaptureSettings
from capture.watch import CaptureWatcher
from records.canonical import Json
from records.facts import Kind
from records.ledger import append
from records.times import utc_now
from rig.config import RigConfig
from rig.deployments import take_up_test
from rig.keeper import Keeper, State
from rig.lifetime import Shutdown
from rig.opening import open_record, open_rig
from rig.webhooks import webhooks_of
from wire.clock import SystemClock
from wire.messages import ProcessStatus
from wire.sockets import Wire, send

log = logging.getLogger(__name__)

ROUND_S = 0.05
TELL_NS = 1_000_000_000
"""States are told again this often: what was told before the alerts service was up is not lost."""


WEBHOOKS = "webhooks"

_AS_PROCESS: dict[str, State] = {
    "waiting": "starting",
    "live": "running",
    "stale": "restarting",
    "ended": "stopped",
    "failed": "failed",
}


class RigFailed(Exception):
    """A process cannot use its configuration; the rig has been stopped."""


class Supervisor:
    def __init__(self, config: RigConfig, rig_file: Path) -> None:
        """Unlocks the vault, which may ask a person, and takes up a test. Raises `rig.failures.BAD_INPUTS`."""
        webhooks_of(config)
        self._config = config
        self._clock = SystemClock()
        with open_rig(config) as rig:
            if config.is_test:
                take_up_test(rig)
            key = rig.vault.handed_over()
            started: dict[str, Json] = {"version": version("openlfr"), "configuration": _sha256(rig_file)}
            with rig.database.write() as session:
                append(session, "rig", Kind.RIG_STARTED, started, utc_now())
        self.keepers = [
            Keeper(role, [role, str(rig_file), "--handed-key"], self._clock, self._changed, key)
            for role in ("alerts", "custodian", "ui", "infer")
        ]
        if config.webhooks:
            # Without the vault's key, and the rig goes on without it: a control room is told, it does not decide.
            self.keepers.append(Keeper(WEBHOOKS, [WEBHOOKS, str(rig_file)], self._clock, self._changed))
        self.watchers = [CaptureWatcher(settings, self._clock, self._seen) for settings in capture_settings(config)]
        self._wire = Wire()
        self._alerts = self._wire.connect(zmq.DEALER, config.alerts_address)
        self._told_at = 0

    def run(self, stop: Shutdown, finished: Callable[[], bool] = lambda: False) -> None:
        """Until `stop`, or until `finished` says so. Raises RigFailed; stops everything in any case."""
        try:
            while not stop() and not finished():
                self.poll()
                needed = (keeper for keeper in self.keepers if keeper.name != WEBHOOKS)
                failed = next((keeper for keeper in needed if keeper.state == "failed"), None)
                if failed is not None:
                    raise RigFailed(f"{failed.name} stopped: {failed.detail}")
                stop.wait(ROUND_S)
        finally:
            self.stop()

    def poll(self) -> None:
        for keeper in self.keepers:
            keeper.poll()
        for watcher in self.watchers:
            watcher.poll()
        self._tell()

    def stop(self) -> None:
        """Cameras first, then those who take from them: what is on its way arrives."""
        for watcher in self.watchers:
            watcher.stop()
        for keeper in reversed(self.keepers):
            keeper.stop()
            keeper.wait()
        self._wire.close()
        if self._config.run is None:
            # Ours alone, and nothing but sockets that nobody listens to any more.
            shutil.rmtree(self._config.run_folder, ignore_errors=True)
        with open_record(self._config) as record, record.write() as session:
            append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, utc_now())

    def _changed(self, keeper: Keeper) -> None:
        log.info("%s is %s%s", keeper.name, keeper.state, f": {keeper.detail}" if keeper.detail else "")
        self._told_at = 0

    def _seen(self, watcher: CaptureWatcher) -> None:
        log.info("camera %s is %s%s", watcher.camera, watcher.state, f": {watcher.detail}" if watcher.detail else "")
        self._told_at = 0

    def _tell(self) -> None:
        now = self._clock.monotonic()
        if now - self._told_at < TELL_NS:
            return
        self._told_at = now
        for keeper in self.keepers:
            self._tell_one(keeper.name, keeper.state, keeper.restarts, keeper.detail)
        for watcher in self.watchers:
            name = f"capture {watcher.camera}"
            self._tell_one(name, _AS_PROCESS[watcher.state], watcher.restarts, watcher.detail)

    def _tell_one(self, name: str, state: State, restarts: int, detail: str) -> None:
        at = self._clock.now()
        send(self._alerts, ProcessStatus(name=name, state=state, restarts=restarts, at=at, detail=detail))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def capture_settings(config: RigConfig) -> list[CaptureSettings]:
    return [
        CaptureSettings(
            camera=camera.name,
            source=camera.source,
            endpoint=config.frames_address,
            pace=camera.pace,
            loop=camera.loop,
            keys=config.wire.keys,
        )
        for camera in config.camera
    ]
