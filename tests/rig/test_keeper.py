"""Keeping real processes alive."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from rig.keeper import Keeper
from wire.clock import SystemClock

WAIT_S = 30.0


@pytest.fixture
def keep() -> Iterator[Callable[[str], Keeper]]:
    """Makes a keeper of a Python program given as text."""
    kept: list[Keeper] = []

    def make(program: str) -> Keeper:
        keeper = Keeper("test", [], SystemClock())
        keeper._arguments = [sys.executable, "-c", program]
        kept.append(keeper)
        return keeper

    yield make
    for keeper in kept:
        keeper.stop()
        keeper.wait()


def until(keeper: Keeper, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"{keeper.name} is {keeper.state}"
        keeper.poll()
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_killed_process_is_started_again_and_counted(keep: Callable[[str], Keeper]) -> None:
    keeper = keep("import time; time.sleep(600)")
    until(keeper, lambda: keeper.state == "running")
    first = keeper.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(keeper, lambda: keeper.state == "running" and keeper.pid != first)
    assert keeper.restarts == 1


def test_a_process_that_cannot_use_its_configuration_is_not_started_again(keep: Callable[[str], Keeper]) -> None:
    keeper = keep("raise SystemExit(2)")
    until(keeper, lambda: keeper.state == "failed")
    keeper.poll()
    assert keeper.pid is None
    assert keeper.restarts == 0


def test_a_process_that_ends_at_once_is_tried_again_with_growing_pauses(keep: Callable[[str], Keeper]) -> None:
    keeper = keep("raise SystemExit(1)")
    until(keeper, lambda: keeper.restarts == 2)
    first = keeper._pause
    until(keeper, lambda: keeper.restarts == 3)
    assert keeper._pause > first


def test_a_process_that_ignores_the_request_to_stop_is_killed(
    keep: Callable[[str], Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.keeper.STOP_WITHIN_S", 0.2)
    keeper = keep("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    until(keeper, lambda: keeper.state == "running")
    pid = keeper.pid
    assert pid is not None
    keeper.stop()
    keeper.wait()
    assert gone(pid)
    assert keeper.state == "stopped"
