"""A whole rig: tiles come from its worker while somebody asks, and its camera's measures reach the record."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq

from operator_ui.health import BRIGHT, DARK, SOFT
from records.schema import Alert, CameraCount, Sighting
from tests.e2e.test_rig import Running
from wire.messages import Tile
from wire.sockets import Received, Rejected, Wire, receive

pytestmark = pytest.mark.rig


def test_a_rigs_tiles_are_asked_for_and_show_only_who_has_an_alert(rig_file: Callable[..., Path]) -> None:
    rig, rejected, tiles = Running(rig_file()), Rejected(), list[Received]()

    def heard() -> bool:
        while (received := receive(screen, rejected)) is not None:
            tiles.append(received)
        return bool(tiles)

    def of_an_alert() -> bool:
        heard()
        return any(isinstance(one.message, Tile) and one.message.alerts for one in tiles)

    with Wire() as wire:
        screen = wire.connect(zmq.SUB, rig.config.tiles_address)
        try:
            rig.until(lambda: rig.frames() > 20, "frames that are searched")
            assert not heard()
            screen.subscribe(b"")
            rig.until(of_an_alert, "a tile of an alert")
        finally:
            rig.supervisor.stop()
    for one in tiles:
        assert isinstance(one.message, Tile)
        assert one.message.camera == "street"
        assert len(one.parts) == (2 if one.message.alerts else 1)
        for part in one.parts:
            picture = cv2.imdecode(np.frombuffer(part, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            assert max(picture.shape) <= 480
    with rig.database.read() as session:
        shown = {alert for one in tiles if isinstance(one.message, Tile) for alert in one.message.alerts}
        known = {row.id for row in session.query(Alert)} | {row.id for row in session.query(Sighting)}
        assert shown <= known
        newest = session.query(CameraCount).order_by(CameraCount.at.desc()).first()
        assert newest is not None
        assert newest.brightness is not None
        assert newest.sharpness is not None
        assert DARK < newest.brightness < BRIGHT
        assert newest.sharpness > SOFT
    rig.database.close()
