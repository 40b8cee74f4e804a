"""Our own doubts about labels of the development data: each names a picture that is there."""

import csv
from pathlib import Path

import pytest

from evaluation.labels import read_notes

DOUBTS = Path(__file__).parents[2] / "evaluation" / "doubts"


@pytest.mark.parametrize("data", ["lfw", "utkface-sample"])
def test_each_doubt_names_a_picture_that_its_data_do_not_doubt_already(shared: Path, data: str) -> None:
    rows = csv.DictReader((shared / "data" / data / "images.csv").read_text("utf-8").splitlines())
    plain = {row["path"] for row in rows if not row.get("label_note")}
    notes = read_notes(DOUBTS / f"{data}.csv")
    assert notes
    assert set(notes) <= plain
    assert all(notes.values())
