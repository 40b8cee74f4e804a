"""The vault of a rig: a key file of a test, a passphrase chosen at a terminal, a key handed over by the supervisor."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from records.database import Database
from records.schema import VaultLock

PASSPHRASE = "seven wet umbrellas"
RIG = """
name = "r"
data = "data"
[deployment]
name = "d"
kind = "operational"
[policy]
file = "{policy}"
[inference]
pack = "starter"
[[camera]]
name = "north"
source = "usb:0"
"""
OPEN = "from pathlib import Path; from rig.config import load; from rig.opening import open_rig\n"
OPEN += "with open_rig(load(Path('rig.toml'))) as rig: print('open', rig.vault.reference_key().hex())"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    policy = Path(__file__).parent.parent.parent / "deploy" / "policy" / "uk.toml"
    (tmp_path / "rig.toml").write_text(RIG.format(policy=policy))
    return tmp_path


def opened(folder: Path, given: str) -> subprocess.CompletedProcess[str]:
    """Through a pipe."""
    return subprocess.run(
        [sys.executable, "-c", OPEN], cwd=folder, input=given, capture_output=True, text=True, check=False, env=_env()
    )


def at_a_terminal(folder: Path, *lines: str) -> str:
    """What a person sees who types these lines."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", OPEN],
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        env=_env(),
    ) as process:
        os.close(follower)
        told = b""
        for line in lines:
            while not told.endswith(b": "):
                told += os.read(leader, 1024)
            told += b"\n"
            os.write(leader, line.encode() + b"\n")
        while True:
            try:
                more = os.read(leader, 1024)
            except OSError:
                break
            if not more:
                break
            told += more
        process.wait(30)
    os.close(leader)
    return told.decode()


def _env() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent)}


def test_a_line_of_a_pipe_never_becomes_the_passphrase_of_a_new_vault(folder: Path) -> None:
    done = opened(folder, f"{PASSPHRASE}\n")
    assert done.returncode != 0
    assert "run this once at a terminal" in done.stderr
    with Database(folder / "data" / "record.db").read() as session:
        assert session.get(VaultLock, 1) is None


def test_a_passphrase_is_chosen_twice_at_a_terminal_and_opens_through_a_pipe_afterwards(folder: Path) -> None:
    assert "the two passphrases differ" in at_a_terminal(folder, PASSPHRASE, "seven dry umbrellas")
    assert "a passphrase has at least" in at_a_terminal(folder, "short", "short")
    first = at_a_terminal(folder, PASSPHRASE, PASSPHRASE)
    assert "open " in first
    assert PASSPHRASE not in first
    again = opened(folder, f"{PASSPHRASE}\n")
    assert again.stdout.split()[1] == first.split("open ")[1].split()[0]
    wrong = opened(folder, "seven dry umbrellas\n")
    assert "this is not the passphrase of the vault" in wrong.stderr
