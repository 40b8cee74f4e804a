"""A copy of one real rig for each test; it is made once, by the command line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from alerts.service import AlertsService, AlertsSettings
from tests.invariants.outside import (
    CAMERA,
    Outside,
    make_rig,
    open_outside,
)
from wire.sockets import Socket, Wire


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_rig(folder)
    return folder


@pytest.fixture
def outside(made: Path, tmp_path: Path) -> Iterator[Outside]:
    with open_outside(Path(shutil.copytree(made, tmp_path / "rig"))) as opened:
        yield opened


@pytest.fixture
def service(outside: Outside, tmp_path: Path) -> Iterator[tuple[AlertsService, Socket]]:
    settings = AlertsSettings(
        listen=f"ipc://{tmp_path}/run/alerts",
        publish=f"ipc://{tmp_path}/run/changes",
        expire_seconds=60,
        cameras=(CAMERA,),
    )
    with Wire() as wire:
        made = AlertsService(settings, wire, outside.database, outside.vault, outside.now)
        yield made, wire.connect(zmq.DEALER, settings.listen)
