"""The alerts service over real sockets: delivery at least once, stored once."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import zmq

from alerts.service import AlertsService, AlertsSettings
from records.database import Database
from records.ids import new_id
from records.schema import Alert, CameraCount, PassageOfTest, Picture, ProcessState
from records.times import Now
from records.vault import Address, Vault
from tests.alerts.test_decisions import NOW, a_candidate, fresh_subjects
from tests.records.made import make_deployment, make_vault
from wire.clock import SystemClock
from wire.messages import CameraStatus, Changed, Frame, PassageEnded, ProcessStatus
from wire.outbox import Outbox
from wire.sockets import Rejected, Socket, Wire, receive, send


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as opened:
        yield opened


@pytest.fixture
def deployment(database: Database) -> str:
    vault = make_vault(database, NOW)
    with database.write() as session:
        found = make_deployment(session, NOW, name="t", subjects=fresh_subjects())
        vault.create_key(session, found, "alerts", "rig", NOW)
    vault.close()
    return found


@pytest.fixture
def vault(database: Database, deployment: str) -> Iterator[Vault]:
    with make_vault(database, NOW) as opened:
        yield opened


def moving_clock() -> Now:
    began = time.monotonic()
    return lambda: NOW + timedelta(seconds=time.monotonic() - began)


def settings(tmp_path: Path) -> AlertsSettings:
    return AlertsSettings(
        listen=f"ipc://{tmp_path}/run/alerts",
        publish=f"ipc://{tmp_path}/run/changes",
        expire_seconds=60,
    )


@pytest.fixture
def service(tmp_path: Path, database: Database, vault: Vault, wire: Wire) -> AlertsService:
    return AlertsService(settings(tmp_path), wire, database, vault, moving_clock())


@pytest.fixture
def sender(tmp_path: Path, service: AlertsService, wire: Wire) -> Socket:
    return wire.connect(zmq.DEALER, f"ipc://{tmp_path}/run/alerts")


def settle(service: AlertsService, outbox: Outbox, rounds: int = 200) -> None:
    for _ in range(rounds):
        outbox.work()
        service.work(10)
        if not len(outbox):
            return
    pytest.fail(f"{len(outbox)} messages were never acknowledged")


def connected(service: AlertsService, sender: Socket) -> None:
    """A DEALER refuses to send until the other side is there."""
    for _ in range(200):
        if sender.poll(10, zmq.POLLOUT):
            return
        service.work(0)
    pytest.fail("the service never answered")


def test_a_candidate_is_acknowledged_and_stored_with_its_pictures(
    service: AlertsService, sender: Socket, database: Database, vault: Vault, deployment: str
) -> None:
    outbox = Outbox(sender, SystemClock())
    outbox.put(a_candidate(deployment, looks=2), [b"one", b"two", b"context"])
    settle(service, outbox)
    with database.read() as session:
        assert session.query(Alert).count() == 1
        assert not any(picture.sealed in (b"one", b"two", b"context") for picture in session.query(Picture))
        kinds = [
            (
                picture.kind,
                picture.rank,
                bytes(vault.open(session, Address(deployment, "alerts", picture.kind, picture.id), picture.sealed)),
            )
            for picture in session.query(Picture)
        ]
        assert sorted(kinds) == [("context", 0, b"context"), ("look", 0, b"one"), ("look", 1, b"two")]


def test_a_candidate_sent_again_after_a_lost_acknowledgement_is_stored_once(
    service: AlertsService, sender: Socket, database: Database, deployment: str
) -> None:
    candidate = a_candidate(deployment)
    for _ in range(3):
        outbox = Outbox(sender, SystemClock())
        outbox.put(candidate, [b"look", b"context"])
        settle(service, outbox)
    with database.read() as session:
        assert session.query(Alert).count() == 1
        assert session.query(Picture).count() == 2


def test_what_was_not_acknowledged_is_kept_while_the_service_is_down_and_arrives_when_it_is_back(
    tmp_path: Path, database: Database, vault: Vault, deployment: str, wire: Wire
) -> None:
    outbox = Outbox(wire.connect(zmq.DEALER, f"ipc://{tmp_path}/run/alerts"), SystemClock())
    outbox.put(a_candidate(deployment), [b"look", b"context"])
    outbox.work()
    assert len(outbox) == 1
    service = AlertsService(settings(tmp_path), wire, database, vault, moving_clock())
    settle(service, outbox)
    with database.read() as session:
        assert session.query(Alert).count() == 1


@pytest.mark.parametrize("parts", [[], [b"look"], [b"x"] * 9, [b"look", b"context", b"more"]])
def test_a_candidate_with_wrong_parts_is_counted_and_dropped(
    service: AlertsService, sender: Socket, database: Database, deployment: str, parts: list[bytes]
) -> None:
    outbox = Outbox(sender, SystemClock())
    outbox.put(a_candidate(deployment, looks=1), parts)
    settle(service, outbox)
    assert service.rejected.count == 1
    with database.read() as session:
        assert session.query(Alert).count() == 0


def test_garbage_and_messages_for_others_are_counted_and_the_service_goes_on(
    service: AlertsService, sender: Socket, database: Database, deployment: str
) -> None:
    frame = Frame(camera="n", session="s", seq=1, captured_at=0, height=1, width=1, recorded=True, dropped=0, fps=0.0)
    for message in (b"", b"\x00\xff", b"{}", b"\x93" * 50):
        sender.send(message)
    send(sender, frame, [b"abc"])
    outbox = Outbox(sender, SystemClock())
    outbox.put(a_candidate(deployment), [b"look", b"context"])
    settle(service, outbox)
    assert service.rejected.count == 5


def test_a_candidate_of_another_deployment_is_not_stored(
    service: AlertsService, sender: Socket, database: Database
) -> None:
    outbox = Outbox(sender, SystemClock())
    outbox.put(a_candidate(new_id()), [b"look", b"context"])
    settle(service, outbox)
    with database.read() as session:
        assert session.query(Alert).count() == 0


def test_passages_of_a_test_arrive_once(
    service: AlertsService, sender: Socket, database: Database, deployment: str
) -> None:
    passage = PassageEnded(
        id=new_id(), deployment=deployment, camera="n", track=1, first_frame=2, last_frame=9, looks=3
    )
    for _ in range(2):
        outbox = Outbox(sender, SystemClock())
        outbox.put(passage)
        settle(service, outbox)
    with database.read() as session:
        assert session.query(PassageOfTest).count() == 1


def test_states_of_cameras_and_processes_are_kept(
    service: AlertsService, sender: Socket, database: Database, deployment: str
) -> None:
    connected(service, sender)
    assert send(sender, ProcessStatus(name="infer", state="running", restarts=2, at=1, detail=""))
    counts = dict.fromkeys(("faces", "looks_rejected", "passages", "candidates", "unsearched"), 0)
    for frames in (10, 20):
        send(
            sender,
            CameraStatus(
                deployment=deployment,
                camera="n",
                session="s",
                worker="w",
                state="live",
                at=1,
                last_frame_at=1,
                fps=12.5,
                frames=frames,
                produced=frames + 1,
                engine="exact",
                **counts,
            ),
        )
    for _ in range(300):
        service.work(10)
        with database.read() as session:
            cameras, processes = session.query(CameraCount).all(), session.query(ProcessState).all()
            if cameras and processes:
                assert [row.frames for row in cameras] == [20]
                assert [row.restarts for row in processes] == [2]
                return
    pytest.fail("the states were never written")


def test_tablets_hear_of_a_change(
    tmp_path: Path, service: AlertsService, sender: Socket, wire: Wire, deployment: str
) -> None:
    listener = wire.connect(zmq.SUB, f"ipc://{tmp_path}/run/changes")
    listener.setsockopt(zmq.SUBSCRIBE, b"")
    heard = None
    for _ in range(100):
        outbox = Outbox(sender, SystemClock())
        outbox.put(a_candidate(deployment), [b"look", b"context"])
        settle(service, outbox)
        heard = receive(listener, Rejected())
        if heard is not None:
            break
    assert heard is not None
    assert isinstance(heard.message, Changed)
