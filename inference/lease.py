"""The worker's permission to search: a lease of about a second, renewed while the record allows the deployment.

Fails closed: no answer, an answer for another list, a clock set back or a window that is over all mean: no search.
"""

from dataclasses import dataclass
from typing import Protocol

import zmq

from wire.clock import Clock
from wire.messages import Lease, LeaseRequest
from wire.sockets import Rejected, Socket, receive, send

ASK_NS = 200_000_000
LONGEST_NS = 800_000_000
"""No lease is trusted for longer after it came, whatever its `until` says: the wall clock may be set back."""


@dataclass(frozen=True)
class Allowed:
    """What may be searched for now."""

    threshold: float
    withheld: frozenset[str]
    """Entries that must not be found."""


class Leases(Protocol):
    """Where a worker's permission comes from."""

    def work(self) -> None:
        """Called in every round; never waits."""
        ...

    def wait(self, milliseconds: int) -> None:
        """Wait for news, at most this long."""
        ...

    def held(self) -> Allowed | None:
        """What is allowed at this moment; None: nothing is."""
        ...


class WireLeases:
    """Asks the alerts service, several times a second, for one deployment and list."""

    def __init__(
        self, socket: Socket, clock: Clock, *, worker: str, deployment: str, list_hash: str, contract: str
    ) -> None:
        self._socket = socket
        self._clock = clock
        self._request = LeaseRequest(worker=worker, deployment=deployment, list_hash=list_hash, contract=contract)
        self._asked_at: int | None = None
        self._lease: Lease | None = None
        self._came_at = 0
        self.rejected = Rejected()

    def work(self) -> None:
        while (received := receive(self._socket, self.rejected)) is not None:
            answer = received.message
            if not isinstance(answer, Lease) or answer.deployment != self._request.deployment:
                self.rejected.add("this is no answer to a worker's request for a lease")
            else:
                self._lease, self._came_at = answer, self._clock.monotonic()
        now = self._clock.monotonic()
        if self._asked_at is None or now - self._asked_at >= ASK_NS:
            self._asked_at = now
            send(self._socket, self._request)

    def wait(self, milliseconds: int) -> None:
        self._socket.poll(min(milliseconds, ASK_NS // 1_000_000), zmq.POLLIN)

    def held(self) -> Allowed | None:
        lease = self._lease
        if lease is None or lease.list_hash != self._request.list_hash:
            return None
        if self._clock.now() >= lease.until or self._clock.monotonic() - self._came_at >= LONGEST_NS:
            return None
        return Allowed(lease.threshold, frozenset(lease.withheld))
