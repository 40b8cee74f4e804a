"""Sides of a comparison in turns, A B A B, each in a process of its own: none leaves caches or memory to another.

sides = {"ours": lambda: apart(replayed, clip=str(clip)), "plain": lambda: apart(plain_loop, clip=str(clip))}
runs = in_turns(sides, rounds=3)
ratios([run.figures["wall_s"] for run in runs["plain"]], [run.figures["wall_s"] for run in runs["ours"]])
"""

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.report import BenchmarkError
from rig.progress import progress

ROOT = Path(__file__).parent.parent
MODULE = "benchmarks.turns"
CANNOT = 2
"""Exit code of a process whose function raised BenchmarkError."""


@dataclass(frozen=True)
class Ran:
    """What a function gave that ran in a process of its own."""

    figures: dict[str, Any]
    wall_s: float
    """Of the whole process, with Python's start and every import."""
    cpu_s: float
    """Of the process and of those that it started and waited for."""
    peak_mib: float
    """Most memory of the process itself."""


def apart(function: Callable[..., Mapping[str, Any]], **arguments: Any) -> Ran:
    """Call a function of a benchmark's module in a new process: keyword arguments and answer are values of JSON.

    Raises BenchmarkError, with what the process said last, where it fails.
    """
    with tempfile.TemporaryDirectory(prefix="openlfr-") as name:
        given, answer = Path(name) / "given.json", Path(name) / "answer.json"
        where = f"{function.__module__}:{function.__qualname__}"
        given.write_bytes(msgspec.json.encode(arguments, enc_hook=str))
        began = time.perf_counter()
        with (Path(name) / "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE, where, str(given), str(answer)],
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
            )
            # wait4: the time and the peak of this process, not of all that ever ran.
            try:
                _, status, used = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
            wall_s = time.perf_counter() - began
            if process.returncode or not answer.is_file():
                said.seek(0)
                last = [line for line in said.read().splitlines() if line.strip()][-1:] or ["it said nothing"]
                told = process.returncode == CANNOT
                raise BenchmarkError(last[0] if told else f"{function.__name__} failed: {last[0]}")
        scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return Ran(
            figures=msgspec.json.decode(answer.read_bytes(), type=dict[str, Any]),
            wall_s=wall_s,
            cpu_s=used.ru_utime + used.ru_stime,
            peak_mib=used.ru_maxrss / scale,
        )


def in_turns(sides: Mapping[str, Callable[[], Ran]], rounds: int) -> dict[str, list[Ran]]:
    """Every side once a round, in the order given."""
    runs: dict[str, list[Ran]] = {name: [] for name in sides}
    with progress(", ".join(sides)) as tick:
        for number in range(rounds):
            for name, run in sides.items():
                tick(number, rounds)
                runs[name].append(run())
    return runs


def main() -> None:
    where, given, answer = sys.argv[1:]
    module, _, name = where.partition(":")
    function = getattr(importlib.import_module(module), name)
    try:
        found = function(**msgspec.json.decode(Path(given).read_bytes()))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        sys.exit(CANNOT)
    Path(answer).write_bytes(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
