"""Proportions of counts with their exact confidence intervals, and when a figure must not be compared with another."""

import math
from dataclasses import dataclass

from scipy.special import betaincinv  # type: ignore[import-untyped]

LEVEL = 0.95
LEAST_EVENTS = 10
"""With fewer the 95 % interval spans more than a factor of 3: two such figures can hardly be told apart."""
LEAST_TRIALS = 30
"""With fewer even an event in every trial leaves more than 1 in 10 open."""


@dataclass(frozen=True)
class Interval:
    """Both ends of a confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Proportion:
    """`hits` in `of` trials."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """NaN where there was no trial."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> Interval:
        """Clopper and Pearson's, 95 %."""
        return clopper_pearson(self.hits, self.of)


def clopper_pearson(hits: float, of: float, level: float = LEVEL) -> Interval:
    """The exact interval of a binomial proportion (Clopper and Pearson, Biometrika 1934): it covers at least `level`.

    Through the beta distribution, so that means of counts, which are no whole numbers, have one too. Without a trial
    nothing is known: 0 to 1. Raises ValueError.
    """
    if not 0.0 <= hits <= of:
        raise ValueError(f"{hits} hits in {of} trials")
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(hits, of - hits + 1.0, tail)) if hits > 0.0 else 0.0
    high = float(betaincinv(hits + 1.0, of - hits, 1.0 - tail)) if hits < of else 1.0
    return Interval(low, high)


def too_few(
    events: float, trials: float, least_events: float = LEAST_EVENTS, least_trials: float = LEAST_TRIALS
) -> bool:
    """Must this figure not be compared with another? `events`: the rarer of what was counted (false alerts, misses)."""
    return events < least_events or trials < least_trials
