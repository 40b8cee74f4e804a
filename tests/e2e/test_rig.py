"""Whole rigs with real processes: what was stored survives any kill, and nothing outlives its supervisor."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from alerts.counts import add_up
from alerts.decisions import adjudicate
from alerts.people import add_person
from records.database import open_database
from records.schema import OPEN_STATES, Alert, CameraCount
from records.times import utc_now
from rig.config import RigConfig, load
from rig.supervisor import Supervisor

WAIT_S = 60.0

pytestmark = pytest.mark.rig


class Running:
    """A rig whose supervisor is driven by the test."""

    def __init__(self, rig_file: Path) -> None:
        self.config: RigConfig = load(rig_file)
        self.database = open_database(self.config.record, self.config.record_password)
        self.database.migrate()
        self.supervisor = Supervisor(self.config, rig_file)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}"
            self.supervisor.poll()
            time.sleep(0.05)

    def alerts(self) -> dict[str, str]:
        with self.database.read() as session:
            return {alert.id: alert.state for alert in session.query(Alert)}

    def frames(self) -> int:
        with self.database.read() as session:
            return sum(row.frames for row in session.query(CameraCount))

    def pids(self) -> dict[str, int | None]:
        keepers = {keeper.name: keeper.pid for keeper in self.supervisor.keepers}
        return keepers | {"capture": self.supervisor.watchers[0].pid}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def started_again(rig: Running, name: str, old: int) -> bool:
    return rig.pids()[name] not in (None, old)


def searched_more_than(rig: Running, frames: int) -> bool:
    return rig.frames() > frames


def test_every_process_may_be_killed_in_turn_and_no_stored_alert_or_decision_is_lost(
    rig_file: Callable[..., Path],
) -> None:
    rig = Running(rig_file())
    try:
        rig.until(lambda: len(rig.alerts()) > 0, "a first alert")
        (confirmed,) = rig.alerts()
        with rig.database.write() as session:
            person = add_person(session, "ann", "operator", "a long password", utc_now())
            adjudicate(session, confirmed, person.id, "same", ["nose"], ["hair"], utc_now())
        for name in ("capture", "infer", "alerts", "ui"):
            before = rig.alerts()
            pid = rig.pids()[name]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            rig.until(partial(started_again, rig, name, pid), f"{name} was started again")
            rig.until(partial(searched_more_than, rig, rig.frames() + 10), f"frames after {name} was killed")
            after = rig.alerts()
            assert before.keys() <= after.keys()
            assert after[confirmed] == "confirmed"
        rig.until(lambda: len(rig.alerts()) > 1, "an alert of the other volunteer after all kills")
        with rig.database.read() as session:
            open_subjects = [a.subject_id for a in session.query(Alert).filter(Alert.state.in_(OPEN_STATES))]
        assert len(open_subjects) == len(set(open_subjects))
    finally:
        pids = rig.pids()
        rig.supervisor.stop()
    assert [name for name, pid in pids.items() if pid is not None and alive(pid)] == []


def test_every_frame_of_a_recording_is_accounted_for_though_its_worker_is_killed(
    rig_file: Callable[..., Path], clip_frames: int
) -> None:
    rig = Running(rig_file(pace="fast", loop=False))
    try:
        rig.until(lambda: rig.frames() > 60, "60 frames")
        pid = rig.pids()["infer"]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        def over() -> bool:
            with rig.database.read() as session:
                return session.query(CameraCount).filter(CameraCount.state == "ended").first() is not None

        rig.until(over, "the end of the clip")
        # No frame is missing from the sum: what the dead worker searched in its last half second was never reported and
        # counts as dropped; what it had not acknowledged is searched again.
        with rig.database.read() as session:
            counts = add_up(session.query(CameraCount))
            produced = session.query(CameraCount).filter(CameraCount.state == "ended").one().produced
        assert produced == clip_frames
        assert counts.frames + counts.dropped >= clip_frames
        assert counts.dropped < clip_frames // 4
        assert len(rig.alerts()) >= 1
    finally:
        rig.supervisor.stop()


def test_no_process_outlives_a_supervisor_that_was_killed(rig_file: Callable[..., Path]) -> None:
    path = rig_file()
    supervisor = subprocess.Popen([sys.executable, "-m", "rig", "run", str(path)], stdout=subprocess.DEVNULL)
    database = open_database(load(path).record)
    database.migrate()
    deadline = time.monotonic() + WAIT_S
    while True:
        with database.read() as session:
            if session.query(CameraCount).first() is not None:
                break
        assert time.monotonic() < deadline, "the rig never searched a frame"
        time.sleep(0.1)
    listed = subprocess.run(["pgrep", "-P", str(supervisor.pid)], capture_output=True, text=True, check=True)
    children = [int(pid) for pid in listed.stdout.split()]
    assert len(children) == 5
    supervisor.kill()
    supervisor.wait()
    while any(alive(pid) for pid in children):
        assert time.monotonic() < deadline, "a process outlived its supervisor"
        time.sleep(0.1)


def test_ctrl_c_ends_a_rig_in_order(rig_file: Callable[..., Path]) -> None:
    path = rig_file()
    # Whoever reads the output through a pipe must get the address at once, not when the rig ends.
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "rig", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=plain) as supervisor:
        try:
            assert supervisor.stdout is not None
            said, _, _ = select.select([supervisor.stdout], [], [], WAIT_S)
            assert said, "nothing was said"
            assert "the tablet page is at" in supervisor.stdout.readline()
            supervisor.send_signal(signal.SIGINT)
            assert supervisor.wait(WAIT_S) == 0
        finally:
            supervisor.kill()


def test_a_rig_whose_list_is_missing_stops_with_exit_code_2_and_says_so(rig_file: Callable[..., Path]) -> None:
    path = rig_file()
    text = path.read_text()
    folder = next(line for line in text.splitlines() if line.startswith("folder"))
    path.write_text(text.replace(folder, 'folder = "no-such-list"'))
    done = subprocess.run(
        [sys.executable, "-m", "rig", "run", str(path)], capture_output=True, text=True, timeout=WAIT_S
    )
    assert done.returncode == 2
    assert "no-such-list" in done.stderr
