"""Cameras of a rig whose worker is played: what they would tell, and the small pictures that they would send."""

import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import zmq

from alerts.store import store_camera
from operator_ui.portrait import to_jpeg
from operator_ui.settings import UiSettings
from records.times import to_ns, utc_now
from tests.e2e.served import Rig
from tests.operator_ui.drawn import drawn_face
from tests.operator_ui.stage import Stage, record_at
from wire.messages import CameraStatus, Tile
from wire.sockets import Wire, send

CAMERAS = ("north gate", "south gate")


class Cameras:
    """What the rig's worker would tell, twice a second; a test changes how a camera is."""

    def __init__(self, stage: Stage, cameras: tuple[str, ...] = CAMERAS) -> None:
        self.stage = stage
        self.how: dict[str, dict[str, Any]] = {camera: {} for camera in cameras}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Cameras":
        self.tell()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self.tell()

    def tell(self) -> None:
        now = to_ns(utc_now())
        good = {"brightness": 110.0, "sharpness": 0.01, "still_s": 0.0}
        counts = {"produced": 210, "frames": 200, "faces": 9, "looks_rejected": 2, "passages": 4, "candidates": 1}
        with self.stage.database.write() as session:
            for camera, how in self.how.items():
                known: dict[str, Any] = {
                    "deployment": self.stage.deployment,
                    "camera": camera,
                    "session": "s",
                    "worker": "w",
                    "state": "live",
                    "at": now,
                    "last_frame_at": now,
                    "fps": 25.0,
                    "unsearched": 0,
                    "engine": "exact",
                    **counts,
                    **good,
                    **how,
                }
                store_camera(session, CameraStatus(**known))


class Film(threading.Thread):
    """A worker's published tiles: the same picture again and again, until told to stop."""

    def __init__(self, address: str, cameras: tuple[str, ...] = CAMERAS[:1]) -> None:
        super().__init__()
        self.address, self.cameras = address, cameras
        self.stop = threading.Event()
        picture, _ = drawn_face(tilt=0.0)
        self.jpeg = to_jpeg(picture)

    def run(self) -> None:
        with Wire() as wire:
            socket = wire.bind(zmq.XPUB, self.address, queue=1)
            for camera in cycle(self.cameras):
                if self.stop.wait(0.2):
                    break
                send(socket, Tile(camera=camera, at=time.time_ns()), (self.jpeg,))


def live_rig(folder: Path, confirmations: int = 1) -> Rig:
    """Two cameras; ann and bob review, cid is an engagement officer."""
    settings = UiSettings(vault="none", changes="ipc:///none", cameras=CAMERAS, tiles=f"ipc://{folder}/run/tiles")
    stage = Stage(record_at(folder), confirmations=confirmations, now=utc_now, settings=settings)
    for name in ("ann", "bob"):
        stage.person(name)
    stage.person("cid", "engagement_officer")
    return Rig(stage)
