"""Which engine serves a watchlist: decided when the list is loaded, by a self-test near the threshold.

A test with the templates themselves says nothing: a graph finds a vector that is in it. What counts is a look whose
similarity to its mate is just enough for an alert. At higher similarities recall is higher, and a threshold is only
ever raised while a deployment runs, so the test covers what comes.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from watchlist.entries import WatchList
from watchlist.hnsw import HnswIndex, HnswUnavailable
from watchlist.index import DEFAULT_K, ExactIndex, Gallery, Index, Matches
from watchlist.templates import Templates

Preference = Literal["auto", "exact", "hnsw"]

PROBES = 300
"""With n probes and no miss the recall is at least 1 - 3/n at 95 % confidence (rule of three): 0.99 for 300."""
FIRST_EF = 64
ROUNDING = 1e-4
"""A probe's similarity to its reference is the threshold, give or take this: it must count as reaching it."""
WORTH_MS = 0.05
"""Milliseconds by which HNSW must be faster to be worth its silence about misses: less is noise, as on short lists."""
_TIMED = 15


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """HNSW with one ef."""

    ef: int
    recall: float
    """See `recall`."""
    ms: float
    """Median milliseconds of a search for one template."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Which engine serves and why: to be logged, shown and written into the record."""

    engine: str
    reason: str
    subjects: int
    templates: int
    dimension: int
    threshold: float
    probes: int
    """0 where HNSW was not tested."""
    ef: int | None
    """Of the HNSW index that serves; None where exact serves."""
    recall: float | None
    """Recall of the last HNSW trial; None without one."""
    recall_at_least: float | None
    """Lower end of the one-sided 95 % confidence interval, where no probe was missed."""
    exact_ms: float
    """Median milliseconds of an exact search for one template."""
    hnsw_ms: float | None
    """The same of the last HNSW trial."""
    build_s: float | None
    """Seconds that the graph took to build."""
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Chosen:
    """The index that serves, and the report on it."""

    index: Index
    report: Report


def choose_engine(
    watchlist: WatchList | Gallery,
    threshold: float,
    *,
    prefer: Preference = "auto",
    seed: int = 0,
    probes: int = PROBES,
    build_threads: int = 1,
) -> Chosen:
    """The index that serves this list at this threshold (cosine similarity, 0 < threshold < 1).

    `exact` builds no graph. `hnsw` serves HNSW at the first ef with a recall of 1.000, however slow. `auto` does so
    only while HNSW is clearly faster than exact search. In all other cases exact search serves. `probes`: more find
    rarer misses and make the start longer. `build_threads`: see HnswIndex.
    """
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"threshold {threshold}: give a cosine similarity between 0 and 1")
    if probes < 1:
        raise ValueError(f"probes {probes}: the self-test needs at least 1")
    gallery = watchlist if isinstance(watchlist, Gallery) else Gallery.of(watchlist)
    exact = ExactIndex(gallery)
    looks = probes_at(gallery.matrix, threshold, probes, seed)
    exact_ms = _median_ms(exact, looks)

    def chosen(
        index: Index, reason: str, trials: tuple[Trial, ...] = (), ef: int | None = None, build_s: float | None = None
    ) -> Chosen:
        last = trials[-1] if trials else None
        return Chosen(
            index,
            Report(
                engine=index.name,
                reason=reason,
                subjects=gallery.subjects,
                templates=exact.size,
                dimension=exact.dimension,
                threshold=threshold,
                probes=probes if last else 0,
                ef=ef,
                recall=last.recall if last else None,
                recall_at_least=_lower_bound(probes) if last and last.recall == 1.0 else None,
                exact_ms=exact_ms,
                hnsw_ms=last.ms if last else None,
                build_s=build_s,
                trials=trials,
            ),
        )

    if prefer == "exact":
        return chosen(exact, "Exact search is configured.")
    began = time.perf_counter()
    try:
        hnsw = HnswIndex(gallery, seed=seed, build_threads=build_threads)
    except HnswUnavailable as error:
        return chosen(exact, f"Exact search serves: {error}.")
    build_s = time.perf_counter() - began

    truth = exact.search(looks)
    trials: tuple[Trial, ...] = ()
    for ef in _ladder(exact.size):
        hnsw.set_ef(ef)
        last = Trial(ef=ef, recall=recall(truth, hnsw.search(looks), threshold), ms=_median_ms(hnsw, looks))
        trials = (*trials, last)
        faster = last.ms < exact_ms - WORTH_MS
        if prefer == "auto" and not faster:
            times = f"{last.ms:.2f} ms and recall {last.recall:.3f} at ef {ef}, exact search {exact_ms:.2f} ms"
            return chosen(exact, f"Exact search serves: HNSW is not faster ({times}).", trials, build_s=build_s)
        if last.recall == 1.0:
            reason = f"HNSW serves: at ef {ef} it missed none of {probes} probes at similarity {threshold:.3f}."
            return chosen(hnsw, reason, trials, ef, build_s)
    reason = f"Exact search serves: HNSW still missed at ef {trials[-1].ef} (recall {trials[-1].recall:.3f})."
    return chosen(exact, reason, trials, build_s=build_s)


def probes_at(references: Templates, similarity: float, count: int, seed: int) -> Templates:
    """count x d, unit rows: references drawn at random and moved to exactly this similarity to themselves.

    p = s r + sqrt(1 - s^2) u, with u a random unit vector at right angles to r. Each reference is drawn once before any
    is drawn twice.
    """
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(references))
    mates = references[order[np.arange(count) % len(references)]].astype(np.float64)
    mates /= np.linalg.norm(mates, axis=1, keepdims=True)
    away = draw.standard_normal(mates.shape)
    away -= (away * mates).sum(axis=1, keepdims=True) * mates
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(similarity * mates + np.sqrt(1.0 - similarity**2) * away, np.float32)


def recall(truth: Matches, answer: Matches, threshold: float) -> float:
    """Part of the queries for which `answer` holds every subject that `truth` has at or over the threshold.

    The best subject of `truth` counts in any case, so that a probe that rounding put below the threshold still tests.
    """
    needed = truth.similarities >= threshold - ROUNDING
    needed[:, 0] = True
    given = (truth.subjects[:, :, None] == answer.subjects[:, None, :]).any(axis=2)
    return float((given | ~needed).all(axis=1).mean())


def _ladder(size: int) -> Iterator[int]:
    """64, 128, 256 ... and at last all templates."""
    ef = FIRST_EF
    while ef < size:
        yield ef
        ef *= 2
    yield size


def _lower_bound(probes: int) -> float:
    return round(1.0 - min(1.0, 3.0 / probes), 4)


def _median_ms(index: Index, looks: Templates) -> float:
    index.search(looks[:1], DEFAULT_K)
    times = []
    for at in range(_TIMED):
        look = looks[at % len(looks)][None]
        began = time.perf_counter()
        index.search(look, DEFAULT_K)
        times.append(time.perf_counter() - began)
    return round(1000.0 * float(np.median(times)), 4)
