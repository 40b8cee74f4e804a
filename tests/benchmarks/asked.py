"""A benchmark as a user runs it: the command, and the JSON that it writes."""

from pathlib import Path

import msgspec

from benchmarks.report import Figure, Result, Spread
from rig.cli import main


def bench(folder: Path, name: str, *given: str) -> Result:
    """Run `openlfr bench NAME`, which must succeed, and read what it wrote."""
    file = folder / f"{name}.json"
    assert main(["bench", name, "--json", str(file), *given]) == 0
    return msgspec.json.decode(file.read_bytes(), type=Result)


def median(figure: Figure) -> float:
    assert isinstance(figure, Spread)
    return figure.median
