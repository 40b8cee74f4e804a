"""Hearing that the record has changed: the alerts service announces the id of the newest event."""

import asyncio
from typing import Protocol

import zmq
import zmq.asyncio

from wire.messages import Changed
from wire.sockets import Rejected, Wire, understand


class Changes(Protocol):
    """Something that says when to look at the record again, before the next second."""

    async def wait(self) -> None:
        """Returns when something changed."""
        ...

    def close(self) -> None: ...


class Announcements:
    """The alerts service's PUB socket. It may come and go: ZeroMQ connects again by itself."""

    def __init__(self, address: str) -> None:
        """Raises WireError."""
        self._wire = Wire()
        # Kept: the asynchronous socket is a shadow of this one, and dies with it.
        self._subscriber = self._wire.connect(zmq.SUB, address)
        self._subscriber.subscribe(b"")
        self._socket = zmq.asyncio.Socket.from_socket(self._subscriber)
        self.rejected = Rejected()

    async def wait(self) -> None:
        while True:
            parts = await self._socket.recv_multipart(copy=False)
            received = understand([part.buffer for part in parts], self.rejected)
            if received is not None and isinstance(received.message, Changed):
                return

    def close(self) -> None:
        self._socket.close()
        self._wire.close()


class NoAnnouncements:
    """Where nobody announces: the record is read once a second."""

    async def wait(self) -> None:
        await asyncio.Event().wait()

    def close(self) -> None:
        pass
