import os
from pathlib import Path

import pytest

from benchmarks.report import BenchmarkError
from benchmarks.turns import Ran, apart, in_turns
from tests.benchmarks.sides import broken, missing, whoami


def test_a_side_runs_in_a_process_of_its_own() -> None:
    ran = apart(whoami, answer=7)
    assert ran.figures["answer"] == 7
    assert ran.figures["process"] != os.getpid()
    assert ran.cpu_s > 0
    assert ran.peak_mib > 1


def test_a_side_that_cannot_run_here_says_why() -> None:
    with pytest.raises(BenchmarkError, match=r"^the thing is not there: fetch it$"):
        apart(missing)


def test_a_side_that_breaks_is_named_with_what_it_said_last() -> None:
    with pytest.raises(BenchmarkError, match="broken failed: ZeroDivisionError: nothing to divide by"):
        apart(broken)


def test_arguments_longer_than_a_command_line_arrive() -> None:
    with pytest.raises(BenchmarkError, match="unexpected keyword"):
        apart(whoami, answer=1, long=["x" * 1000] * 1000)


def test_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str) -> Ran:
        order.append(name)
        return Ran({"turn": len(order)}, 0.0, 0.0, 0.0)

    runs = in_turns({"a": lambda: side("a"), "b": lambda: side("b")}, rounds=3)
    assert order == ["a", "b"] * 3
    assert [run.figures["turn"] for run in runs["b"]] == [2, 4, 6]


def test_paths_are_passed_as_text(tmp_path: Path) -> None:
    assert apart(whoami, answer=tmp_path).figures["answer"] == str(tmp_path)
