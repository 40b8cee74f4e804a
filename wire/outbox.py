"""Delivery at least once: what was put in is sent again until the other side has acknowledged it by its id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import zmq

from wire.clock import Clock
from wire.messages import Acknowledged, Candidate, PassageEnded
from wire.sockets import Rejected, Socket, receive, send

RESEND_NS = 1_000_000_000
"""An unacknowledged message is sent again after this long."""


@dataclass
class _Waiting:
    message: Candidate | PassageEnded
    parts: tuple[bytes, ...]
    sent_at: int | None = None


class Outbox:
    """Holds messages in memory only: a picture of a person is not written to disk before the record has it."""

    def __init__(self, socket: Socket, clock: Clock, on_acknowledged: Callable[[str], None] = lambda _: None) -> None:
        """`on_acknowledged` hears the id of each message that has arrived, once it is held no more."""
        if socket.type != zmq.DEALER:
            raise ValueError("an outbox sends through a DEALER")
        self._socket = socket
        self._clock = clock
        self._on_acknowledged = on_acknowledged
        self._waiting: dict[str, _Waiting] = {}
        self.rejected = Rejected()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Candidate | PassageEnded, parts: Sequence[bytes] = ()) -> None:
        self._waiting[message.id] = _Waiting(message, tuple(parts))
        self.work()

    def work(self) -> None:
        """Take acknowledgements, send what is due. Never waits; call it in every round of the process's loop."""
        while (received := receive(self._socket, self.rejected)) is not None:
            message = received.message
            if isinstance(message, Acknowledged) and self._waiting.pop(message.id, None) is not None:
                self._on_acknowledged(message.id)
        now = self._clock.monotonic()
        for waiting in self._waiting.values():
            due = waiting.sent_at is None or now - waiting.sent_at >= RESEND_NS
            if due and send(self._socket, waiting.message, waiting.parts):
                waiting.sent_at = now
