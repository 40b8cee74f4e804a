"""How reviewers judge: figures of each, from the record alone. Pure: judgements and answers in, figures out.

They are for training people. A figure from too few cases is not told, doubt is never a fault, and a flag says "look at
this together", not "this person is wrong".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alerts.proportions import clopper_pearson
from alerts.trial_rules import Answer, result

LEAST = 10
"""Cases below which no share is told: of 9 cases its 95 % interval is up to 0.66 wide, which says next to nothing."""
ALWAYS_YES_AFTER = 30
"""Judgements in a row with nothing but "same". Where 1 alert in 10 is false (1 of 11 in the reference deployment), a
reviewer who never errs has so long a row in 1 period of 24 (0.9 ** 30 = 0.042); after 20 it would be 1 in 8."""
OFFICERS_ACCEPTED = 0.14
"""Share of wrong faces that passport officers accepted (White et al., PLoS ONE 2014, doi 10.1371/journal.pone.0103510):
who surely accepts more of the seeded mismatches is shown to be trained."""
VERY_FAST_S = 4.0
"""A median below it. Two faces are looked at, and for "same" a likeness, a difference and the answer are touched: four
seconds leave about one for each picture."""
FALSE = ("false", "confirmed_false")


@dataclass(frozen=True)
class Judgement:
    """One reviewer's judgement of one alert."""

    reviewer: str
    alert: str
    verdict: str
    seconds: float | None
    """From the first sight of the pictures; None where it is not known."""
    outcome: str | None
    """Of the alert; None while it is open."""


@dataclass(frozen=True)
class Share:
    """`of` cases, `count` of them so; with its exact 95 % interval."""

    count: int
    of: int

    @property
    def enough(self) -> bool:
        return self.of >= LEAST

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's."""
        found = clopper_pearson(self.count, self.of)
        return found.low, found.high


@dataclass(frozen=True)
class Figures:
    """One reviewer, one period."""

    judgements: int
    same: Share
    cannot_tell: int
    median_s: float | None
    """None where too few are timed."""
    timed: int
    agreed: Share
    """With the other reviewers of the same alert, whichever came first."""
    outcomes: Mapping[str, int]
    """Of the alerts that this person called the same person, once closed."""
    trials: int
    false_same: Share
    """Mismatches of tests, refreshers and practice that were answered "same"."""
    rejected: Share
    """Mismatches that were answered "different"."""
    not_done: int
    """Refreshers and practice that were skipped or broken off."""
    only_same: bool
    """"Always yes": in all of many judgements of alerts."""
    accepts_mismatches: bool
    """In tests and practice, more than passport officers do, beyond chance: seen also where all alerts are true."""
    very_fast: bool

    @property
    def confirmed_false(self) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in FALSE)


def figures_of(
    reviewer: str, judgements: Sequence[Judgement], answers: Sequence[Answer], trials: int = 0, not_done: int = 0
) -> Figures:
    """`judgements`: those of everybody in the period, so that agreement can be told. `answers`, `trials`, `not_done`:
    of this reviewer's trials in it."""
    own = [made for made in judgements if made.reviewer == reviewer]
    others: dict[str, list[str]] = {}
    for made in judgements:
        if made.reviewer != reviewer:
            others.setdefault(made.alert, []).append(made.verdict)
    compared = [(made.verdict, other) for made in own for other in others.get(made.alert, ())]
    timed = [made.seconds for made in own if made.seconds is not None]
    same = Share(sum(made.verdict == "same" for made in own), len(own))
    tried = result(answers)
    false_same = Share(tried.false_same, tried.mismatches)
    middle = median(timed) if len(timed) >= LEAST else None
    return Figures(
        judgements=len(own),
        same=same,
        cannot_tell=sum(made.verdict == "cannot_tell" for made in own),
        median_s=middle,
        timed=len(timed),
        agreed=Share(sum(mine == other for mine, other in compared), len(compared)),
        outcomes=Counter(made.outcome for made in own if made.verdict == "same" and made.outcome is not None),
        trials=trials,
        false_same=false_same,
        rejected=Share(tried.rejected, tried.mismatches),
        not_done=not_done,
        only_same=same.of >= ALWAYS_YES_AFTER and same.count == same.of,
        accepts_mismatches=false_same.enough and false_same.interval[0] > OFFICERS_ACCEPTED,
        very_fast=middle is not None and middle < VERY_FAST_S,
    )
