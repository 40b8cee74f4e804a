"""`openlfr calibrate` as people type it, on some of the development people with the starter pack."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from inference.calibration import read_calibration
from inference.catalogue import SHIPPED, find_pack
from rig.cli import main


@pytest.fixture(scope="module")
def labels(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """130 people, 35 of them in two pictures; one picture whose label is doubted."""
    rows = list(csv.DictReader((shared / "data" / "lfw" / "images.csv").read_text("utf-8").splitlines()))
    counts = Counter(row["identity"] for row in rows)
    pairs = [name for name in counts if counts[name] == 2][:35]
    chosen = {*pairs, *[name for name in counts if counts[name] == 1][:95]}
    file = tmp_path_factory.mktemp("labels") / "people.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(("path", "identity", "label_note"))
        writer.writerows((row["path"], row["identity"], row["label_note"]) for row in rows if row["identity"] in chosen)
        doubted = next(row for row in rows if counts[row["identity"]] > 2)
        writer.writerow((doubted["path"], doubted["identity"], "somebody else"))
    return file


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("features")


def command(labels: Path, shared: Path, cache: Path, *more: str) -> list[str]:
    root = str(shared / "data" / "lfw")
    return ["calibrate", str(labels), "--root", root, "--pack", "starter", "--cache", str(cache), *more]


def test_a_calibration_is_measured_written_and_used(
    labels: Path,
    shared: Path,
    cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENLFR_CACHE", str(tmp_path / "cache"))
    shipped = find_pack("starter").threshold(600)
    assert main(command(labels, shared, cache, "--face", "central", "--name", "some people", "--write")) == 0
    told = capsys.readouterr().out
    assert max(map(len, told[: told.index("Written:")].splitlines())) <= 80
    contract = find_pack("starter").contract
    assert f"Written: {tmp_path / 'cache' / 'calibrations' / contract}.toml" in told
    assert "1 in 6,000" in told
    assert "extrapolated" in told
    found = find_pack("starter").threshold(600)
    assert "some people" in found.origin
    assert found != shipped
    made = find_pack("starter").calibration
    assert made is not None
    assert made.pictures + made.refused == 165
    assert f"{made.threshold[0].threshold:.3f}" in told

    again = tmp_path / "again.toml"
    assert main(command(labels, shared, cache, "--face", "central", "--name", "some people", "--out", str(again))) == 0
    assert read_calibration(again, contract) == made


def test_pictures_with_a_note_of_ones_own_are_left_out(
    labels: Path, shared: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [row["path"] for row in csv.DictReader(labels.read_text("utf-8").splitlines()) if not row["label_note"]]
    notes, out = tmp_path / "notes.csv", tmp_path / "calibration.toml"
    notes.write_text("path,label_note\n" + "".join(f"{path},not this person\n" for path in known[:3]), "utf-8")
    options = ("--face", "central", "--notes", str(notes), "--out", str(out))
    assert main(command(labels, shared, cache, *options)) == 0
    capsys.readouterr()
    made = read_calibration(out, find_pack("starter").contract)
    assert made.pictures + made.refused == 162


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert says in told.err


def test_bad_input_is_one_line(
    labels: Path, shared: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = command(labels, shared, cache)
    refused(capsys, [*begin, "--pack", "nobody"], "no model pack named nobody")
    refused(capsys, [*begin, "--list-size", "0"], "--list-size must be")
    refused(capsys, [*begin, "--fpir", "2"], "--fpir is a rate")
    refused(capsys, [*begin, "--name", "a\nb"], "--name is")
    refused(capsys, ["calibrate", str(tmp_path / "none.csv"), "--pack", "starter"], "none.csv: cannot be read")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("file,who\na.jpg,b\n", "utf-8")
    refused(capsys, ["calibrate", str(wrong), "--pack", "starter"], "no column 'path'")


def test_too_few_people_are_one_line(
    labels: Path, shared: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = tmp_path / "few.csv"
    few.write_text("".join(labels.read_text("utf-8").splitlines(keepends=True)[:21]), "utf-8")
    refused(capsys, command(few, shared, cache, "--face", "central"), "needs at least 100 and 30")


def test_a_pack_with_an_edited_calibration_starts_nothing(
    labels: Path, shared: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "starter"
    shutil.copytree(SHIPPED / "starter", folder)
    path = folder / "calibration.toml"
    path.write_text(path.read_text("utf-8").replace("people = 879", "people = 8790"), "utf-8")
    refused(capsys, [*command(labels, shared, cache), "--pack", str(folder)], "changed after it was measured")
    refused(capsys, ["models", "check", str(folder)], "changed after it was measured")
