"""Where benchmarks find pictures and videos: the development data beside the checkout, or in $OPENLFR_SHARED."""

import csv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import BenchmarkError
from inference.catalogue import shared_folder


def data(*parts: str) -> Path:
    """A file or folder of the development data. Raises BenchmarkError."""
    folder = shared_folder() / "data"
    found = folder.joinpath(*parts)
    if not found.exists():
        raise BenchmarkError(
            f"needs {'/'.join(parts)} of the development data; looked for in {folder}: set OPENLFR_SHARED to its place"
        )
    return found


def lfw_pictures() -> Sequence[Path]:
    """Every picture of LFW whose label is not noted as doubtful, in the order of its table. Raises BenchmarkError."""
    table = data("lfw", "images.csv")
    with table.open(newline="", encoding="utf-8") as file:
        return [table.parent / row["path"] for row in csv.DictReader(file) if not row["label_note"]]
