"""A whole rig whose record is a PostgreSQL database: real processes, a kill, a confirmed alert."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from alerts.decisions import adjudicate
from alerts.engagement import log_stop
from records.database import Database
from records.schema import Alert, LedgerEntry, Stop
from records.times import utc_now
from tests.e2e.test_rig import Running, searched_more_than, started_again
from tests.records.made import make_person

pytestmark = pytest.mark.rig


def test_a_rig_on_postgresql_runs_survives_a_kill_and_logs_a_stop(
    rig_file: Callable[..., Path], postgres_database: Database
) -> None:
    rig = Running(rig_file(record=postgres_database.address))
    try:
        rig.until(lambda: len(rig.alerts()) > 0, "a first alert")
        for name in ("alerts", "infer"):
            pid = rig.pids()[name]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            rig.until(partial(started_again, rig, name, pid), f"{name} was started again")
            rig.until(partial(searched_more_than, rig, rig.frames() + 10), f"frames after {name} was killed")
        (first, *_) = rig.alerts()
        with rig.database.write() as session:
            person = make_person(session, utc_now())
            adjudicate(session, first, person, "same", ["nose"], ["hair"], utc_now())
            log_stop(session, first, person, "asked for a name", utc_now())
        with rig.database.read() as session:
            assert session.get_one(Alert, first).state == "engaged"
            assert session.query(Stop).count() == 1
            kinds = {entry.kind for entry in session.query(LedgerEntry)}
        assert {"deployment_started", "list_built", "alert_raised", "stop_logged"} <= kinds
    finally:
        rig.supervisor.stop()
        rig.database.close()
    assert not (Path(rig.config.data) / "record.db").exists()
