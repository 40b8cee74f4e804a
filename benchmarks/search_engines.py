"""One engine searching one list, in this process: time to build, memory, time of a search, recall. See `search`."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.memory import give_back, resident_mib
from benchmarks.report import BenchmarkError
from inference.threads import limit_threads
from watchlist.engine import FIRST_EF, probes_at, recall
from watchlist.hnsw import HnswIndex, HnswUnavailable
from watchlist.index import ExactIndex, Gallery, Matches
from watchlist.templates import Templates

K = 5
BATCH = 6
"""Rows that the pipeline searches at once for a passage: its fused template and five looks."""
STRANGERS_STD = 0.067
MOST_EF = 4096

Rows = NDArray[np.intp]
Search = Callable[[Templates], Rows]
"""m x d unit rows in, m x k template rows out, the most similar first."""


def run_engine(
    engine: str, count: int, dimension: int, threshold: float, probes: int, threads: int, npy: str | None
) -> dict[str, Any]:
    """`build_s`, `mib` and, for each of its settings, a trial: `setting`, `recall`, `p50_ms`, `p99_ms`, `batch_p50_ms`.

    Raises BenchmarkError where the engine's library is not installed.
    """
    limit_threads(threads)
    templates = stored_templates(Path(npy), count) if npy else made_templates(count, dimension)
    looks = probes_at(templates, threshold, probes, seed=2)
    give_back()
    before, began = resident_mib(), time.perf_counter()
    settings = ENGINES[engine](templates, threads)
    name, search = next(settings)
    build_s = time.perf_counter() - began
    give_back()
    mib = resident_mib() - before
    truth = ExactIndex(Gallery(templates, np.arange(count))).search(looks, K)
    trials: list[dict[str, Any]] = []
    while True:
        trials.append({"setting": name, "recall": _recall(truth, search, looks, threshold), **_times(search, looks)})
        following = next(settings, None)
        if trials[-1]["recall"] == 1.0 or following is None:
            return {"build_s": build_s, "mib": mib, "trials": trials}
        name, search = following


def made_templates(count: int, dimension: int, seed: int = 1) -> Templates:
    """count x dimension, unit rows: random in so small a subspace that strangers are as alike as faces are.

    The cosine of random unit vectors in r dimensions has a standard deviation of 1 / sqrt(r).
    """
    inner = min(dimension, round(STRANGERS_STD**-2))
    draw = np.random.default_rng([seed, 1])
    turn = np.linalg.qr(np.random.default_rng([seed, 2]).standard_normal((dimension, inner)))[0].astype(np.float32)
    rows = np.empty((count, dimension), np.float32)
    for at in range(0, count, 50_000):
        part = draw.standard_normal((min(50_000, count - at), inner), np.float32) @ turn.T
        rows[at : at + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def stored_templates(file: Path, count: int) -> Templates:
    """The first `count` rows of the file. Raises BenchmarkError."""
    try:
        rows = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{file}: no templates can be read from it: {error}") from error
    if rows.ndim != 2 or len(rows) < count:
        raise BenchmarkError(f"{file}: needs {count:,} rows of templates, it has the shape {rows.shape}")
    return np.ascontiguousarray(rows[:count], np.float32)


def _exact(templates: Templates, threads: int) -> Iterator[tuple[str, Search]]:
    index = ExactIndex(Gallery(templates, np.arange(len(templates))))
    yield "", lambda looks: index.search(looks, K).subjects


def _hnsw(templates: Templates, threads: int) -> Iterator[tuple[str, Search]]:
    try:
        index = HnswIndex(Gallery(templates, np.arange(len(templates))), build_threads=threads)
    except HnswUnavailable as error:
        raise BenchmarkError(str(error)) from error
    ef = FIRST_EF
    while True:
        index.set_ef(ef)
        yield f"ef {index.ef}", lambda looks: index.search(looks, K).subjects
        if index.ef == index.size or ef >= MOST_EF:
            return
        ef *= 2


def _usearch(templates: Templates, threads: int, *, exact: bool = False) -> Iterator[tuple[str, Search]]:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise BenchmarkError(f"usearch is not installed: {error}") from error
    index = Index(ndim=templates.shape[1], metric="ip", dtype="f32")
    index.add(np.arange(len(templates)), templates, threads=threads)

    def search(looks: Templates) -> Rows:
        keys = np.asarray(index.search(looks, K, threads=threads, exact=exact).keys)
        return keys.reshape(len(looks), -1).astype(np.intp)

    yield "", search


def _usearch_exact(templates: Templates, threads: int) -> Iterator[tuple[str, Search]]:
    yield from _usearch(templates, threads, exact=True)


def _faiss_flat(templates: Templates, threads: int) -> Iterator[tuple[str, Search]]:
    try:
        import faiss
    except ImportError as error:
        raise BenchmarkError(f"faiss-cpu is not installed: {error}") from error
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(templates.shape[1])
    index.add(templates)
    yield "", lambda looks: np.asarray(index.search(looks, K)[1], np.intp)


ENGINES: dict[str, Callable[[Templates, int], Iterator[tuple[str, Search]]]] = {
    "exact": _exact,
    "hnsw": _hnsw,
    "faiss-flat": _faiss_flat,
    "usearch": _usearch,
    "usearch-exact": _usearch_exact,
}
"""Each yields its settings, from the fastest on: the first when it is built."""


def _recall(truth: Matches, search: Search, looks: Templates, threshold: float) -> float:
    rows = np.concatenate([search(look[None]) for look in looks])
    return recall(truth, Matches(rows, rows, np.zeros(rows.shape, np.float32)), threshold)


def _times(search: Search, looks: Templates) -> dict[str, float]:
    single, several = _timed(search, looks, 1), _timed(search, looks, BATCH)
    return {
        "p50_ms": float(np.percentile(single, 50)),
        "p99_ms": float(np.percentile(single, 99)),
        "batch_p50_ms": float(np.percentile(several, 50)),
    }


def _timed(search: Search, looks: Templates, batch: int) -> list[float]:
    """Milliseconds of each search for `batch` looks, but for the first."""
    batch = min(batch, len(looks))
    search(looks[:batch])
    took = []
    for at in range(0, len(looks) - batch + 1, batch):
        began = time.perf_counter()
        search(looks[at : at + batch])
        took.append(1000 * (time.perf_counter() - began))
    return took
