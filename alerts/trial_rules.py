"""Trials of face matching: which pairs are shown, what an answer is worth, when a test may be taken again. Pure.

Three kinds. A qualification is a test: half of its pairs show two people, nothing is told before its end. A refresher
is short, half and half, and tells the label after each pair: labelled examples help weak observers most
(doi 10.1016/j.jarmac.2019.06.002). Practice is a run of pairs as alerts come, nearly all of one person, into which
mismatches are seeded.
"""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from records.policy import Operators

Kind = Literal["qualification", "refresher", "practice"]

FEWEST_PAIRS = 10
RETRY_AFTER = timedelta(days=1)
"""Between a failed test and the next: at once, the pairs would still be remembered, and who tries long enough passes by
chance. At a pass mark of 32 in 40 somebody who guesses passes one try in ten thousand; a day keeps it that way."""
PRACTICE_PAIRS = 20
"""Of a run: some three minutes."""
SEEDED = 0.1
"""Chance of each pair of a practice run to be a mismatch. At 1 to 5 in 100, the share that research seeds into streams
of alerts, a person would answer hundreds of pairs before anything could be said. 1 in 10 is the share in the study of
scores and binary decisions (Mueller et al., Br J Psychol 2026), and that of the reference deployment (1 false of 11
alerts): still rare enough for "same" to become a habit, which is what practice is to find. Each pair is drawn by
itself, so that nobody can count them down."""


@dataclass(frozen=True)
class Answer:
    truth: str
    verdict: str

    @property
    def right(self) -> bool:
        """ "Cannot tell" is no right answer of a trial, and no wrong one of an alert."""
        return self.truth == self.verdict


@dataclass(frozen=True)
class Result:
    pairs: int
    right: int
    mismatches: int
    rejected: int
    """Mismatches that were answered "different"."""
    false_same: int
    """Mismatches that were answered "same": what leads to the wrong person being stopped."""
    cannot_tell: int


def length(kind: Kind, rules: Operators) -> int:
    return {"qualification": rules.pairs, "refresher": rules.refresher_pairs, "practice": PRACTICE_PAIRS}[kind]


def enough(kind: Kind, truths: Sequence[bool], rules: Operators) -> bool:
    """Whether a set with these labels (True: one person) has the pairs for a trial of this kind."""
    same, count = sum(truths), length(kind, rules)
    mismatches = len(truths) - same
    if kind == "practice":
        return same >= count and mismatches >= 1
    return mismatches >= (count + 1) // 2 and same >= count // 2


def draw(
    kind: Kind, truths: Sequence[bool], rules: Operators, shown: Collection[int], chance: random.Random
) -> list[int]:
    """Numbers of the pairs of a trial, in the order in which they are shown; no pair twice.

    Pairs that this person has not seen (`shown`) come first. `truths`: of each pair of the set, True for one person;
    they must be `enough`. `chance` is the system's own randomness, so that nobody knows the order beforehand.
    """
    count = length(kind, rules)
    same = [number for number, truth in enumerate(truths) if truth]
    different = [number for number, truth in enumerate(truths) if not truth]
    if kind == "practice":
        wanted = min(sum(chance.random() < SEEDED for _ in range(count)), len(different))
    else:
        wanted = (count + 1) // 2
    drawn = _unseen_first(different, shown, wanted, chance) + _unseen_first(same, shown, count - wanted, chance)
    chance.shuffle(drawn)
    return drawn


def _unseen_first(numbers: Sequence[int], shown: Collection[int], count: int, chance: random.Random) -> list[int]:
    mixed = chance.sample(numbers, len(numbers))
    return sorted(mixed, key=lambda number: number in shown)[:count]


def result(answers: Sequence[Answer]) -> Result:
    mismatches = [answer for answer in answers if answer.truth == "different"]
    return Result(
        pairs=len(answers),
        right=sum(answer.right for answer in answers),
        mismatches=len(mismatches),
        rejected=sum(answer.verdict == "different" for answer in mismatches),
        false_same=sum(answer.verdict == "same" for answer in mismatches),
        cannot_tell=sum(answer.verdict == "cannot_tell" for answer in answers),
    )


def right_needed(pairs: int, rules: Operators) -> int:
    # 0.8 * 40 is 32.000000000000004 in some orders of rounding.
    return math.ceil(round(rules.pass_mark * pairs, 6))


def may_try_again_at(failed_at: datetime | None) -> datetime | None:
    """When the next test may begin after one that was failed then."""
    return None if failed_at is None else failed_at + RETRY_AFTER
