"""What every benchmark hands back: on which machine, with which versions and pack, what was compared, and the figures.

    rows = [{"clip": "sitcom-table", "frames/s": spread([31.2, 30.8, 31.5]), "dropped": 0}]
    result = new_result("pipeline", "our pipeline against the plain loop", [Table("Throughput", rows)], pack=pack)
    show(result)
    write_json(result, Path("pipeline.json"))

A figure is text, a number, a `Spread` of several rounds, or None where it was not measured. Sides that are compared run
in turns, each in a process of its own: `benchmarks.turns`.
"""

import importlib.metadata
import itertools
import os
import platform
import re
import statistics
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from inference.pack import Pack
from records.times import to_text, utc_now

WIDTH = 80
PACKAGES = (
    "onnxruntime",
    "opencv-python",
    "numpy",
    "pyzmq",
    "hnswlib",
    "insightface",
    "uniface",
    "face_recognition",
    "faiss-cpu",
    "usearch",
)
"""Those that are installed are named."""
NONE = "-"


class BenchmarkError(ValueError):
    """A benchmark that cannot run here; the message says what is missing and what to do."""


class Spread(msgspec.Struct, frozen=True):
    """One figure over all rounds."""

    median: float
    low: float
    high: float
    values: tuple[float, ...]
    """In the order of the rounds."""


Figure = str | int | float | Spread | None


class Table(msgspec.Struct, frozen=True):
    """Rows with the same columns, in the order of the first row's keys."""

    title: str
    rows: Sequence[Mapping[str, Figure]]
    note: str = ""
    """What must be known to read it."""


class Machine(msgspec.Struct, frozen=True):
    """What the platform says of itself; never its name in the network."""

    cpu: str
    cores: int
    """That this process may use."""
    memory_gib: float | None
    system: str
    python: str
    load: float | None
    """Processes that wanted a core, on average over the minute before: figures of a busy machine are worth little."""


class PackUsed(msgspec.Struct, frozen=True):
    name: str
    version: str
    detector: str
    """SHA-256 of the model file."""
    recogniser: str
    """SHA-256 of the model file."""


class Result(msgspec.Struct, frozen=True):
    """One run of one benchmark."""

    name: str
    compared: str
    """What against what, in one sentence."""
    finished_at: str
    machine: Machine
    versions: Mapping[str, str]
    pack: PackUsed | None
    rounds: int
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    """What a reader must know, one sentence each: what was skipped and why, what is not counted."""


def new_result(
    name: str,
    compared: str,
    tables: Sequence[Table],
    *,
    pack: Pack | None = None,
    rounds: int = 1,
    notes: Sequence[str] = (),
) -> Result:
    """Of this machine, now. `openlfr bench` puts the machine's load of before the benchmark in its place."""
    used = None
    if pack is not None:
        used = PackUsed(pack.name, pack.version, pack.detector.sha256, pack.recogniser.sha256)
    return Result(
        name=name,
        compared=compared,
        finished_at=to_text(utc_now()),
        machine=this_machine(),
        versions=versions(),
        pack=used,
        rounds=rounds,
        tables=tables,
        notes=notes,
    )


def spread(values: Sequence[float]) -> Spread:
    """Of at least one round, to six digits."""
    each = tuple(float(f"{value:.6g}") for value in values)
    return Spread(statistics.median(each), min(each), max(each), each)


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Pair by pair, each round's `over` by the same round's `under`: what slowed both in one round cancels out."""
    return spread([first / second for first, second in zip(over, under, strict=True)])


def this_machine() -> Machine:
    return Machine(
        cpu=_cpu(),
        cores=cores(),
        memory_gib=_memory_gib(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Of the installed ones; openlfr's own first."""
    found = {}
    for name in ("openlfr", *packages):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write_json(result: Result, file: Path) -> None:
    """Raises BenchmarkError where the file cannot be written."""
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    except OSError as error:
        raise BenchmarkError(f"{file}: cannot be written ({error.strerror})") from error


def show(result: Result) -> None:
    """The result as text on standard output."""
    print(text(result))


def text(result: Result) -> str:
    """No line is longer than 80 columns, but for a single cell that is."""
    machine = result.machine
    memory = "" if machine.memory_gib is None else f", {machine.memory_gib:.1f} GiB"
    head = [
        f"{result.name}: {result.compared}",
        f"{machine.cpu}, {machine.cores} cores{memory}, {machine.system}, {machine.python}",
        ", ".join(f"{name} {number}" for name, number in result.versions.items()),
    ]
    if result.pack is not None:
        pack = result.pack
        head.append(
            f"pack {pack.name} {pack.version}, detector {pack.detector[:12]}, recogniser {pack.recogniser[:12]}"
        )
    rounds = (
        "one round" if result.rounds == 1 else f"{result.rounds} rounds: the median, and from the least to the most"
    )
    head.append(rounds)
    if machine.load is not None and machine.load > 0.3 * machine.cores:
        head.append(f"The machine was busy (load {machine.load:.1f}): these figures are worth little.")
    parts = ["\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in head)]
    parts += [_table(table) for table in result.tables if table.rows]
    parts += [textwrap.fill(note, WIDTH) for note in result.notes]
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    """Columns side by side as long as they fit; the others below, with the columns of text that come first again."""
    columns = list(table.rows[0])
    cells = {column: [column, *(written(row.get(column)) for row in table.rows)] for column in columns}
    widths = {column: max(map(len, cells[column])) for column in columns}
    texts = {column for column in columns if any(isinstance(row.get(column), str) for row in table.rows)}
    names = list(itertools.takewhile(texts.__contains__, columns)) or columns[:1]
    blocks = [list(names)]
    for column in columns[len(names) :]:
        if sum(widths[one] + 2 for one in (*blocks[-1], column)) - 2 > WIDTH and blocks[-1] != names:
            blocks.append(list(names))
        blocks[-1].append(column)
    drawn = []
    for block in blocks:
        lines = [
            "  ".join(
                cells[one][line].ljust(widths[one]) if one in texts else cells[one][line].rjust(widths[one])
                for one in block
            ).rstrip()
            for line in range(len(table.rows) + 1)
        ]
        drawn.append("\n".join(lines))
    title = [textwrap.fill(table.title, WIDTH)] if table.title else []
    note = [textwrap.fill(table.note, WIDTH)] if table.note else []
    return "\n".join([*title, "\n\n".join(drawn), *note])


def written(figure: Figure) -> str:
    """A figure in a cell: three digits that mean something, counts in full."""
    match figure:
        case None:
            return NONE
        case str():
            return figure
        case int():
            return f"{figure:,}"
        case Spread():
            if len(figure.values) == 1:
                return _number(figure.median)
            return f"{_number(figure.median)} ({_number(figure.low)}-{_number(figure.high)})"
        case _:
            return _number(figure)


def _number(value: float) -> str:
    size = abs(value)
    return (
        f"{value:,.0f}"
        if size >= 100
        else f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 1
        else f"{value:.3f}"
    )


def _cpu() -> str:
    said = ""
    if sys.platform == "linux":
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        said = found[1] if found else ""
    elif sys.platform == "darwin":
        asked = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
        )
        said = asked.stdout.strip()
    return said or platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    names: Any = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
