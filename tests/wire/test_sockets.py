import stat
from pathlib import Path

import pytest
import zmq
import zmq.utils.monitor

from wire.keys import Keys, load_keys, make_keys
from wire.messages import Changed, encode
from wire.sockets import Received, Rejected, Socket, Wire, WireError, receive, send

DEADLINE_MS = 20_000


def wait_for_message(socket: Socket, rejected: Rejected) -> Received | None:
    """None where nothing came within the deadline."""
    received = None
    while received is None and socket.poll(DEADLINE_MS):
        received = receive(socket, rejected)
    return received


def wait_until_sent(socket: Socket, event: int) -> None:
    """Sends as soon as the peer is there."""
    assert socket.poll(DEADLINE_MS, zmq.POLLOUT)
    assert send(socket, Changed(event=event))


def endpoint_of(socket: Socket) -> str:
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return endpoint.decode()


def keys_of(folder: Path, name: str) -> Keys:
    make_keys(folder, [name])
    return load_keys(folder, name)


def introduce(folder: Path, other: Path, name: str) -> None:
    (folder / f"{name}.public").write_bytes((other / f"{name}.public").read_bytes())


@pytest.fixture
def rig_keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", ["worker", "capture"])
    return tmp_path / "keys"


def test_a_message_and_its_parts_arrive_and_can_be_answered(tmp_path: Path) -> None:
    rejected = Rejected()
    picture = bytes(range(256)) * 1000
    with Wire() as wire:
        router = wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/a")
        dealer = wire.connect(zmq.DEALER, f"ipc://{tmp_path}/a")
        assert dealer.poll(DEADLINE_MS, zmq.POLLOUT)
        assert send(dealer, Changed(event=1), [picture])
        received = wait_for_message(router, rejected)
        assert received is not None
        assert received.message == Changed(event=1)
        assert [bytes(part) for part in received.parts] == [picture]
        assert send(router, Changed(event=2), peer=received.peer)
        answer = wait_for_message(dealer, rejected)
    assert answer == Received(Changed(event=2), (), b"")
    assert rejected.count == 0


def test_received_pixels_can_be_overwritten(tmp_path: Path) -> None:
    with Wire() as wire:
        pull = wire.bind(zmq.PULL, f"ipc://{tmp_path}/a")
        push = wire.connect(zmq.PUSH, f"ipc://{tmp_path}/a")
        assert push.poll(DEADLINE_MS, zmq.POLLOUT)
        assert send(push, Changed(event=1), [bytes(100_000)])
        received = wait_for_message(pull, Rejected())
        assert received is not None
        received.parts[0][0] = 7
        assert received.parts[0][0] == 7


def test_sending_to_nobody_fails_at_once_and_keeps_nothing(tmp_path: Path) -> None:
    with Wire() as wire:
        dealer = wire.connect(zmq.DEALER, f"ipc://{tmp_path}/nobody")
        assert not send(dealer, Changed(event=1))


@pytest.mark.parametrize(
    "rubbish",
    [
        [b""],
        [b"\xc1"],
        [b"not a message", b"", b"x" * 70_000],
        [encode(Changed(event=1))[:-1]],
        [b"\x82\xa4type\xa7changed\xa5event\xa1x"],
        [b"\x81\xa4type\xa5\xff\xff\xff\xff\xff"],
        [b"\x91" * 20_000],
        [b"\x83\xa4type\xa7changed\xa5event\x01\xa1v\x63"],
    ],
)
def test_what_cannot_be_understood_is_counted_and_dropped(tmp_path: Path, rubbish: list[bytes]) -> None:
    rejected = Rejected()
    with Wire() as wire:
        router = wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/a")
        dealer = wire.connect(zmq.DEALER, f"ipc://{tmp_path}/a")
        assert dealer.poll(DEADLINE_MS, zmq.POLLOUT)
        dealer.send_multipart(rubbish)
        assert send(dealer, Changed(event=1))
        received = wait_for_message(router, rejected)
    assert received is not None
    assert received.message == Changed(event=1)
    assert rejected.count == 1
    assert rejected.last


def test_a_known_key_is_let_in_over_tcp(rig_keys: Path) -> None:
    with Wire(load_keys(rig_keys, "worker")) as worker, Wire(load_keys(rig_keys, "capture")) as capture:
        router = worker.bind(zmq.ROUTER, "tcp://127.0.0.1:*")
        dealer = capture.connect(zmq.DEALER, endpoint_of(router), server="worker")
        wait_until_sent(dealer, 1)
        received = wait_for_message(router, Rejected())
    assert received is not None
    assert received.message == Changed(event=1)


def test_an_unknown_key_is_refused(rig_keys: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    keys_of(stranger, "stranger")
    introduce(stranger, rig_keys, "worker")
    with Wire(load_keys(rig_keys, "worker")) as worker, Wire(load_keys(stranger, "stranger")) as outside:
        router = worker.bind(zmq.ROUTER, "tcp://127.0.0.1:*")
        assert refusal(outside, endpoint_of(router)) == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        assert receive(router, Rejected()) is None


def test_a_server_that_is_not_the_expected_one_gets_nothing(rig_keys: Path, tmp_path: Path) -> None:
    impostor = tmp_path / "impostor"
    keys_of(impostor, "worker")
    introduce(impostor, rig_keys, "capture")
    with Wire(load_keys(impostor, "worker")) as outside, Wire(load_keys(rig_keys, "capture")) as capture:
        router = outside.bind(zmq.ROUTER, "tcp://127.0.0.1:*")
        endpoint = endpoint_of(router)
        assert refusal(capture, endpoint) != zmq.EVENT_HANDSHAKE_SUCCEEDED
        assert not send(capture.connect(zmq.DEALER, endpoint, server="worker"), Changed(event=1))


def test_a_peer_without_any_key_is_refused(rig_keys: Path) -> None:
    context: zmq.Context[Socket] = zmq.Context()
    with Wire(load_keys(rig_keys, "worker")) as worker:
        router = worker.bind(zmq.ROUTER, "tcp://127.0.0.1:*")
        plain = context.socket(zmq.DEALER)
        plain.linger = 0
        monitor = plain.get_monitor_socket()
        plain.connect(endpoint_of(router))
        plain.send(encode(Changed(event=1)))
        assert outcome_of(monitor) != zmq.EVENT_HANDSHAKE_SUCCEEDED
        assert receive(router, Rejected()) is None
        plain.disable_monitor()
        monitor.close()
        plain.close()
    context.term()


def refusal(wire: Wire, endpoint: str) -> int:
    """How the handshake of a peer of this wire ends at a worker's endpoint."""
    socket = wire.connect(zmq.DEALER, "tcp://127.0.0.1:1", server="worker")
    socket.disconnect("tcp://127.0.0.1:1")
    monitor = socket.get_monitor_socket()
    socket.connect(endpoint)
    outcome = outcome_of(monitor)
    socket.disable_monitor()
    monitor.close()
    socket.close()
    return outcome


def outcome_of(monitor: Socket) -> int:
    endings = {
        zmq.EVENT_HANDSHAKE_SUCCEEDED,
        zmq.EVENT_HANDSHAKE_FAILED_AUTH,
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
        zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
        zmq.EVENT_DISCONNECTED,
    }
    while monitor.poll(DEADLINE_MS):
        event = zmq.utils.monitor.recv_monitor_message(monitor)["event"]
        if event in endings:
            return int(event)
    raise AssertionError("the handshake did not end")


def test_tcp_without_keys_is_refused_even_on_this_machine() -> None:
    with Wire() as wire:
        for opening in (wire.bind, wire.connect):
            with pytest.raises(WireError, match="tcp needs keys"):
                opening(zmq.ROUTER, "tcp://127.0.0.1:5555")


def test_tcp_needs_the_name_of_the_servers_key(rig_keys: Path) -> None:
    with Wire(load_keys(rig_keys, "capture")) as wire, pytest.raises(WireError, match="server's key is missing"):
        wire.connect(zmq.DEALER, "tcp://127.0.0.1:5555")


@pytest.mark.parametrize(
    "endpoint", ["udp://239.0.0.1:5", "ipc://relative/path", "inproc://a", "frames", "tcp://nowhere"]
)
def test_other_endpoints_are_refused(endpoint: str, rig_keys: Path) -> None:
    with Wire(load_keys(rig_keys, "worker")) as wire, pytest.raises(WireError, match=endpoint):
        wire.bind(zmq.ROUTER, endpoint)


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with Wire() as wire, pytest.raises(WireError, match="sockets allow 107"):
        wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/{'x' * 107}")


def test_the_folder_of_a_socket_is_made_for_its_owner_only(tmp_path: Path) -> None:
    with Wire() as wire:
        wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/run/a")
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    with Wire() as wire, pytest.raises(WireError, match="open to other users: run `chmod 700"):
        wire.bind(zmq.ROUTER, f"ipc://{tmp_path}/run/a")
