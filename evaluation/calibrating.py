"""Making a pack's calibration from templates of known people: pure, the figures depend on nothing but them.

Non-mated: every two pictures of different people; each pair of people counts once however many pictures it has. FPIR of
a list of N is that of N people drawn from all others, one picture each; the mean over all such lists is computed, not
drawn. Mated: every two pictures of one person; each person counts once. Intervals: bootstrap over people.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evaluation.all_pairs import STEP, Floats, Scores
from evaluation.features import Tick
from inference.calibration import (
    CalibratedThreshold,
    Calibration,
    CalibrationError,
    Mated,
    Point,
    Tail,
    sealed,
)

LIST_SIZES = (500, 1_000, 2_000, 5_000, 9_756)
TARGETS = (1e-2, 1e-3, 1 / 6_000)
"""9,756 pictures at 1 in 6,000: the list of Oxford Circus 2022 at the rate of the National Physical Laboratory's test
of 2023."""
SHORTEST_LIST = 500
"""Shorter lists keep this one's threshold: their own would be so low that look-alikes pass."""

DRAWS = 500
TAIL_PAIRS = 100
"""Pairs of people that the tail rests on, at most 1 % of all."""
MEASURED_PAIRS = 10
"""With fewer pairs beyond it a similarity was hardly measured: what is said is extrapolated."""
SUPPORT = 1e-3
"""Odds follow the tail to this share of the false match rate that was measured last, and stay there."""
SHARES = (0.01, 0.02, 0.05, 0.10, 0.25, 0.50, 0.75)
"""Quantiles of the mated similarities that are written."""


class _Rates(NamedTuple):
    """One estimate, of all people or of a resample, at the similarities of a `_Grid`."""

    log_match: Floats
    """(grid,): natural logarithm of the false match rate, falling."""
    log_fpir: Floats
    """(lists, grid): of FPIR."""
    scale: float
    """Of the tail."""
    density: Floats
    """(grid,): mated similarities per unit of similarity."""
    fnir: Floats
    """(grid,)."""


class _Grid:
    """Tables everything at similarities STEP apart, from the floor to where the tail says nothing more."""

    def __init__(self, scores: Scores, lists: Sequence[int]) -> None:
        self._scores, self._lists = scores, lists
        pairs = scores.people * (scores.people - 1) // 2
        highest = scores.most_alike(max(min(TAIL_PAIRS, pairs // 100), 2 * MEASURED_PAIRS))
        self.tail_pairs = len(highest)
        if self.tail_pairs < 2 * MEASURED_PAIRS or highest[-1][2] == highest[MEASURED_PAIRS - 1][2]:
            raise CalibrationError("too few people resemble each other: label more people, with fewer pictures of each")
        self.start, self.measured_to = highest[-1][2], highest[MEASURED_PAIRS - 1][2]
        self.at = np.arange(scores.floor, 1.0 + STEP / 2, STEP)
        # How many of the pairs, highest first, reach each similarity; the tail goes on from `start`.
        self._reach = np.searchsorted(-scores.value, -np.append(self.at[self.at < self.start], self.start), "right")
        self._in_tail = int(np.searchsorted(-scores.value, -self.start, "right"))
        self._spread = _kernel(_bandwidth(scores))

    def rates(self, weights: Floats) -> _Rates:
        """`weights`: (people,), how often each person was drawn."""
        scores = self._scores
        of_picture = weights[scores.picture_person]
        # A picture's expected matches among one picture of each of the other people.
        gains = np.concatenate([scores.picture_share[scores.other] * of_picture[scores.other]] * 2)
        gains[len(scores.one) :] = scores.picture_share[scores.one] * of_picture[scores.one]
        matches = np.zeros(len(of_picture))
        of_probe = scores.picture_share * of_picture
        others = max(float(weights.sum()) - 1.0, 1.0)
        match, fpir = np.empty(len(self._reach)), np.empty((len(self._lists), len(self._reach)))
        # From the highest similarity down, each adding its own pairs.
        before = 0
        for place in range(len(self._reach) - 1, -1, -1):
            new = slice(before, self._reach[place])
            both = slice(len(scores.one) + before, len(scores.one) + self._reach[place])
            matches += np.bincount(scores.one[new], gains[new], len(matches))
            matches += np.bincount(scores.other[new], gains[both], len(matches))
            before = max(before, int(self._reach[place]))
            match[place] = of_probe @ matches / (of_probe.sum() * others)
            for row, size in enumerate(self._lists):
                alarms = of_probe @ _alarms(matches, min(size / others, 1.0)) / of_probe.sum()
                # A list k times as long raises no more than k times as many alarms.
                fpir[row, place] = min(alarms * max(size / others, 1.0), 1.0)
        scale = self._scale(weights)
        return _Rates(*self._with_tail(match, fpir, scale), scale, *self._mated(weights))

    def _scale(self, weights: Floats) -> float:
        """Of an exponential excess over the start of the tail, by maximum likelihood, the highest pairs censored.

        Of pairs at or over `measured_to` only that they are there counts: the most similar of all are often one person
        under two names, or twins, and would draw the tail after them.
        """
        scores, high = self._scores, slice(0, self._in_tail)
        one, other = scores.one[high], scores.other[high]
        share = scores.picture_share[one] * scores.picture_share[other]
        share *= weights[scores.picture_person[one]] * weights[scores.picture_person[other]]
        value = scores.value[high]
        seen_whole = float(share[value < self.measured_to].sum())
        excess = float(share @ (np.minimum(value, self.measured_to) - self.start))
        return excess / seen_whole if min(excess, seen_whole) > 0.0 else math.nan

    def _with_tail(self, match: Floats, fpir: Floats, scale: float) -> tuple[Floats, Floats]:
        with np.errstate(divide="ignore"):
            logs = np.log(np.vstack([match, fpir]))
        measured = np.append(self.at[self.at < self.start], self.start)
        beyond = self.at >= self.start
        table = np.stack([np.interp(self.at, measured, line) for line in logs])
        table[0, beyond] -= (self.at[beyond] - self.start) / scale
        # A list of N raises at most N times the alarms of one comparison, and no more than at the start of the tail.
        bound = np.log(self._lists)[:, None] + table[None, 0, beyond]
        table[1:, beyond] = np.minimum(table[1:, beyond], bound)
        return table[0], table[1:]

    def _mated(self, weights: Floats) -> tuple[Floats, Floats]:
        scores = self._scores
        share = scores.mated_share * weights[scores.mated_person]
        share /= share.sum()
        edges = np.arange(-1.0, 1.0 + STEP / 2, STEP)
        density = np.convolve(np.histogram(scores.mated_value, edges, weights=share)[0], self._spread, "same") / STEP
        below = np.append(0.0, np.cumsum(share))[np.searchsorted(scores.mated_value, self.at, "left")]
        return np.interp(self.at, edges[:-1] + STEP / 2, density), below


def _alarms(matches: Floats, part: float) -> Floats:
    """(pictures,): the chance that each meets a match on a list of this part (0..1) of all other people.

    `matches`: how many of the others it matches; a fraction where only some pictures of a person match. Each match is
    on the list with chance `part`, so that none of m is on it with chance (1 - part)^m; for less than one match, in
    proportion.
    """
    several = -np.expm1(np.maximum(matches, 1.0) * math.log1p(-part)) if part < 1.0 else np.ones_like(matches)
    alarms: Floats = np.where(matches < 1.0, part * matches, several)
    return alarms


def _bandwidth(scores: Scores) -> float:
    """Silverman's rule of thumb (1986) for the mated similarities, for as many as there are people with them."""
    low, high = np.quantile(scores.mated_value, [0.25, 0.75])
    spread = min(float(scores.mated_value.std()), float(high - low) / 1.34)
    return max(0.9 * spread * math.pow(scores.mated_people, -0.2), STEP)


def _kernel(bandwidth: float) -> Floats:
    reach = math.ceil(4 * bandwidth / STEP)
    values: Floats = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP / bandwidth) ** 2)
    normed: Floats = values / values.sum()
    return normed


def calibrate(
    scores: Scores,
    *,
    pack: str,
    contract: str,
    data: str,
    refused: int = 0,
    lists: Sequence[int] = LIST_SIZES,
    targets: Sequence[float] = TARGETS,
    draws: int = DRAWS,
    seed: int = 1,
    tick: Tick | None = None,
) -> Calibration:
    """The calibration with its digest. Lists shorter than `SHORTEST_LIST` count as that long."""
    sizes = sorted({max(size, SHORTEST_LIST) for size in lists})
    grid = _Grid(scores, sizes)
    best = grid.rates(np.ones(scores.people))
    random = np.random.default_rng(seed)
    every = []
    for done in range(1, draws + 1):
        drawn = random.integers(scores.people, size=scores.people)
        rates = grid.rates(np.bincount(drawn, minlength=scores.people).astype(np.float64))
        if math.isfinite(rates.scale):
            every.append(rates)
        if tick:
            tick(done, draws)
    return sealed(
        Calibration(
            pack=pack,
            contract=contract,
            data=data,
            pictures=len(scores.picture_person),
            refused=refused,
            people=scores.people,
            mated_people=scores.mated_people,
            measured_lists=scores.people - 1,
            tail=Tail(
                start=_rounded(grid.start),
                pairs=grid.tail_pairs,
                measured_to=_rounded(grid.measured_to),
                scale=_rounded(best.scale),
                interval=_ends([rates.scale for rates in every]),
            ),
            threshold=_thresholds(grid, best, every, sizes, targets, scores.people - 1),
            mated=_quantiles(grid, best, every),
            points=_points(grid, best, every, scores.mated_people),
        )
    )


def _thresholds(
    grid: _Grid, best: _Rates, every: Sequence[_Rates], sizes: Sequence[int], targets: Sequence[float], measured: int
) -> tuple[CalibratedThreshold, ...]:
    rows = []
    for row, size in enumerate(sizes):
        for target in sorted(set(targets), reverse=True):
            value = _where(grid.at, best.log_fpir[row], target)
            rows.append(
                CalibratedThreshold(
                    list_size=size,
                    fpir=target,
                    threshold=_rounded(value),
                    interval=_ends([_where(grid.at, rates.log_fpir[row], target) for rates in every]),
                    extrapolated=value > grid.measured_to or size > measured,
                    fnir=_rounded(float(np.interp(value, grid.at, best.fnir))),
                    fnir_interval=_ends([float(np.interp(value, grid.at, rates.fnir)) for rates in every]),
                )
            )
    return tuple(rows)


def _where(at: Floats, log_rate: Floats, target: float) -> float:
    """The similarity at which a falling rate reaches the target."""
    return float(np.interp(-math.log(target), -log_rate, at))


def _quantiles(grid: _Grid, best: _Rates, every: Sequence[_Rates]) -> tuple[Mated, ...]:
    """Shares that are reached at similarities where non-mated ones end are left out: no threshold lies there."""
    known = [share for share in SHARES if best.fnir[0] < share < best.fnir[-1]]
    return tuple(
        Mated(
            share=share,
            similarity=_rounded(float(np.interp(share, best.fnir, grid.at))),
            interval=_ends([float(np.interp(share, rates.fnir, grid.at)) for rates in every]),
        )
        for share in known
    )


def _points(grid: _Grid, best: _Rates, every: Sequence[_Rates], people: int) -> tuple[Point, ...]:
    """Every second similarity, from one that 1 in 100 non-mated comparisons reach to the end of what is supported."""
    end = grid.measured_to - best.scale * math.log(SUPPORT)
    end = min(end, float(np.interp(0.95, best.fnir, grid.at)))
    chosen = np.flatnonzero((best.log_match <= math.log(0.01)) & (grid.at <= end))[::2]
    if not len(chosen):
        return ()
    middle = _evidence(grid, best, people)
    low, high = np.quantile([_evidence(grid, rates, people) for rates in every], [0.025, 0.975], axis=0)
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    # One rises with the similarity: where chance says otherwise, the higher similarity has at least the lower's.
    columns = [np.maximum.accumulate(column[chosen]).tolist() for column in (middle, low, high)]
    return tuple(
        (_rounded(at), _rounded(one), _rounded(two), _rounded(three))
        for at, one, two, three in zip(grid.at[chosen].tolist(), *columns, strict=True)
    )


def _evidence(grid: _Grid, rates: _Rates, people: int) -> Floats:
    """log10 of mated density over non-mated density. So few mated ones that less than one person has a similarity
    within the unit count as one."""
    slope = np.empty(len(grid.at))
    reach = 4
    for place in range(len(slope)):
        left, right = max(place - reach, 0), min(place + reach, len(slope) - 1)
        slope[place] = (rates.log_match[left] - rates.log_match[right]) / (grid.at[right] - grid.at[left])
    non_mated = rates.log_match + np.log(np.maximum(slope, 1.0))
    evidence: Floats = (np.log(np.maximum(rates.density, 1.0 / people)) - non_mated) / math.log(10.0)
    return evidence


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return _rounded(float(low)), _rounded(float(high))


def _rounded(value: float) -> float:
    return round(float(value), 4)
