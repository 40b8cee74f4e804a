"""Searching lists of 1,000 to 1,000,000 templates: exact and HNSW as the rig has them, usearch and faiss beside.

    openlfr bench search                    up to 100,000 templates
    openlfr bench search --large            1,000,000 too: on two cores the graph of this size takes an hour or more
    openlfr bench search --npy FILE         real templates (n x d, unit rows), as far as they reach, for generated ones

Generated templates have the dimension of the pack's, and strangers are as alike as faces are: the standard deviation of
their cosine is 0.067. One template is one person. A probe is a template moved to exactly the threshold that the pack
has for a list of this length (`watchlist.engine.probes_at`): the hardest case on which an alert depends. Recall is the
share of probes for which everybody at or over the threshold was found (`watchlist.engine.recall`).

Each engine and length runs in a process of its own; BLAS and each library have `--threads` threads, one as in a rig's
worker. p50 and p99 are of one template; `six` is the p50 of six at once, a passage's fused template and its looks. MiB
is what the process grew by from having the templates to being ready to search: with the library's own code, and for
exact search with its own copy of the templates.

How to read it: HNSW is built once; then `ef`, how many templates a search keeps in view, is doubled until no probe is
missed: that row is what a rig could use. The last table says which of the two is faster at recall 1.000. faiss-flat and
usearch-exact look at every template; usearch is its graph as it comes.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.arguments import at_least
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result
from benchmarks.search_engines import ENGINES, run_engine
from benchmarks.turns import apart

QUICK = (1_000, 9_756)
USUAL = (*QUICK, 20_000, 100_000)
LARGE = 1_000_000
PROBES = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--large", action="store_true", help="1,000,000 templates too (8 GiB of memory)")
    parser.add_argument(
        "--size", type=at_least(1), action="append", help="this many templates instead; may be repeated"
    )
    parser.add_argument("--engine", action="append", choices=tuple(ENGINES), help="may be repeated (default: all)")
    parser.add_argument("--pack", help="whose dimension and threshold (default: the best at hand)")
    parser.add_argument("--probes", type=at_least(1), default=PROBES)
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--npy", type=Path, metavar="FILE", help="templates, n x d, unit rows")


def measure(options: argparse.Namespace) -> Result:
    from inference.catalogue import default_pack, find_pack

    pack = find_pack(options.pack) if options.pack else default_pack()
    sizes = options.size or ((*USUAL, LARGE) if options.large else QUICK if options.quick else USUAL)
    rows: list[dict[str, Figure]] = []
    switch: list[dict[str, Figure]] = []
    missing: dict[str, str] = {}
    for size in sizes:
        threshold = pack.threshold(size).value
        for engine in options.engine or ENGINES:
            if engine in missing:
                continue
            try:
                ran = apart(
                    run_engine,
                    engine=engine,
                    count=size,
                    dimension=pack.recogniser.embedding_size,
                    threshold=threshold,
                    probes=options.probes,
                    threads=options.threads,
                    npy=None if options.npy is None else options.npy.absolute(),
                )
            except BenchmarkError as error:
                missing[engine] = str(error)
                continue
            rows += _rows(size, engine, ran.figures)
        switch += _switch(size, threshold, rows)
    if not rows:
        raise BenchmarkError("; ".join(missing.values()))
    return new_result(
        "search",
        f"exact search against HNSW and other libraries, {options.probes} probes at the threshold, {options.threads} "
        f"threads, {'templates of a file' if options.npy else 'generated templates'} of "
        f"{pack.recogniser.embedding_size} values",
        [
            Table("One list, one engine", rows),
            Table("Which is faster at recall 1.000: where the switch should be", switch),
        ],
        pack=pack,
        notes=[f"Left out: {why}" for why in dict.fromkeys(missing.values())],
    )


def _rows(size: int, engine: str, figures: dict[str, Any]) -> list[dict[str, Figure]]:
    return [
        {
            "engine": f"{engine} {trial['setting']}".strip(),
            "templates": size,
            "build s": round(figures["build_s"], 3),
            "MiB": round(figures["mib"], 1),
            "p50 ms": round(trial["p50_ms"], 4),
            "p99 ms": round(trial["p99_ms"], 4),
            "six ms": round(trial["batch_p50_ms"], 4),
            "recall": round(trial["recall"], 4),
        }
        for trial in figures["trials"]
    ]


def _switch(size: int, threshold: float, rows: list[dict[str, Figure]]) -> list[dict[str, Figure]]:
    """Nothing where not both were measured."""
    of_size = [row for row in rows if row["templates"] == size]
    exact = next((row for row in of_size if row["engine"] == "exact"), None)
    graphs = [row for row in of_size if str(row["engine"]).startswith("hnsw")]
    if exact is None or not graphs:
        return []
    # Trials end with the first that misses nothing, or without one.
    last = graphs[-1]
    sure = last["recall"] == 1.0
    faster = sure and _ms(last) < _ms(exact)
    return [
        {
            "faster": "hnsw" if faster else "exact",
            "at": str(last["engine"]) if sure else f"{last['engine']}: still misses",
            "templates": size,
            "threshold": round(threshold, 3),
            "exact p50": exact["p50 ms"],
            "hnsw p50": last["p50 ms"] if sure else None,
            "build s": last["build s"],
        }
    ]


def _ms(row: dict[str, Figure]) -> float:
    found = row["p50 ms"]
    assert isinstance(found, float)
    return found
