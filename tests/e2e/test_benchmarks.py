"""The benchmarks that start whole rigs, as small as they go: that they come to an end, and that their sums agree."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks import latency, oxford_circus
from benchmarks.report import Result, Table

pytestmark = pytest.mark.rig


def options(add: Callable[[argparse.ArgumentParser], None], *given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.set_defaults(quick=False, json=None)
    add(parser)
    return parser.parse_args(given)


def rows(result: Result, title: str) -> Sequence[Any]:
    table: Table = next(table for table in result.tables if table.title.startswith(title))
    return table.rows


def test_oxford_circus_counts_what_it_showed_and_its_record_reconciles(shared: Path) -> None:
    small = ("--rate", "60", "--minutes", "0.15", "--entries", "40", "--portraits", "6", "--listed-every", "3")
    result = oxford_circus.measure(options(oxford_circus.add_arguments, *small, "--cameras", "2", "--pack", "starter"))
    (passages,), (frames,), (record,) = (rows(result, title) for title in ("Passages", "Frames", "The record"))
    assert passages["shown"] == 10
    assert passages["counted"] + passages["missed"] == 10
    assert passages["counted"] >= 5
    assert passages["listed"] == 3
    assert passages["false"] == 0
    assert record["reconciles"] == "yes"
    assert frames["searched"] + frames["dropped"] + frames["unsearched"] + frames["end"] == frames["given"]
    assert {row["process"] for row in rows(result, "Memory")} >= {"alerts", "infer", "ui", "capture camera 1"}
    assert rows(result, "Age of frames")[0]["n"] == frames["searched"]


def test_latency_tells_where_the_time_of_every_searched_frame_went(shared: Path) -> None:
    small = ("--fps", "12", "--seconds", "8", "--entries", "20", "--pack", "starter")
    result = latency.measure(options(latency.add_arguments, *small))
    (frames,) = rows(result, "Frames")
    stages = {row["stage"]: row for row in rows(result, "Where a frame's time goes")}
    assert frames["searched"] > 0
    assert {row["n"] for name, row in stages.items() if name != "decode"} == {frames["searched"]}
    parts = sum(row["mean"] for name, row in stages.items() if name not in ("decode", "age"))
    assert parts == pytest.approx(stages["age"]["mean"])
    (bound,) = rows(result, "Show 3")
    if bound["alerts"]:
        assert bound["times"] == pytest.approx(bound["p95 ms"] / (bound["detector ms"] + bound["recogniser ms"]))
        assert {row["until"].partition(",")[0] for row in rows(result, "An alert")} >= {"raised", "stored"}
