"""Tiles: a small picture per camera for the tablets, in which nobody can be recognised but who has an alert.

Made only while somebody watches, at most twice a second for each camera, and never kept. A face that is too small for
the detector, which sees 640 pixels, is smaller still here. A face the detector cannot find because it is turned away is
not covered: that is what the small size is for.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import zmq
from numpy.typing import NDArray

from inference.context import inside, mosaic
from inference.faces import Picture
from inference.pipeline import FrameResult
from wire.clock import Clock
from wire.messages import Tile
from wire.sockets import Socket, send

LONGEST_SIDE = 480
JPEG_QUALITY = 60
EVERY_NS = 500_000_000
CELLS = 4
"""A covered face keeps at most 4 x 4 mean colours."""
ENLARGED_BY = 0.4
"""A face's box grows by this share of its size on each side: hair, ears and the neck identify too."""
GUESSED_BY = 0.8
"""As much for boxes that are guesses: of tracks without a face in this frame, and of weak detections."""
LINGERS_NS = 600_000_000
"""Where a face was is covered for so long: a detector that misses it in one frame uncovers nobody."""
SHOWN_FOR_NS = 30_000_000_000
"""An alerted person is covered again after this long, whatever has become of the alert."""

Box = NDArray[np.float32]


@dataclass
class _Camera:
    made_at: int | None = None
    recent: deque[tuple[int, int | None, Box]] = field(default_factory=deque)
    """(when, track, box) of the faces of the last moments; boxes, no pixels."""
    alerted: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Track -> candidate's id, when it was raised."""


class TilePublisher:
    """Used by the worker's thread. Times are monotonic, in nanoseconds."""

    def __init__(self, socket: Socket, clock: Clock) -> None:
        """`socket`: XPUB, which says whether anybody listens."""
        self._socket = socket
        self._clock = clock
        self._listeners = 0
        self._cameras: dict[str, _Camera] = {}

    def alerted(self, camera: str, track: int, candidate: str) -> None:
        """From now on, for a while, this track's face may be shown to those who may see this candidate's alert."""
        self._of(camera).alerted[track] = candidate, self._clock.monotonic()

    def frame(self, name: str, picture: Picture, result: FrameResult, captured_at: int) -> None:
        """Each frame that was looked at. The picture is valid during the call only, and left as it is."""
        camera, now = self._of(name), self._clock.monotonic()
        self._remember(camera, result, now)
        self._count_listeners()
        if not self._listeners or (camera.made_at is not None and now - camera.made_at < EVERY_NS):
            return
        camera.made_at = now
        lingering = [(track, box) for _, track, box in camera.recent]
        parts = [tile_picture(picture, result, lingering, frozenset())]
        shown = {face.track for face in result.faces if face.track in camera.alerted}
        if shown:
            parts.append(tile_picture(picture, result, lingering, frozenset(shown)))
        alerts = [candidate for track, (candidate, _) in camera.alerted.items() if track in shown]
        send(self._socket, Tile(camera=name, at=captured_at, alerts=alerts), parts)

    def _of(self, name: str) -> _Camera:
        return self._cameras.setdefault(name, _Camera())

    def _remember(self, camera: _Camera, result: FrameResult, now: int) -> None:
        camera.recent.extend((now, face.track, face.box) for face in result.faces)
        while camera.recent and now - camera.recent[0][0] > LINGERS_NS:
            camera.recent.popleft()
        over = {passage.track for passage in result.ended}
        camera.alerted = {
            track: raised
            for track, raised in camera.alerted.items()
            if track not in over and now - raised[1] <= SHOWN_FOR_NS
        }

    def _count_listeners(self) -> None:
        """A subscriber announces itself with 1, and its leaving, or its death, with 0."""
        while True:
            try:
                said = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            # Without ZMQ_XPUB_VERBOSE only the first of a topic comes, and the going of the last.
            self._listeners = 1 if said[:1] == b"\x01" else 0


def tile_picture(
    picture: Picture,
    result: FrameResult,
    lingering: Sequence[tuple[int | None, Box]],
    shown: frozenset[int | None],
) -> bytes:
    """JPEG of the frame, at most 480 pixels, in which only the faces of the tracks `shown` are left as they are.

    `lingering`: (track, box) of faces of the moments before. Where the face of somebody else overlaps a shown one, the
    overlap is covered.
    """
    height, width = picture.shape[:2]
    scale = np.float32(min(1.0, LONGEST_SIDE / max(height, width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    plain = small.copy()
    others = [face.box for face in result.faces if face.track not in shown]
    for box in [*others, *(box for track, box in lingering if track not in shown)]:
        mosaic(small, box * scale, ENLARGED_BY, CELLS)
    for box in (*result.unseen, *result.doubtful):
        mosaic(small, box * scale, GUESSED_BY, CELLS)
    for face in result.faces:
        if face.track in shown:
            left, top, right, bottom = inside(small, face.box * scale)
            small[top:bottom, left:right] = plain[top:bottom, left:right]
    for box in others:
        mosaic(small, box * scale, 0.0, CELLS)
    plain.fill(0)
    done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    small.fill(0)
    if not done:
        raise ValueError(f"a {height} x {width} frame cannot be written as JPEG")
    return data.tobytes()
