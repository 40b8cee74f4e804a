"""Capture processes under a watcher, and a worker in a process of its own or in this one."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from capture.settings import CaptureSettings
from capture.watch import CaptureWatcher, State
from wire.clock import SystemClock
from wire.frames import FrameReceiver, ReceivedFrame

DEADLINE_S = 60.0


class Watched:
    """A watcher with the states it went through."""

    def __init__(self, settings: CaptureSettings) -> None:
        self.states: list[tuple[State, str]] = []
        self.watcher = CaptureWatcher(settings, SystemClock(), self._changed)

    def _changed(self, watcher: CaptureWatcher) -> None:
        self.states.append((watcher.state, watcher.detail))

    @property
    def names(self) -> list[State]:
        return [state for state, _ in self.states]

    def until(self, condition: Callable[[], bool]) -> None:
        """Polls until the condition holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen; states: {self.states}"
            self.watcher.poll()
            time.sleep(0.02)

    def next_frame(self, receiver: FrameReceiver) -> ReceivedFrame:
        """The next frame, done at once."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            assert time.monotonic() < deadline, f"no frame came; states: {self.states}"
            self.watcher.poll()
            received = receiver.next(20)
            if received is not None:
                receiver.done(received)
            if isinstance(received, ReceivedFrame):
                return received


@contextmanager
def watched(settings: CaptureSettings) -> Iterator[Watched]:
    one = Watched(settings)
    try:
        yield one
    finally:
        one.watcher.stop()


class WorkerProcess:
    def __init__(self, endpoint: str, notes: Path, milliseconds: int) -> None:
        program = [sys.executable, "-m", "tests.capture.worker_process"]
        self._arguments = [*program, endpoint, str(notes), str(milliseconds)]
        self._notes = notes
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def notes(self) -> list[str]:
        """Whole lines only: a killed worker may have left half a one."""
        text = self._notes.read_text(encoding="ascii") if self._notes.exists() else ""
        return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


@contextmanager
def worker_process(endpoint: str, folder: Path, milliseconds: int) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(endpoint, folder / "notes", milliseconds)
    worker.start()
    try:
        yield worker
    finally:
        worker.kill()
