from pathlib import Path

import pytest

import benchmarks
from benchmarks import BENCHMARKS
from rig.cli import main
from rig.commands import bench

ROOT = Path(__file__).parents[2]


def test_without_a_name_it_lists_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in BENCHMARKS)
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_says_what_it_measures_and_how_to_run_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["bench", name, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    # Once in the line of usage, and again in the text.
    assert said.count(f"openlfr bench {name}") > 1
    assert "--json FILE" in said


def test_an_unknown_benchmark_is_one_line_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "speed"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'speed'" in said
    assert "pipeline" in said


def test_outside_a_checkout_it_says_that_benchmarks_are_in_the_source_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "SOURCE", tmp_path)
    assert main(["bench"]) == 2
    assert "part of the source tree" in capsys.readouterr().err


def test_missing_data_is_one_line_that_says_where_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENLFR_SHARED", str(tmp_path))
    assert main(["bench", "enrolment", "--pack", "starter"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(tmp_path) in said
    assert "OPENLFR_SHARED" in said


def test_all_goes_on_past_what_cannot_run_here_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENLFR_SHARED", str(tmp_path))
    monkeypatch.setattr(benchmarks, "BENCHMARKS", {name: BENCHMARKS[name] for name in ("pipeline", "enrolment")})
    assert main(["bench", "all", "--quick"]) == 0
    said = capfd.readouterr()
    assert "skipped, for the reasons above: pipeline, enrolment" in said.out
    assert said.err.count("openlfr: ") == 2


def test_every_benchmark_is_told_of_in_the_documentation() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert [name for name in BENCHMARKS if f"openlfr bench {name}" not in page] == []


@pytest.mark.parametrize(("name", "given"), [("pipeline", ["--rounds", "0"]), ("transport", ["--frames", "few"])])
def test_a_number_that_cannot_be_is_refused_before_anything_runs(
    name: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["bench", name, *given])
    assert left.value.code == 2
    assert "a whole number of at least" in capsys.readouterr().err
