"""The life cycle of an alert, as a pure state machine: values in, values out.

    waiting -> in_review -> (second_review ->) confirmed -> engaged -> closed
                   `-----------`-----------------`---------`--> closed | expired

Legal moves stand in `records.rules.TRANSITIONS` and are also enforced by the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from records.rules import OUTCOME_OF_DECISION

State = Literal["waiting", "in_review", "second_review", "confirmed", "engaged", "closed", "expired"]
Verdict = Literal["same", "different", "cannot_tell"]
Outcome = Literal[
    "true_alert",
    "confirmed_true",
    "false",
    "confirmed_false",
    "undetermined",
    "not_engaged_lost",
    "not_engaged_discretion",
    "not_engaged_stale_entry",
    "not_engaged_stood_down",
]

Decided = Literal["engage", "not_them", "lost", "discretion", "stale_entry", "stood_down"]
Disposal = Literal["arrested", "reported", "safeguarded", "advised", "no_further_action"]

CLOSES_AS = cast("dict[Decided, Outcome]", OUTCOME_OF_DECISION)
"""How a confirmed alert closes by its officer's decision; `engage` begins a stop instead."""

AFTER_STOP: tuple[Outcome, ...] = ("confirmed_true", "confirmed_false", "undetermined")
"""How an alert closes after its stop."""


@dataclass(frozen=True)
class Decision:
    state: State
    outcome: Outcome | None = None


def decide(verdicts: Sequence[Verdict], confirmations: int) -> Decision:
    """The state after these adjudications, oldest first, under a policy that asks for `confirmations` times "same".

    One "different" closes the alert as false, one "cannot tell" as undetermined: doubt ends it, whoever comes next.
    """
    if "different" in verdicts:
        return Decision("closed", "false" if "same" not in verdicts else "undetermined")
    if "cannot_tell" in verdicts:
        return Decision("closed", "undetermined")
    if not verdicts:
        return Decision("in_review")
    return Decision("confirmed" if len(verdicts) >= confirmations else "second_review")
