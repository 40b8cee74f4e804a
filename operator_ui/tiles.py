"""The cameras' small pictures on their way to the tablets: the newest of each, in memory, for three seconds.

The worker makes them only while somebody subscribes, and this does only while a tablet asks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import zmq
import zmq.asyncio

from wire.messages import Tile
from wire.sockets import Rejected, Socket, Wire, understand

KEPT_S = 3.0
ASKED_S = 5.0
"""Nobody has looked for this long: no more are made."""
ROUND_S = 0.5
MOST_CAMERAS = 64
MAX_JPEG = 512 * 1024


@dataclass(frozen=True)
class Held:
    tile: Tile
    covered: bytes
    """JPEG in which everybody is covered."""
    shown: bytes | None
    """JPEG in which the persons of `tile.alerts` are not, where there is one."""
    came_at: float


class Tiles:
    """Used by the server's event loop alone."""

    def __init__(self, address: str | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`address`: where the worker publishes; None: there are no pictures."""
        self._address = address
        self._monotonic = monotonic
        self._held: dict[str, Held] = {}
        self._asked_at: float | None = None
        self._subscriber: Socket | None = None
        self._subscribed = False
        self.rejected = Rejected()

    def newest(self, camera: str) -> Held | None:
        """Of this camera, if it came within the last three seconds; and asks for the next."""
        self._asked_at = self._monotonic()
        if self._subscriber is not None and not self._subscribed:
            self._subscriber.subscribe(b"")
            self._subscribed = True
        held = self._held.get(camera)
        return None if held is None or self._is_old(held) else held

    async def run(self) -> None:
        """Until cancelled. Raises WireError for an address that cannot be."""
        if self._address is None:
            return
        with Wire() as wire:
            # Kept: the asynchronous socket is a shadow of this one, and dies with it.
            self._subscriber = wire.connect(zmq.SUB, self._address, queue=1)
            shadow = zmq.asyncio.Socket.from_socket(self._subscriber)
            try:
                while True:
                    with anyio.move_on_after(ROUND_S):
                        parts = await shadow.recv_multipart(copy=False)
                        self.take([part.buffer for part in parts])
                    self.let_go()
            finally:
                self._subscriber, self._subscribed = None, False
                self._held.clear()
                shadow.close()

    def take(self, parts: list[memoryview]) -> None:
        """One multipart from the wire; what is no tile is counted and dropped."""
        received = understand(parts, self.rejected)
        if received is None:
            return
        tile, jpegs = received.message, received.parts
        expected = 2 if isinstance(tile, Tile) and tile.alerts else 1
        if not isinstance(tile, Tile) or len(jpegs) != expected or any(len(jpeg) > MAX_JPEG for jpeg in jpegs):
            self.rejected.add("this is no tile")
        elif tile.camera in self._held or len(self._held) < MOST_CAMERAS:
            shown = bytes(jpegs[1]) if tile.alerts else None
            self._held[tile.camera] = Held(tile, bytes(jpegs[0]), shown, self._monotonic())

    def let_go(self) -> None:
        """Of what is old, and of the worker's work where nobody looks."""
        self._held = {camera: held for camera, held in self._held.items() if not self._is_old(held)}
        unasked = self._asked_at is None or self._monotonic() - self._asked_at > ASKED_S
        if self._subscriber is not None and self._subscribed and unasked:
            self._subscriber.unsubscribe(b"")
            self._subscribed = False
            self._held.clear()

    def _is_old(self, held: Held) -> bool:
        return self._monotonic() - held.came_at > KEPT_S
