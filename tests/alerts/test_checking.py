"""The status source is asked at the alert, before anybody sees it; a slow one holds up nothing else."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import zmq

from alerts.service import AlertsService
from records.database import Database
from records.schema import Alert, Entry, Suppressed
from records.times import to_ns, utc_now
from tests.alerts.running import Running, a_running_test
from tests.alerts.test_decisions import a_candidate
from tests.alerts.test_service import connected, settings, settle
from watchlist.errors import StatusFault
from watchlist.status import Answer, DropFile, StatusSource
from wire.clock import SystemClock
from wire.messages import Candidate, Lease, LeaseRequest
from wire.outbox import Outbox
from wire.sockets import Rejected, Socket, Wire, receive, send


class SlowSource:
    """Answers when it is let; knows everybody as wanted."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = 0

    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        self.asked += 1
        assert self.let.wait(30)
        return {reference: Answer(status="wanted", checked_at=utc_now()) for reference in references}


class SilentSource:
    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        raise StatusFault("no answer")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as opened:
        yield opened


@pytest.fixture
def running(tmp_path: Path, database: Database) -> Iterator[Running]:
    with a_running_test(tmp_path, database) as found:
        yield found


def candidate_of(running: Running, entry: str) -> Candidate:
    at = to_ns(utc_now())
    return a_candidate(
        running.deployment,
        subject=entry,
        captured_at=at,
        raised_at=at,
        list_hash=running.list_hash,
        contract=running.contract,
    )


def serve(tmp_path: Path, running: Running, wire: Wire, source: StatusSource) -> tuple[AlertsService, Socket]:
    service = AlertsService(settings(tmp_path), wire, running.database, running.vault, status=source)
    return service, wire.connect(zmq.DEALER, f"ipc://{tmp_path}/run/alerts")


def test_who_is_no_longer_wanted_at_the_alert_becomes_none(tmp_path: Path, running: Running, wire: Wire) -> None:
    gone, wanted = running.entries[:2]
    drop = tmp_path / "drop.csv"
    lines = [
        f"{running.references[gone]},no_longer_wanted,{utc_now().isoformat()}",
        f"{running.references[wanted]},wanted,{utc_now().isoformat()}",
    ]
    drop.write_text("reference,status,at\n" + "\n".join(lines) + "\n")
    service, sender = serve(tmp_path, running, wire, DropFile(drop))
    outbox = Outbox(sender, SystemClock())
    for entry in (gone, wanted):
        outbox.put(candidate_of(running, entry), [b"look", b"context"])
    settle(service, outbox)
    with running.database.read() as session:
        assert [alert.subject_id for alert in session.query(Alert)] == [wanted]
        assert [(row.entry_id, row.reason) for row in session.query(Suppressed)] == [(gone, "withdrawn")]
        assert session.get_one(Entry, gone).state_reason == "no_longer_wanted"


def test_a_slow_source_is_asked_once_and_leases_are_answered_meanwhile(
    tmp_path: Path, running: Running, wire: Wire
) -> None:
    source = SlowSource()
    service, sender = serve(tmp_path, running, wire, source)
    candidate = candidate_of(running, running.entries[0])
    connected(service, sender)
    for _ in range(3):
        send(sender, candidate, [b"look", b"context"])
        service.work(50)
    request = LeaseRequest(
        worker="w", deployment=running.deployment, list_hash=running.list_hash, contract=running.contract
    )
    asking = wire.connect(zmq.DEALER, f"ipc://{tmp_path}/run/alerts")
    connected(service, asking)
    send(asking, request)
    for _ in range(100):
        service.work(10)
        if asking.poll(0):
            break
    answered = receive(asking, Rejected())
    assert answered is not None
    assert isinstance(answered.message, Lease)
    with running.database.read() as session:
        assert session.query(Alert).count() == 0
    source.let.set()
    outbox = Outbox(sender, SystemClock())
    outbox.put(candidate, [b"look", b"context"])
    settle(service, outbox)
    assert source.asked == 1
    with running.database.read() as session:
        assert session.query(Alert).count() == 1


def test_a_source_that_gives_no_answer_drops_no_alert(tmp_path: Path, running: Running, wire: Wire) -> None:
    service, sender = serve(tmp_path, running, wire, SilentSource())
    outbox = Outbox(sender, SystemClock())
    outbox.put(candidate_of(running, running.entries[0]), [b"look", b"context"])
    settle(service, outbox)
    with running.database.read() as session:
        assert session.query(Alert).count() == 1
