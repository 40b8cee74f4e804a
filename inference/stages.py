"""Where the time of a frame goes, stage by stage. A worker writes it down only where $OPENLFR_STAGES names a file.

The file holds one line of JSON for each frame: times and counts, nothing of anybody in it.
"""

import os
import time
from pathlib import Path

import msgspec

VARIABLE = "OPENLFR_STAGES"
STAGES = ("cut", "detect", "track", "align", "embed", "search")
"""In their order. cut: whether the video cut to another scene; align: which faces are looks, with their crops; embed:
with the portraits that are kept for an alert; search: with the decision."""


class Laps:
    """A stopwatch: how long each stage of one camera's newest frame took."""

    def __init__(self) -> None:
        self.ns = dict.fromkeys(STAGES, 0)
        self._at = 0

    def begin(self) -> None:
        self._at = time.perf_counter_ns()

    def lap(self, stage: str) -> None:
        """The stage that ends now."""
        now = time.perf_counter_ns()
        self.ns[stage], self._at = now - self._at, now


class FrameTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One frame. `..._at`: nanoseconds since the Unix epoch by the machine's clock."""

    camera: str
    seq: int
    captured_at: int
    taken_at: int
    """When the worker took it: what lies between is the way there, and waiting."""
    done_at: int
    """When it was searched, its candidates were on their way, and its tiles were made."""
    faces: int
    candidates: int
    ns: dict[str, int]
    """By stage."""


class StageLog:
    def __init__(self, file: Path) -> None:
        """Raises OSError where the file cannot be written."""
        self._file = file.open("ab", buffering=0)

    def write(self, times: FrameTimes) -> None:
        self._file.write(msgspec.json.encode(times) + b"\n")

    def close(self) -> None:
        self._file.close()


def asked_for() -> StageLog | None:
    """The log that the environment asks for. Raises OSError where its file cannot be written."""
    name = os.environ.get(VARIABLE)
    return StageLog(Path(name)) if name else None


def read_log(file: Path) -> list[FrameTimes]:
    """What was written; the last line of a worker that was killed may be cut off, and is left out."""
    lines = file.read_bytes().split(b"\n")[:-1]
    decoder = msgspec.json.Decoder(FrameTimes)
    return [decoder.decode(line) for line in lines]
