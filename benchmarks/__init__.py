"""The benchmarks: `openlfr bench NAME`, each a module named after its subject.

A module's docstring says what is measured, against what, and how to read it. It has

    def add_arguments(parser: argparse.ArgumentParser) -> None      its own options; --json and --quick are given
    def measure(options: argparse.Namespace) -> Result              `options.quick`: the sizes of `make bench`

and raises `benchmarks.report.BenchmarkError` where it cannot run here: one sentence, what is missing and what to do.
"""

from collections.abc import Mapping

BENCHMARKS: Mapping[str, tuple[str, str]] = {
    "pipeline": ("frames a second, beside the plain insightface loop", "8 min"),
    "overhead": ("a replay's time over that of its model calls alone", "3 min"),
    "start": ("from `openlfr run` to the first searched frame", "3 min"),
    "enrolment": ("pictures a second, beside insightface", "2 min"),
    "search": ("exact and HNSW by length of the list", "8 min"),
    "transport": ("1080p frames a second between two processes", "2 min"),
    "latency": ("from a frame's capture to its alert on the tablet", "5 min"),
    "tablet": ("from an alert's storing to its drawing on five tablets", "4 min"),
    "oxford-circus": ("12,120 passages, a list of 9,756, live", "100 min"),
    "watchlist-import": ("10,000 entries: import, build, load", "30 min"),
}
"""Name, what it measures, and how long it takes on two cores without --quick; in the order of `make bench`."""

LONG = ("watchlist-import",)
"""Not part of `make bench`."""
