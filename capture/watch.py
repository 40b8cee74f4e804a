"""Watches over one capture process from outside: a read that blocks can only be ended by ending its process."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Literal

import msgspec

from capture.settings import Beat, CaptureSettings, Trouble, Word
from capture.sources import Recording, parse
from records.ids import new_id
from wire.clock import Clock

log = logging.getLogger(__name__)

State = Literal["waiting", "live", "stale", "ended", "failed"]
"""waiting: no picture yet. live: it gives pictures. stale: it gave pictures and is being reopened. ended: the worker
has processed the whole recording. failed: it cannot be used as configured, `detail` says why; not tried again."""

SILENCE_NS = 1_500_000_000
"""Without a beat for this long a process that gave pictures is killed. With the rounds of `poll` within 2 s."""
OPENING_NS = 10_000_000_000
"""So long a process may take to start, to reach its source and to read its first picture."""
FIRST_PAUSE_NS = 500_000_000
LONGEST_PAUSE_NS = 1_500_000_000
"""Short enough for a stream to be shown again within 5 s after it is back."""
STEADY_NS = 10_000_000_000
"""After pictures for this long the next trouble begins with the shortest pause."""
LEAVE_WITHIN_S = 1.0

_BAD_INPUT = 2
_TAIL_BYTES = 4000
_decoder: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)


class CaptureWatcher:
    """Keeps one source's capture process alive. Call `poll` about every 100 ms (it never waits), at last `stop`."""

    def __init__(
        self, settings: CaptureSettings, clock: Clock, on_change: Callable[["CaptureWatcher"], None] = lambda _: None
    ) -> None:
        """`on_change` hears of every change of state. Raises SourceError where the settings name no source at all."""
        self._address = parse(settings.source)
        self._resumes = isinstance(self._address, Recording) and not settings.loop
        self._settings = msgspec.structs.replace(settings, session=new_id()) if self._resumes else settings
        self._clock = clock
        self._on_change = on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._words = b""
        self._tail = b""
        self._trouble = ""
        self._start_at = 0
        self._started_at = 0
        self._beat_at: int | None = None
        self._live_since = 0
        self._pause = FIRST_PAUSE_NS
        self.state: State = "waiting"
        self.detail = ""
        self.restarts = 0
        self.frames = 0
        """Pictures read by the present process."""
        self.dropped = 0
        """Of these, never sent: a newer one had come."""

    @property
    def camera(self) -> str:
        return self._settings.camera

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def poll(self) -> None:
        now = self._clock.monotonic()
        if self._process is None:
            if self.state not in ("ended", "failed") and now >= self._start_at:
                self._start(now)
            return
        code = self._process.poll()
        self._listen(self._process, now)
        if code is not None:
            self._gone(code, now)
        elif now - (self._started_at if self._beat_at is None else self._beat_at) > self._patience():
            self._trouble = self._silence_of(now)
            self._process.kill()

    def stop(self) -> None:
        """Ends the process: asks it, and kills it where it does not leave within a second."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(LEAVE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget_process()

    def _start(self, now: int) -> None:
        # Its own session: Ctrl-C reaches the supervisor alone, which ends all in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "capture"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stdout.fileno(), False)
        os.set_blocking(process.stderr.fileno(), False)
        try:
            # Through the pipe, not on the command line: that is for every user of the machine to read.
            process.stdin.write(msgspec.json.encode(self._settings) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            log.debug("camera %s: its process ended at once", self.camera)
        self._process = process
        self._started_at, self._beat_at = now, None
        self._words, self._tail, self._trouble = b"", b"", ""
        self.frames = self.dropped = 0

    def _listen(self, process: subprocess.Popen[bytes], now: int) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._tail = (self._tail + _read(process.stderr.fileno()))[-_TAIL_BYTES:]
        *lines, self._words = (self._words + _read(process.stdout.fileno())).split(b"\n")
        for line in lines:
            try:
                word = _decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                log.warning("camera %s: its process said something that is no word", self.camera)
                continue
            match word:
                case Beat():
                    self._beat(word, now)
                case Trouble(text=text):
                    self._trouble = text

    def _beat(self, beat: Beat, now: int) -> None:
        if self._beat_at is None:
            self._live_since = now
        self._beat_at = now
        self.frames, self.dropped = beat.frames, beat.dropped
        if self._resumes:
            self._settings = msgspec.structs.replace(self._settings, first=max(self._settings.first, beat.acked + 1))
        if now - self._live_since >= STEADY_NS:
            self._pause = FIRST_PAUSE_NS
        self._change("live", "")

    def _gone(self, code: int, now: int) -> None:
        trouble = self._trouble or self._last_line() or _manner(code)
        self._forget_process()
        if code == 0 and self._resumes:
            self._change("ended", "")
        elif code == _BAD_INPUT:
            log.error("camera %s: %s", self.camera, trouble)
            self._change("failed", trouble)
        else:
            if trouble != self.detail:
                log.warning("camera %s: %s; trying again", self.camera, trouble)
            self.restarts += 1
            self._start_at = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_NS)
            self._change("waiting" if self.state == "waiting" else "stale", trouble)

    def _patience(self) -> int:
        return OPENING_NS if self._beat_at is None else SILENCE_NS

    def _silence_of(self, now: int) -> str:
        if self._beat_at is None:
            return f"{self._address}: no picture within {OPENING_NS / 1e9:.0f} s"
        return f"{self._address}: no picture for {(now - self._beat_at) / 1e9:.1f} s"

    def _last_line(self) -> str:
        """Of what the process wrote to standard error, as after a crash; without the source's address."""
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].replace(self._settings.source, str(self._address)) if lines else ""

    def _forget_process(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()
        self._process = None

    def _change(self, state: State, detail: str) -> None:
        if (state, detail) != (self.state, self.detail):
            self.state, self.detail = state, detail
            self._on_change(self)


def _read(descriptor: int) -> bytes:
    """What a pipe that does not block holds now, at most 1 MiB."""
    try:
        return os.read(descriptor, 1 << 20)
    except BlockingIOError:
        return b""


def _manner(code: int) -> str:
    return f"its process was ended by {signal.Signals(-code).name}" if code < 0 else f"its process ended with {code}"
