"""Webhooks of a rig file: what is refused, what the doctor says, and a process that is killed and started again."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.database import Database
from records.events import add_event
from records.times import utc_now
from rig.checks import rig_checks
from rig.config import ConfigError, load
from rig.webhooks import webhooks_of
from tests.alerts.control_room import ControlRoom, open_room
from tests.rig.test_config import GOOD, written

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HOOK = """
[[webhooks]]
name = "control room"
url = "{url}"
secret_file = "control.secret"
events = ["deployment.changed", "alert.raised"]
"""


def rig_file(
    folder: Path, url: str = "https://control.example/events", secret: str = SECRET, mode: int = 0o600
) -> Path:
    (folder / "control.secret").write_text(secret)
    (folder / "control.secret").chmod(mode)
    return written(folder, GOOD + HOOK.format(url=url))


def test_a_webhook_is_read_with_paths_from_the_rig_files_folder(tmp_path: Path) -> None:
    config = load(rig_file(tmp_path))
    (section,) = config.webhooks
    assert section.secret_file == str(tmp_path / "control.secret")
    (webhook,) = webhooks_of(config)
    assert (webhook.name, webhook.key) == ("control room", bytes(range(32)))
    assert webhook.kinds == {"deployment.changed", "alert.raised"}
    assert load(written(tmp_path, GOOD)).webhooks == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("https://control.example/events", "http://control.example/events", "webhooks.url.*https://"),
        ("https://control.example/events", "https://a:b@control.example/", "webhooks.url.*no password"),
        ('"alert.raised"]', '"alert.seen"]', r"webhooks\[0\].events"),
        ('["deployment.changed", "alert.raised"]', "[]", r"webhooks\[0\].events"),
        ('name = "control room"', 'name = ""', r"webhooks\[0\].name"),
        ('name = "control room"\nurl', 'name = "control room"\nretries = 3\nurl', "retries"),
        ('secret_file = "control.secret"', "", "secret_file"),
        ("[[webhooks]]", HOOK.format(url="https://other.example") + "[[webhooks]]", "two webhooks are named"),
    ],
)
def test_a_wrong_webhook_is_refused_and_names_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = rig_file(tmp_path)
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ConfigError, match=says):
        load(file)


@pytest.mark.parametrize(
    ("secret", "mode", "says"),
    [(SECRET, 0o644, "chmod 600"), ("whsec_short", 0o600, "holds no secret"), ("whsec_AAAA", 0o600, "of 3 bytes")],
)
def test_a_bad_secret_is_one_line_and_exit_code_2(tmp_path: Path, secret: str, mode: int, says: str) -> None:
    file = rig_file(tmp_path, secret=secret, mode=mode)
    for command in ("webhooks", "run"):
        code, told = openlfr(command, str(file))
        assert code == 2
        assert says in told
        assert "webhooks.secret_file of 'control room'" in told
        assert "Traceback" not in told
        assert sum("webhooks.secret_file" in line for line in told.splitlines()) == 1


def test_a_missing_secret_says_how_to_make_one(tmp_path: Path) -> None:
    file = rig_file(tmp_path)
    file.with_name("control.secret").unlink()
    code, told = openlfr("webhooks", str(file))
    assert code == 2
    assert "there is no" in told
    assert "docs/api.md" in told


def openlfr(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "rig", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_the_doctor_looks_at_the_file_and_reaches_out_only_if_asked(tmp_path: Path) -> None:
    with open_room(ControlRoom()) as room:
        config = load(rig_file(tmp_path, room.url))
        found = {check.what: check for check in rig_checks(config)}
        assert found["webhook control room"].result == "ok"
        assert "--network" in found["webhook control room"].found
        reached = {check.what: check for check in rig_checks(config, network=True)}
        assert reached["webhook control room"].found == "127.0.0.1, reached"
        assert room.told == []
    gone = {check.what: check for check in rig_checks(config, network=True)}["webhook control room"]
    assert gone.result == "FAILED"
    assert "cannot be reached" in gone.found
    (tmp_path / "control.secret").chmod(0o644)
    assert {check.what: check for check in rig_checks(config)}["webhooks"].result == "FAILED"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir()
    database = Database(tmp_path / "data" / "record.db")
    database.migrate()
    yield database
    database.close()


def happen(record: Database, count: int) -> list[int]:
    with record.write() as session:
        return [add_event(session, "deployment", None, utc_now()).id for _ in range(count)]


def numbers(room: ControlRoom) -> list[int]:
    return [json.loads(told.body)["data"]["event"] for told in room.told]


def test_a_process_that_is_killed_and_started_again_skips_nothing_and_repeats_at_most_one(
    record: Database, tmp_path: Path
) -> None:
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        running.append(subprocess.Popen([sys.executable, "-m", "rig", "webhooks", str(file)], stdin=subprocess.DEVNULL))

    def kill_at_the_third(room: ControlRoom) -> int:
        # Killed while the event is on its way: nobody will ever know that it was taken.
        if len(room.told) == 4:
            os.kill(running[-1].pid, signal.SIGKILL)
        return 200

    with open_room(ControlRoom(kill_at_the_third)) as room:
        file = rig_file(tmp_path, room.url)
        begin()
        try:
            # From the mark on, which the process makes when it starts, it tells; what was before it does not.
            while not room.told:
                first = happen(record, 1)[0]
                with room.news:
                    room.news.wait(0.2)
            begun = numbers(room)[0]
            last = happen(record, 8)[-1]
            running[-1].wait(60)
            begin()
            expected = list(range(begun, last + 1))
            room.wait_for(len(expected) + 1)
            running[-1].terminate()
            assert running[-1].wait(60) == 0
        finally:
            for process in running:
                if process.poll() is None:
                    process.kill()
                    process.wait()
    assert first < last
    told = numbers(room)
    assert list(dict.fromkeys(told)) == expected
    assert told == sorted(told)
    assert len(told) == len(expected) + 1
    identities = [one.headers["webhook-id"] for one in room.told]
    assert identities[3] == identities[4]
