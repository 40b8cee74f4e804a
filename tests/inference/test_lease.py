"""The worker's permission: over real sockets it fails closed, and without one no frame is looked at (invariant 1)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from inference.lease import LONGEST_NS, Allowed, WireLeases
from tests.wire.clocks import SECOND, StoppedClock
from wire.clock import SystemClock
from wire.messages import Lease, LeaseRequest
from wire.sockets import Rejected, Socket, Wire, receive, send


class HandClock(StoppedClock):
    """Stands still, but for what a test moves: both clocks forward, or the wall clock alone."""

    def __init__(self) -> None:
        super().__init__()
        self.began = SystemClock().now()
        self.set_back = 0

    def now(self) -> int:
        return self.began + self.moved - self.set_back

    def forward(self, ns: int) -> None:
        self.moved += ns


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as opened:
        yield opened


@pytest.fixture
def service(tmp_path: Path, wire: Wire) -> Socket:
    return wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/run/alerts")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def leases(tmp_path: Path, wire: Wire, service: Socket, clock: HandClock) -> WireLeases:
    socket = wire.connect(zmq.DEALER, f"ipc://{tmp_path}/run/alerts")
    for _ in range(200):
        if socket.poll(10, zmq.POLLOUT):
            break
    return WireLeases(socket, clock, worker="w", deployment="d", list_hash="h", contract="c")


def answered(service: Socket, leases: WireLeases, **changes: object) -> None:
    """The worker asks, and gets this answer."""
    leases.work()
    assert service.poll(2000)
    asked = receive(service, Rejected())
    assert asked is not None
    assert isinstance(asked.message, LeaseRequest)
    fields: dict[str, object] = {
        "deployment": "d",
        "list_hash": "h",
        "until": 0,
        "threshold": 0.4,
        "withheld": ["e"],
        "why": "",
    }
    send(service, Lease(**(fields | changes)), peer=asked.peer)  # type: ignore[arg-type]
    leases.wait(2000)
    leases.work()


def test_nothing_is_allowed_before_the_service_has_answered(leases: WireLeases) -> None:
    leases.work()
    assert leases.held() is None


def test_a_lease_allows_until_its_moment_and_not_after(service: Socket, leases: WireLeases, clock: HandClock) -> None:
    answered(service, leases, until=clock.now() + SECOND // 2)
    assert leases.held() == Allowed(0.4, frozenset({"e"}))
    clock.forward(SECOND // 2)
    assert leases.held() is None


def test_a_lease_is_not_trusted_for_long_though_the_wall_clock_is_set_back(
    service: Socket, leases: WireLeases, clock: HandClock
) -> None:
    answered(service, leases, until=clock.now() + 3600 * SECOND)
    assert leases.held() is not None
    clock.forward(LONGEST_NS)
    clock.set_back = 3600 * SECOND
    assert leases.held() is None


@pytest.mark.parametrize("wrong", [{"list_hash": "another"}, {"deployment": "another"}, {"until": 0}])
def test_an_answer_for_something_else_allows_nothing(
    service: Socket, leases: WireLeases, clock: HandClock, wrong: dict[str, object]
) -> None:
    answered(service, leases, **({"until": clock.now() + SECOND} | wrong))
    assert leases.held() is None


def test_a_refusal_ends_what_was_allowed_at_once(service: Socket, leases: WireLeases, clock: HandClock) -> None:
    answered(service, leases, until=clock.now() + SECOND)
    clock.forward(SECOND // 4)
    answered(service, leases, until=0, why="it is paused")
    assert leases.held() is None
