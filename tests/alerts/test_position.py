"""Where the rig is, from a real TCP server that speaks gpsd's protocol."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alerts.position import LOST_S, OLDEST_S, Fix, FixedPoint, Gpsd, PositionError, open_source, read_report

VERSION = {"class": "VERSION", "release": "3.25", "proto_major": 3, "proto_minor": 15}
SKY = {"class": "SKY", "device": "/dev/ttyACM0", "satellites": []}


def tpv(latitude: float, longitude: float, second: int = 0, **more: Any) -> dict[str, Any]:
    """A report as gpsd 3.25 writes it."""
    report = {
        "class": "TPV",
        "device": "/dev/ttyACM0",
        "mode": 3,
        "time": f"2026-11-23T10:00:{second:02d}.000Z",
        "lat": latitude,
        "lon": longitude,
        "epx": 6.1,
        "epy": 7.9,
        "eph": 9.5,
        "speed": 0.02,
    }
    return {**report, **more}


class GpsdServer:
    """Greets with VERSION, waits for ?WATCH, then sends what a test says, and can hang up."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._watched = threading.Event()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
                connection.sendall(json.dumps(VERSION).encode() + b"\r\n")
                command = connection.makefile("rb").readline()
            except OSError:
                return
            if command.startswith(b"?WATCH=") and json.loads(command[7:].rstrip(b";\n"))["json"] is True:
                self._connections.append(connection)
                self._watched.set()

    @property
    def connections(self) -> int:
        return len(self._connections)

    def send(self, *reports: dict[str, Any] | bytes) -> None:
        assert self._watched.wait(20)
        for report in reports:
            line = report if isinstance(report, bytes) else json.dumps(report).encode() + b"\r\n"
            self._connections[-1].sendall(line)

    def hang_up(self) -> None:
        self._watched.clear()
        self._connections[-1].shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def server() -> Iterator[GpsdServer]:
    made = GpsdServer()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gpsd(server: GpsdServer, clock: Clock) -> Iterator[Gpsd]:
    source = Gpsd("127.0.0.1", server.port, clock)
    yield source
    source.close()


def until(condition: Callable[[], bool]) -> None:
    waiting, deadline = threading.Event(), time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        waiting.wait(0.01)


def test_before_the_first_fix_the_rig_is_nowhere(server: GpsdServer, gpsd: Gpsd) -> None:
    server.send(SKY)
    assert gpsd.reading().fresh is None


def test_a_fix_is_read_from_the_reports_and_the_newest_counts(server: GpsdServer, gpsd: Gpsd) -> None:
    server.send({"class": "DEVICES", "devices": []}, tpv(51.5, -0.1, 1), SKY, tpv(51.6, -0.2, 2))
    until(lambda: gpsd.reading().fresh == Fix(51.6, -0.2))


def test_a_report_that_comes_in_pieces_is_one_report(server: GpsdServer, gpsd: Gpsd) -> None:
    line = json.dumps(tpv(51.5, -0.1)).encode()
    server.send(line[:30])
    server.send(line[30:])
    server.send(b"\r\n")
    until(lambda: gpsd.reading().fresh is not None)


def test_an_old_fix_is_no_fix_and_at_last_it_is_lost(server: GpsdServer, gpsd: Gpsd, clock: Clock) -> None:
    server.send(tpv(51.5, -0.1))
    until(lambda: gpsd.reading().fresh is not None)
    clock.ahead = OLDEST_S
    assert gpsd.reading().fresh is None
    assert not gpsd.reading().lost
    clock.ahead = LOST_S
    assert gpsd.reading().lost


def test_a_source_that_never_had_a_fix_is_lost_in_time(gpsd: Gpsd, clock: Clock) -> None:
    assert not gpsd.reading().lost
    clock.ahead = LOST_S + 1
    assert gpsd.reading().lost


def test_a_receiver_that_hangs_and_repeats_itself_grows_old(server: GpsdServer, gpsd: Gpsd, clock: Clock) -> None:
    server.send(tpv(51.5, -0.1, 1))
    until(lambda: gpsd.reading().fresh is not None)
    clock.ahead = OLDEST_S
    server.send(*[tpv(51.5, -0.1, 1)] * 3, tpv(51.9, -0.9, 1, mode=1))
    server.hang_up()
    until(lambda: server.connections == 2)
    assert gpsd.reading().fresh is None
    server.send(tpv(51.7, -0.1, 2))
    until(lambda: gpsd.reading().fresh == Fix(51.7, -0.1))


def test_it_connects_again_after_gpsd_hung_up(server: GpsdServer, gpsd: Gpsd) -> None:
    server.send(tpv(51.5, -0.1, 1))
    until(lambda: gpsd.reading().fresh is not None)
    server.hang_up()
    server.send(tpv(51.6, -0.1, 1))
    until(lambda: gpsd.reading().fresh == Fix(51.6, -0.1))
    assert server.connections == 2


def test_an_endless_line_is_hung_up_on(server: GpsdServer, gpsd: Gpsd) -> None:
    server.send(tpv(51.5, -0.1, 1))
    until(lambda: gpsd.reading().fresh is not None)
    server.send(b"x" * 70_000)
    until(lambda: server.connections == 2)


def test_nobody_listening_is_no_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    source = Gpsd("127.0.0.1", port)
    assert source.reading().fresh is None
    source.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": 1},
        {"mode": 0},
        {"mode": "3"},
        {"class": "SKY"},
        {"lat": None},
        {"lat": 90.5},
        {"lon": -181},
        {"lat": True},
        {"eph": 51.0},
        {"epx": 400.0},
        {"epy": "9"},
    ],
)
def test_a_report_that_says_less_than_a_sure_place_is_no_fix(changes: dict[str, Any]) -> None:
    assert read_report(json.dumps(tpv(51.5, -0.1, 0, **changes)).encode()) is None


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"class":"TPV"}', b'{"lat": NaN}'])
def test_any_other_line_is_no_fix(line: bytes) -> None:
    assert read_report(line) is None


def test_a_receiver_that_tells_no_error_is_believed() -> None:
    bare = {"class": "TPV", "mode": 2, "lat": 51.5, "lon": -0.1}
    report = read_report(json.dumps(bare).encode())
    assert report is not None
    assert report.fix == Fix(51.5, -0.1)


def test_a_fixed_point_is_always_there() -> None:
    source = open_source("fixed:51.5152,-0.1419")
    assert isinstance(source, FixedPoint)
    assert source.reading().fresh == Fix(51.5152, -0.1419)
    source.close()


@pytest.mark.parametrize(
    "text", ["", "fixed", "fixed:51", "fixed:91,0", "fixed:nan,0", "gpsd:", "gpsd:host", "gpsd:host:0", "nmea:x"]
)
def test_a_source_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PositionError, match="write fixed:LATITUDE,LONGITUDE or gpsd:HOST:PORT"):
        open_source(text)
