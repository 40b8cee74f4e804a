"""Invariant 7: totals reconcile. Built so far: sums of what workers count, and alerts by outcome."""

import contextlib
import sqlite3
from datetime import timedelta
from typing import Any

from alerts.service import AlertsService
from records.schema import Alert
from records.times import to_ns, to_text, utc_now
from tests.invariants.outside import (
    CAMERA,
    JPEG,
    SOON_OVER,
    STOP,
    TO_INFORM,
    WANTED,
    Outside,
    answered,
    sent,
)
from wire.messages import CameraStatus
from wire.sockets import Socket


def status_of(outside: Outside, **changes: Any) -> CameraStatus:
    fields: dict[str, Any] = {
        **dict.fromkeys(("faces", "looks_rejected", "passages", "candidates", "unsearched"), 0),
        "deployment": outside.deployment,
        "camera": CAMERA,
        "session": "s",
        "worker": "w",
        "state": "live",
        "at": to_ns(outside.now()),
        "last_frame_at": 0,
        "fps": 0.0,
        "produced": 0,
        "frames": 0,
        "engine": "exact",
    }
    return CameraStatus(**fields | changes)


def test_invariant_7_what_is_told_twice_or_by_two_workers_is_counted_once(
    outside: Outside, service: tuple[AlertsService, Socket]
) -> None:
    for status in (
        status_of(outside, produced=90, frames=70, unsearched=10, passages=6, faces=80),
        status_of(outside, produced=100, frames=80, unsearched=10, passages=7, faces=90),
        status_of(outside, produced=100, frames=80, unsearched=10, passages=7, faces=90),
        status_of(outside, worker="next", produced=160, frames=50, passages=3, faces=50),
        status_of(outside, session="t", worker="next", produced=40, frames=40, passages=1, faces=9),
    ):
        sent(service[1], status)
    sent(service[1], outside.candidate(outside.entries[WANTED], looks=1), (JPEG, JPEG))
    answered(service)
    outside.ahead = timedelta(seconds=1)
    service[0].work(1)
    with outside.tablet("Ann") as ann:
        ann.judge(outside.alert(SOON_OVER), "different")
        ann.judge(outside.alert(TO_INFORM))
        told = ann.get("/api/record").json()
    assert (told["frames"], told["dropped"], told["passages"], told["faces"]) == (170, 20, 11, 149)
    assert told["frames"] + told["dropped"] + 10 == 160 + 40
    assert told["alerts"] == told["open"] + sum(told["outcomes"].values()) == 3


def test_invariant_7_sql_closes_no_alert_without_an_outcome_and_stores_none_twice(outside: Outside) -> None:
    alert = outside.alert()
    assert outside.refuses("UPDATE alerts SET state = 'closed', closed_at = ? WHERE id = ?", to_text(utc_now()), alert)
    assert outside.refuses("UPDATE alerts SET outcome = 'true_alert' WHERE id = ?", alert)
    assert outside.refuses("UPDATE alerts SET outcome = 'probably' WHERE id = ?", alert)
    outside.refuses("INSERT OR REPLACE INTO alerts SELECT * FROM alerts")
    outside.refuses("DELETE FROM alerts")
    with outside.database.read() as session:
        assert session.query(Alert).count() == 1


def test_invariant_7_sql_rewrites_no_outcome_and_no_figure_of_an_alert(outside: Outside) -> None:
    alert = outside.alert()
    with outside.tablet("Ann") as ann:
        assert ann.judge(alert).status_code == 201
        assert ann.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201
        assert ann.post(f"/api/alerts/{alert}/identity", {"who": "other"}).status_code == 200
    taken = []
    for statement in (
        "UPDATE alerts SET outcome = 'confirmed_true'",
        "UPDATE alerts SET closed_at = '2020'",
        "UPDATE alerts SET similarity = 0.99",
        "UPDATE alerts SET captured_at = '2020'",
        "UPDATE stops SET outcome = 'confirmed_true'",
        "UPDATE stops SET started_at = '2020'",
        "UPDATE stops SET ended_at = started_at",
        "DELETE FROM stops",
        "DELETE FROM adjudications",
    ):
        with contextlib.suppress(sqlite3.IntegrityError):
            outside.sql(statement)
            taken.append(statement)
    assert not taken
