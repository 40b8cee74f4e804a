"""Keeps one process of the rig alive: starts it, notices its end, starts it again with back-off, stops it cleanly."""

import contextlib
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Literal

from wire.clock import Clock

log = logging.getLogger(__name__)

State = Literal["starting", "running", "restarting", "stopped", "failed"]

FIRST_PAUSE_NS = 200_000_000
LONGEST_PAUSE_NS = 2_000_000_000
STEADY_NS = 10_000_000_000
"""A process that lived this long starts again at once, with the shortest pause, the next time it ends."""
STARTED_NS = 500_000_000
STOP_WITHIN_S = 5.0
BAD_INPUT = 2
"""Exit code of a process that cannot use what it was given: starting it again would not help."""


class Keeper:
    """`poll()` often (it never waits); `on_change` hears of every change of state."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        clock: Clock,
        on_change: Callable[["Keeper"], None] = lambda _: None,
        secret: bytes = b"",
    ) -> None:
        """`secret` is written into the standard input of each process that is started."""
        self.name = name
        self.state: State = "starting"
        self.detail = ""
        self.restarts = 0
        self._arguments = [sys.executable, "-m", "rig", *arguments]
        self._clock = clock
        self._secret = secret
        self._on_change = on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0
        self._start_at = 0
        self._pause = FIRST_PAUSE_NS

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def poll(self) -> None:
        now = self._clock.monotonic()
        if self._process is None:
            if self.state in ("starting", "restarting") and now >= self._start_at:
                self._start(now)
            return
        code = self._process.poll()
        if code is None:
            if self.state != "running" and now - self._started_at >= STARTED_NS:
                self._change("running", "")
            return
        self._close()
        if code == BAD_INPUT:
            self._change("failed", "it cannot use its configuration; its message stands above")
            return
        lived = now - self._started_at
        self._pause = FIRST_PAUSE_NS if lived >= STEADY_NS else min(2 * self._pause, LONGEST_PAUSE_NS)
        self._start_at = now + self._pause
        self.restarts += 1
        ended = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        log.warning("%s %s; starting it again in %.1f s", self.name, ended, self._pause / 1e9)
        self._change("restarting", ended)

    def stop(self) -> None:
        """Ask it to end; `wait` after all were asked."""
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait for its end, at most STOP_WITHIN_S, then kill it."""
        if self._process is not None:
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop within %.0f s: killed", self.name, STOP_WITHIN_S)
                self._process.kill()
                self._process.wait()
            self._close()
        self._change("stopped", "")

    def _start(self, now: int) -> None:
        # Its own session: Ctrl-C reaches the supervisor alone, which stops all in order. Its standard input is a pipe
        # that ends when the supervisor does, however that died, and the process with it.
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.PIPE, start_new_session=True)
        self._started_at = now
        if self._secret and self._process.stdin is not None:
            # Through the pipe: arguments, environment and files are for others to read.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(self._secret)
                self._process.stdin.flush()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _change(self, state: State, detail: str) -> None:
        if (state, detail) != (self.state, self.detail):
            self.state, self.detail = state, detail
            self._on_change(self)
