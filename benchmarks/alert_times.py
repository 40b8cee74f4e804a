"""When each alert of a running rig was captured, raised, stored, and told to those who show it."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

import zmq
from sqlalchemy import select

from records.database import Database
from records.schema import Alert, Event
from records.times import to_ns
from wire.messages import Changed
from wire.sockets import Rejected, Wire, receive


class Told(threading.Thread):
    """Listens as a tablet's server does: when it was told of each event of the record."""

    def __init__(self, address: str) -> None:
        """`address`: `RigConfig.changes_address`."""
        super().__init__(name="told", daemon=True)
        self._address = address
        self._left = threading.Event()
        self._heard: list[tuple[int, int]] = []

    def __enter__(self) -> "Told":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self.join()

    def run(self) -> None:
        with Wire() as wire:
            socket = wire.connect(zmq.SUB, self._address)
            socket.subscribe(b"")
            rejected = Rejected()
            while not self._left.is_set():
                socket.poll(100)
                while (received := receive(socket, rejected)) is not None:
                    if isinstance(received.message, Changed):
                        self._heard.append((received.message.event, time.time_ns()))

    def times_of(self, events: Iterable[int]) -> dict[int, int]:
        """When each of these events, or a later one, was first told: nanoseconds since the Unix epoch."""
        heard, found = list(self._heard), {}
        for event in events:
            after = (at for number, at in heard if number >= event)
            at = next(after, None)
            if at is not None:
                found[event] = at
        return found


@dataclass(frozen=True)
class AlertTimes:
    """Of one alert: nanoseconds since the Unix epoch."""

    captured: int
    raised: int
    stored: int
    told: int | None
    """When the tablets' server heard of it; None where it did not while the benchmark listened."""


def alert_times(database: Database, told: Told) -> dict[str, AlertTimes]:
    """Of every alert of the record, by its id."""
    with database.read() as session:
        alerts = session.scalars(select(Alert).order_by(Alert.id)).all()
        raised = select(Event.alert_id, Event.id).where(Event.kind == "alert")
        events = {alert: event for alert, event in session.execute(raised)}  # noqa: C416 - rows are no pairs to mypy
        heard = told.times_of(events.values())
        return {
            alert.id: AlertTimes(
                to_ns(alert.captured_at), to_ns(alert.raised_at), to_ns(alert.stored_at), heard.get(events[alert.id])
            )
            for alert in alerts
        }
