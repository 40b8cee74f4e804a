"""Whole rigs for benchmarks: a rig file, a list filled with people who do not exist, and the real processes.

with LiveRig(rig_file) as rig:              # the alerts service, the worker, the tablet's server: ready to search
    rig.start_cameras()
    rig.until(lambda: rig.produced() >= 500, "500 frames", patience_s=60)
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from benchmarks.memory import resident_mib
from benchmarks.report import BenchmarkError
from capture.watch import CaptureWatcher
from inference.pack import Pack
from inference.stages import VARIABLE
from records.database import open_database
from records.schema import CameraCount, ProcessState
from rig.config import load
from rig.logs import LEVEL
from rig.serving import SELF_CHECK
from rig.supervisor import Supervisor

READY_WITHIN_S = 300.0
"""A list of ten thousand is sealed, loaded and tried in this time."""
ROUND_S = 0.05


def percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share * 100))


def percentiles(values: Sequence[float], unit: str = "ms") -> dict[str, float | int | None]:
    """How many, and p50, p95, p99 and the most of them; None where there are none."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
    found = {f"{name} {unit}": percentile(values, share) if values else None for name, share in shares.items()}
    return {"n": len(values), **found}


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def write_rig(
    folder: Path,
    watchlist: Path,
    pack: Pack,
    cameras: Mapping[str, Path],
    *,
    pace: str = "live",
    loop: bool = True,
    expire_s: float = 300.0,
    port: int = 0,
) -> Path:
    """The rig file of a test deployment; `cameras` are recordings by name. `port`: of the tablet's page; 0: any."""
    quoted = json.dumps  # a JSON string is a TOML basic string
    text = f"""name = "benchmark"
data = {quoted(str(folder))}
run = {quoted(str(folder / "run"))}
[deployment]
name = "Benchmark"
[watchlist]
folder = {quoted(str(watchlist))}
[inference]
pack = {quoted(str(pack.folder))}
[alerts]
expire_seconds = {expire_s}
[tablet]
port = {port}
"""
    for name, clip in cameras.items():
        text += f"""[[camera]]
name = {quoted(name)}
source = {quoted(f"file:{clip}")}
pace = "{pace}"
loop = {str(loop).lower()}
"""
    rig_file = folder / "rig.toml"
    rig_file.write_text(text, encoding="utf-8")
    return rig_file


@dataclass(frozen=True)
class Memory:
    """What the rig's processes hold, MiB, by their names."""

    at_s: float
    """Since the cameras were started."""
    mib: Mapping[str, float]


class LiveRig:
    """A rig's supervisor and all its processes. Its cameras are started when the worker is ready for them, so that
    nothing is lost before."""

    def __init__(self, rig_file: Path, stages: Path | None = None) -> None:
        """`stages`: file for the times of each frame, see `inference.stages`."""
        self.config = load(rig_file)
        self.began_at = time.monotonic()
        os.environ.setdefault(LEVEL, "WARNING")
        if stages is not None:
            os.environ[VARIABLE] = str(stages)
        self._supervisor = Supervisor(self.config, rig_file)
        self.database = open_database(self.config.record)
        self.watchers: Sequence[CaptureWatcher] = self._supervisor.watchers
        self._supervisor.watchers = []

    def __enter__(self) -> "LiveRig":
        try:
            self.until(self._ready, "the worker is ready", READY_WITHIN_S)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._supervisor.stop()
        self.database.close()
        os.environ.pop(VARIABLE, None)

    def start_cameras(self) -> None:
        self.began_at = time.monotonic()
        self._supervisor.watchers = list(self.watchers)

    def stop_cameras(self) -> None:
        self._supervisor.watchers = []
        for watcher in self.watchers:
            watcher.stop()

    def until(self, condition: Callable[[], bool], what: str, patience_s: float, each_s: float = ROUND_S) -> None:
        """Keeps the rig going; asks every `each_s`. Raises BenchmarkError where it takes longer, or a process fails."""
        deadline, ask_at = time.monotonic() + patience_s, 0.0
        while True:
            self._supervisor.poll()
            self._check()
            now = time.monotonic()
            if now >= ask_at:
                ask_at = now + each_s
                if condition():
                    return
            if now > deadline:
                raise BenchmarkError(f"it did not come so far within {patience_s:.0f} s: {what}")
            time.sleep(ROUND_S)

    def memory(self) -> Memory:
        pids = {keeper.name: keeper.pid for keeper in self._supervisor.keepers}
        pids |= {f"capture {watcher.camera}": watcher.pid for watcher in self.watchers}
        held = {}
        for name, pid in pids.items():
            # One that is being started again holds none.
            with suppress(subprocess.CalledProcessError):
                held.update({} if pid is None else {name: resident_mib(pid)})
        return Memory(time.monotonic() - self.began_at, held)

    def restarts(self) -> int:
        """Of all processes: more than none is a fault of the rig."""
        processes = sum(keeper.restarts for keeper in self._supervisor.keepers)
        return processes + sum(watcher.restarts for watcher in self.watchers)

    def produced(self) -> int:
        """Pictures that the cameras gave, by their own count."""
        return sum(watcher.frames for watcher in self.watchers)

    def counts(self) -> list[CameraCount]:
        with self.database.read() as session:
            return list(session.query(CameraCount))

    def settle(self, patience_s: float = 30.0) -> None:
        """Until the record has not changed for two seconds: what is on its way has arrived."""
        last: list[tuple[int, int, int, int]] = []
        since = time.monotonic()

        def quiet() -> bool:
            nonlocal last, since
            now = [(row.frames, row.produced, row.passages, row.unsearched) for row in self.counts()]
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since > 2.0

        self.until(quiet, "the record is quiet", patience_s, 0.25)

    def _ready(self) -> bool:
        with self.database.read() as session:
            told = session.get(ProcessState, SELF_CHECK)
            if told is not None and told.state == "failed":
                raise BenchmarkError(f"the worker searches for nobody: {told.detail}")
            return told is not None

    def _check(self) -> None:
        failed = [keeper.detail for keeper in self._supervisor.keepers if keeper.state == "failed"]
        failed += [watcher.detail for watcher in self.watchers if watcher.state == "failed"]
        if failed:
            raise BenchmarkError(f"a process of the rig stopped: {failed[0]}")
