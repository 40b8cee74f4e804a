"""Where the rig is: a fixed point, or what gpsd says over TCP. Without a fresh fix the rig is nowhere: no search.

The age of a fix is measured on the monotonic clock, so that setting the wall clock makes no old fix fresh.
gpsd's protocol: JSON lines, https://gpsd.gitlab.io/gpsd/gpsd_json.html (classes VERSION, WATCH, TPV).
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from records.errors import RecordsError

OLDEST_S = 10.0
"""A fix older than this says nothing any more: no search."""

LOST_S = 60.0
"""Without a fix for this long the deployment is paused, and only a person resumes it."""

LEAST_SURE_M = 50.0
"""A fix whose own error estimate is larger is no fix."""

Monotonic = Callable[[], float]

_LONGEST_LINE = 64 * 1024
_SILENCE_S = 5.0
_AGAIN_S = 1.0


class PositionError(RecordsError):
    """A position source that cannot be used as it is named."""


@dataclass(frozen=True)
class Fix:
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Reading:
    fix: Fix | None
    age_s: float
    """Seconds since the last fix; without any, since the source was opened."""

    @property
    def fresh(self) -> Fix | None:
        return self.fix if self.age_s <= OLDEST_S else None

    @property
    def lost(self) -> bool:
        return self.age_s > LOST_S


class PositionSource(Protocol):
    def reading(self) -> Reading: ...

    def close(self) -> None: ...


class FixedPoint:
    """A rig that was surveyed and does not move."""

    def __init__(self, fix: Fix) -> None:
        self._fix = fix

    def reading(self) -> Reading:
        return Reading(self._fix, 0.0)

    def close(self) -> None:
        pass


class Gpsd:
    """Listens to gpsd in a thread of its own and connects again by itself. `close` ends it."""

    def __init__(self, host: str, port: int, monotonic: Monotonic = time.monotonic) -> None:
        self._address = (host, port)
        self._monotonic = monotonic
        self._last: tuple[Fix | None, float] = (None, monotonic())
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpsd", daemon=True)
        self._thread.start()

    def reading(self) -> Reading:
        fix, at = self._last
        return Reading(fix, self._monotonic() - at)

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with socket.create_connection(self._address, timeout=_SILENCE_S) as connection:
                    self._listen(connection)
            except OSError:
                pass  # the age of the last fix tells it; gpsd may be back at the next attempt
            self._closed.wait(_AGAIN_S)

    def _listen(self, connection: socket.socket) -> None:
        """Until gpsd hangs up, says too much in one line, or is silent for a while although it is watched."""
        connection.sendall(b'?WATCH={"enable":true,"json":true};\n')
        connection.settimeout(0.2)
        pending, told_at, last_time = b"", self._monotonic(), None
        while not self._closed.is_set() and self._monotonic() - told_at <= _SILENCE_S:
            try:
                received = connection.recv(8192)
            except TimeoutError:
                continue
            if not received:
                return
            *lines, pending = (pending + received).split(b"\n")
            if len(pending) > _LONGEST_LINE:
                return
            for line in lines:
                told_at = self._monotonic()
                report = read_report(line)
                # A receiver that hangs repeats its last report: the time in it stands still.
                if report is not None and (report.time is None or report.time != last_time):
                    last_time = report.time
                    self._last = (report.fix, told_at)


@dataclass(frozen=True)
class Report:
    fix: Fix
    time: str | None


def read_report(line: bytes) -> Report | None:
    """The fix of one TPV line; None for any other line, and for a fix that is none or too unsure."""
    try:
        told: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(told, dict) or told.get("class") != "TPV" or told.get("mode") not in (2, 3):
        return None
    latitude: Any = told.get("lat")
    longitude: Any = told.get("lon")
    if not (_within(latitude, 90) and _within(longitude, 180)):
        return None
    for name in ("eph", "epx", "epy"):  # metres, 95 %; absent where the receiver does not tell
        if name in told and not _within(told[name], LEAST_SURE_M):
            return None
    time_told = told.get("time")
    return Report(Fix(float(latitude), float(longitude)), time_told if isinstance(time_told, str) else None)


def parse_source(text: str) -> Fix | tuple[str, int]:
    """The point of `fixed:LATITUDE,LONGITUDE`, or host and port of `gpsd:HOST:PORT`. Raises PositionError."""
    kind, _, rest = text.partition(":")
    try:
        if kind == "fixed":
            latitude, longitude = (float(part) for part in rest.split(","))
            if _within(latitude, 90) and _within(longitude, 180):
                return Fix(latitude, longitude)
        if kind == "gpsd":
            host, _, port = rest.rpartition(":")
            if host and 0 < int(port) < 65536:
                return host.strip("[]"), int(port)
    except ValueError:
        pass
    raise PositionError(f"position source {text!r}: write fixed:LATITUDE,LONGITUDE or gpsd:HOST:PORT")


def open_source(text: str) -> PositionSource:
    """Raises PositionError."""
    parsed = parse_source(text)
    return FixedPoint(parsed) if isinstance(parsed, Fix) else Gpsd(*parsed)


def _within(value: Any, most: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= most
