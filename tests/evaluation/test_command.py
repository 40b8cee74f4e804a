"""`openlfr evaluate` on real pictures: figures, plots and page, the same bytes every time."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PEOPLE, SINGLES = 12, 20


@pytest.fixture(scope="module")
def labels(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures each of some people, one each of others."""
    with (shared / "data" / "lfw" / "images.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["label_note"]]
    by_person: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_person.setdefault(row["identity"], []).append(row)
    several = [found[:2] for found in by_person.values() if len(found) > 1][:PEOPLE]
    single = [found for found in by_person.values() if len(found) == 1][:SINGLES]
    path = tmp_path_factory.mktemp("labels") / "images.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["path", "identity", "gender"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for found in [*several, *single] for row in found)
    return path


def evaluate(shared: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rig", "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=150)


@pytest.fixture(scope="module")
def done(shared: Path, labels: Path) -> subprocess.CompletedProcess[str]:
    out = labels.parent
    common = ("--root", shared / "data" / "lfw", "--pack", shared / "models" / "lab-mbf", "--face", "central")
    return evaluate(
        shared, labels, *common, "--group", "gender", "--draws", "2", "--baseline", "--cache", out / "cache",
        "--json", out / "one.json", "--plots", out / "plots", "--suspects", out / "suspects.csv",
    )  # fmt: skip


def test_figures_are_printed_within_80_columns(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert done.stdout.startswith("With a list of 6 and threshold")
    for title in ("Open-set identification", "Failure to enrol", "Verification", "By gender", "too few to say"):
        assert title in done.stdout


def test_json_names_pack_contract_and_versions_and_both_paths(
    done: subprocess.CompletedProcess[str], labels: Path
) -> None:
    found = json.loads((labels.parent / "one.json").read_text())
    assert (found["format"], found["pack"]) == (1, "lab-mbf")
    assert re.fullmatch("[0-9a-f]{64}", found["contract"])
    assert {"numpy", "onnxruntime", "insightface"} <= found["versions"].keys()
    assert found["data"]["pictures"] == 2 * PEOPLE + SINGLES
    for side in ("ours", "baseline"):
        point = found[side]["points"]["FPIR 1 %"]
        assert point["mated"] == 6
        assert point["tpir"] > 0.8
    assert str(labels.parent) not in (labels.parent / "one.json").read_text()


def test_the_same_command_again_writes_the_same_bytes(
    done: subprocess.CompletedProcess[str], shared: Path, labels: Path
) -> None:
    out = labels.parent
    again = evaluate(
        shared, labels, "--root", shared / "data" / "lfw", "--pack", shared / "models" / "lab-mbf", "--face", "central",
        "--group", "gender", "--draws", "2", "--baseline", "--cache", out / "cache",
        "--json", out / "two.json", "--plots", out / "plots2",
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert (out / "one.json").read_bytes() == (out / "two.json").read_bytes()
    names = {path.name for path in (out / "plots").iterdir()}
    assert names == {path.name for path in (out / "plots2").iterdir()}
    assert {"identification.svg", "verification.svg", "scores.svg", "group-gender.svg", "results.html"} <= names
    for name in names:
        assert (out / "plots" / name).read_bytes() == (out / "plots2" / name).read_bytes()


def test_the_page_needs_nothing_from_elsewhere(done: subprocess.CompletedProcess[str], labels: Path) -> None:
    text = (labels.parent / "plots" / "results.html").read_text("utf-8")
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\((?!#)", text)
    assert not re.search(r'(?:src|href)="(?!#)', text.replace("http://www.w3.org", ""))
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == text.count('role="img"') >= 4
    assert "OpenLFR" in text
    assert "insightface" in text


def test_suspects_are_pairs_for_a_person_to_look_at(done: subprocess.CompletedProcess[str], labels: Path) -> None:
    with (labels.parent / "suspects.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["labelled"] for row in rows} == {"different people", "same person"}
    assert all((row["identity"] == row["other_identity"]) == (row["labelled"] == "same person") for row in rows)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--list-size", "0"], "--list-size must be at least 1"),
        (["--list-size", "999"], "give a smaller --list-size"),
        (["--threshold", "2"], "--threshold is a cosine"),
        (["--group", "camera"], "no column 'camera'"),
        (["--enrol-only", "view"], "--enrol-only is COLUMN=GLOB"),
        (["--pad", "-1"], "--pad is a share"),
        (["--set", "eyes=9"], "the pipeline has no setting 'eyes'"),
        (["--set", "agreement=3"], "agreement has no effect here"),
        (["--set", "min_eye_distance=near"], "--set: Expected `float`"),
        (["--set", "min_eye_distance=9", "--no-floor"], "give one of them"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    done: subprocess.CompletedProcess[str], shared: Path, labels: Path, arguments: list[str], fault: str
) -> None:
    found = evaluate(
        shared, labels, "--root", shared / "data" / "lfw", "--pack", shared / "models" / "lab-mbf", "--face", "central",
        "--cache", labels.parent / "cache", *arguments,
    )  # fmt: skip
    assert found.returncode == 2
    assert fault in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_the_floor_can_be_set_and_is_told(
    done: subprocess.CompletedProcess[str], shared: Path, labels: Path, tmp_path: Path
) -> None:
    found = evaluate(
        shared, labels, "--root", shared / "data" / "lfw", "--pack", shared / "models" / "lab-mbf", "--face", "central",
        "--cache", labels.parent / "cache", "--draws", "2", "--set", "min_eye_distance=60",
        "--json", tmp_path / "a.json",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    usual, strict = (json.loads(path.read_text()) for path in (labels.parent / "one.json", tmp_path / "a.json"))
    assert (usual["floor"]["min_eye_distance"], strict["floor"]["min_eye_distance"]) == (14.0, 60.0)
    assert usual["ours"]["acquisition"]["missing"] == 0
    # Faces of LFW have about 40 pixels between the eyes.
    assert strict["ours"]["acquisition"]["reasons"]["too small"] > 20


def test_a_pack_that_insightface_cannot_load_is_said_to_be_one(shared: Path, labels: Path) -> None:
    found = evaluate(
        shared, labels, "--root", shared / "data" / "lfw", "--pack", shared / "models" / "yunet-mfn", "--baseline"
    )
    assert found.returncode == 0
    assert "No baseline: insightface cannot load pack yunet-mfn" in " ".join(found.stdout.split())


def test_matplotlib_is_loaded_for_plots_only() -> None:
    code = "import sys, evaluation.measuring, evaluation.plots, rig.cli; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
