"""`openlfr models pull` as a user types it, against a real server on this machine."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.pulling.acceptance import system_user
from tests.inference.pulling.file_server import NAME, FileServer, starter_files, write_manifest, zipped

WAIT_S = 60.0


class Machine:
    """A user's machine: a cache of its own, a manifest, and the server that the manifest names."""

    def __init__(self, folder: Path, server: FileServer, *, non_commercial: bool = False) -> None:
        self.server = server
        self.cache = folder / "cache"
        self.archive = zipped(starter_files())
        server.files["/pack.zip"] = self.archive
        rows = [(f"{server.url}/pack.zip", self.archive, tuple(starter_files()))]
        self.manifest = write_manifest(folder, rows, non_commercial=non_commercial)
        self.environment = os.environ | {
            "OPENLFR_CACHE": str(self.cache),
            "OPENLFR_SHARED": str(folder / "shared"),
            "NO_PROXY": "127.0.0.1",
        }

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "rig", "models", *map(str, arguments)]

    def models(self, *arguments: str | Path, within_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
        """`within_bytes`: no file may become longer, as on a disk that is full."""
        command = self.command(*arguments)
        if within_bytes is not None:
            command = ["bash", "-c", f'ulimit -f {within_bytes // 1024}; exec "$@"', "bash", *command]
        return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, env=self.environment)

    def refused(self, *arguments: str | Path, within_bytes: int | None = None) -> str:
        done = self.models(*arguments, within_bytes=within_bytes)
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        assert line.startswith("openlfr: ")
        assert self.packs() == []
        return line

    def part(self) -> int:
        """Bytes of the part that is there."""
        return sum(path.stat().st_size for path in self.cache.glob("downloads/*.part"))

    def packs(self) -> list[str]:
        return [path.parent.name for path in self.cache.glob("packs/*/pack.toml")]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer().running() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, server: FileServer) -> Machine:
    return Machine(tmp_path, server)


def test_a_pack_is_pulled_checked_and_at_hand_and_a_pipe_gets_no_bar(machine: Machine) -> None:
    done = machine.models("pull", machine.manifest)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is at hand" in done.stdout
    assert "\x1b" not in done.stdout
    assert machine.models("check", NAME).returncode == 0
    assert NAME in machine.models("list").stdout
    again = machine.models("pull", machine.manifest)
    assert "at hand already" in again.stdout
    assert machine.server.asked == [""]


def test_a_pull_that_was_killed_leaves_no_pack_and_goes_on_from_its_last_byte(machine: Machine) -> None:
    machine.server.hold_after = len(machine.archive) // 2
    with subprocess.Popen(
        machine.command("pull", machine.manifest), env=machine.environment, stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + WAIT_S
        while machine.part() < len(machine.archive) // 3:
            assert time.monotonic() < deadline, "the download never came so far"
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    held = machine.part()
    assert machine.packs() == []
    assert NAME not in machine.models("list").stdout
    machine.server.hold_after = None
    done = machine.models("pull", machine.manifest)
    assert done.returncode == 0, done.stderr
    assert machine.server.asked == ["", f"bytes={held}-"]
    assert machine.packs() == [NAME]
    assert machine.part() == 0


def test_what_it_fetches_is_shown_before_anything_is_fetched(machine: Machine) -> None:
    machine.server.status = 404
    done = machine.models("pull", machine.manifest)
    for shown in (f"{machine.server.url}/pack.zip", "MB, SHA-256 ", "for this test only", "https://licence.test/"):
        assert shown in done.stdout


def test_a_non_commercial_pack_asks_and_the_acceptance_is_recorded(tmp_path: Path, server: FileServer) -> None:
    machine = Machine(tmp_path, server, non_commercial=True)
    assert "--accept-licence" in machine.refused("pull", machine.manifest)
    assert "--accept-licence" in machine.refused("pull", machine.manifest, "--from", machine.cache)
    assert server.asked == []
    done = machine.models("pull", machine.manifest, "--accept-licence")
    assert done.returncode == 0, done.stderr
    (line,) = (machine.cache / "packs" / "accepted-licences.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["accepted_by"], entry["pack"], entry["licences"]) == (system_user(), NAME, ["for this test only"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", entry["accepted_at"])


def test_bad_input_and_bad_networks_are_one_line_and_exit_code_2(tmp_path: Path, machine: Machine) -> None:
    assert "there are: buffalo_l" in machine.refused("pull", "buffalo")
    assert "nowhere.toml" in machine.refused("pull", tmp_path / "nowhere.toml")
    assert "neither a folder nor a zip" in machine.refused("pull", machine.manifest, "--from", tmp_path / "stick")
    machine.server.status = 503
    assert "the server answers 503" in machine.refused("pull", machine.manifest)
    machine.server.status = 200
    machine.server.files["/pack.zip"] = machine.archive[::-1]
    assert "was changed there or on the way" in machine.refused("pull", machine.manifest)
    machine.server.files.clear()
    assert "--from FOLDER_OR_ZIP" in machine.refused("pull", machine.manifest)


def test_a_disk_that_is_full_leaves_no_pack_and_is_gone_on_with_once_there_is_room(machine: Machine) -> None:
    assert "no room for pack" in machine.refused("pull", machine.manifest, within_bytes=1_000_000)
    held = machine.part()
    assert 0 < held <= 1_000_000
    done = machine.models("pull", machine.manifest)
    assert done.returncode == 0, done.stderr
    assert machine.server.asked[-1] == f"bytes={held}-"


def test_a_pack_is_carried_to_a_machine_without_a_network(tmp_path: Path, machine: Machine) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "pack.zip").write_bytes(machine.archive)
    assert machine.models("pull", machine.manifest, "--from", tmp_path / "stick").returncode == 0
    assert machine.server.asked == []


def test_listing_and_checking_ask_no_network_and_show_what_can_be_pulled(machine: Machine) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        machine.environment[name] = machine.server.url
    machine.environment.pop("NO_PROXY")
    listed = machine.models("list").stdout
    assert re.search(r"buffalo_l +288\.6 MB +InsightFace model weights: non-commercial research only", listed)
    assert re.search(r"opencv-zoo +38\.9 MB +MIT", listed)
    assert machine.models("check", "starter").returncode == 0
    assert "buffalo_sc" in machine.refused("pull", "buffalo_sc")
    assert machine.server.asked == []


def test_the_bar_fits_into_a_terminal_of_80_columns(machine: Machine) -> None:
    pty = pytest.importorskip("pty", reason="a terminal of its own is POSIX")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {name: value for name, value in machine.environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    machine.server.cut_after = [500_000]
    with subprocess.Popen(
        machine.command("pull", machine.manifest),
        env=environment | {"TERM": "xterm-256color"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ):
        os.close(theirs)
        drawn = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:
                break
            if not more:
                break
            drawn += more
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    bars = [line for line in re.split(r"[\r\n]+", plain) if "pack.zip" in line]
    assert any(re.search(r"pack\.zip .*\d/\d+\.\d MB", line) for line in bars), plain
    assert max(len(line) for line in bars) <= 80
    assert "going on from there" in plain
