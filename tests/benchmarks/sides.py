"""Sides for the tests of turns: functions that a process of their own can import."""

import os

from benchmarks.report import BenchmarkError


def whoami(answer: int) -> dict[str, int]:
    return {"answer": answer, "process": os.getpid()}


def missing() -> dict[str, int]:
    raise BenchmarkError("the thing is not there: fetch it")


def broken() -> dict[str, int]:
    raise ZeroDivisionError("nothing to divide by")
