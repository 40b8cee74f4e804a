"""What an operator sees of tests, refreshers and practice: rows in, plain values out."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import trials
from alerts.decisions import NotFound
from alerts.people import get_person
from alerts.qualified import is_qualified
from alerts.reviewer_rows import Reviewer, reviewers
from alerts.trial_rules import PRACTICE_PAIRS, Kind, Result, right_needed
from operator_ui.desk import Desk
from operator_ui.steps import Viewer
from operator_ui.views import ReferencePicture
from records.errors import RecordsError
from records.policy import Operators, read_policy
from records.schema import Trial

log = logging.getLogger(__name__)

KINDS: tuple[Kind, ...] = ("qualification", "refresher", "practice")
OWN_DAYS = 90
MOST_TRIALS = 20
SIDES = ("first", "second")

Offer = Literal["test", "due", "skipped"]
"""What comes before the work: the test that the policy asks for, or a refresher that was not done since the shift began
(and was skipped)."""


class PairView(msgspec.Struct, frozen=True):
    """The pair that waits for its answer, as the comparison of the review takes it."""

    looks: list[str]
    references: list[ReferencePicture]
    context: str | None = None


class TrialView(msgspec.Struct, frozen=True):
    id: str
    kind: str
    began_at: datetime
    ended_at: datetime | None
    position: int
    of: int
    done: bool
    """Gone through to its end."""
    passed: bool | None
    result: Result
    needed: int
    """Right answers that a test takes."""
    told: bool
    """Whether each pair's label is told after its answer."""
    pair: PairView | None = None
    """None once it has ended."""


class TrainingView(msgspec.Struct, frozen=True):
    asked: bool
    """Whether the policy takes a qualification to judge alerts."""
    qualified: bool
    qualified_until: datetime | None
    valid_days: int
    lengths: dict[str, int]
    available: list[str]
    """Kinds for which this rig has pairs enough."""
    open: TrialView | None
    next_test_at: datetime | None
    """None where a test may be begun now."""
    refresher: Literal["due", "skipped", "done"] | None
    trials: list[TrialView]
    own: Reviewer | None
    """This person's figures, as the supervisor sees them."""


def rig_rules(desk: Desk) -> Operators:
    """Of the policy that this rig drafts deployments under; the defaults where it has none. Raises PolicyError."""
    return read_policy(Path(desk.settings.policy)).policy.operators if desk.settings.policy else Operators()


def rules_in(session: Session, desk: Desk) -> Operators:
    """Of the deployment that runs; else the rig's own."""
    return trials.rules_of(session, lambda: rig_rules(desk))


def training_view(session: Session, desk: Desk, viewer: Viewer, now: datetime) -> TrainingView:
    person, rules = get_person(session, viewer.person_id), rules_in(session, desk)
    open_one = trials.open_trial(session, person.id)
    again = trials.next_test_at(session, person.id)
    ran = session.scalars(
        select(Trial)
        .where(Trial.person_id == person.id, Trial.ended_at.is_not(None))
        .order_by(Trial.ended_at.desc(), Trial.id.desc())
        .limit(MOST_TRIALS)
    )
    return TrainingView(
        asked=rules.qualification,
        qualified=is_qualified(person, now),
        qualified_until=person.qualified_until,
        valid_days=rules.valid_days,
        lengths={"qualification": rules.pairs, "refresher": rules.refresher_pairs, "practice": PRACTICE_PAIRS},
        available=[kind for kind in KINDS if trials.set_for(session, desk.pairs, kind, rules) is not None],
        open=None if open_one is None else trial_view(open_one, rules),
        next_test_at=again if again is not None and again > now else None,
        refresher=refresher_state(session, desk, viewer, rules, now),
        trials=[trial_view(trial, rules) for trial in ran],
        own=next(iter(reviewers(session, OWN_DAYS, now, person.id)), None),
    )


def training_offer(session: Session, desk: Desk, viewer: Viewer, now: datetime) -> Offer | None:
    """What this viewer is to be offered. An alert never waits for a refresher, nor for pairs that cannot be read."""
    if viewer.role not in trials.TRIED:
        return None
    try:
        rules = rules_in(session, desk)
        if rules.qualification and not viewer.qualified:
            return "test"
        state = refresher_state(session, desk, viewer, rules, now)
    except RecordsError as error:
        log.error("no training is offered: %s", error)
        return None
    return state if state != "done" else None


def refresher_state(
    session: Session, desk: Desk, viewer: Viewer, rules: Operators, now: datetime
) -> Literal["due", "skipped", "done"] | None:
    """Of this shift; None where the rig has no pairs for a refresher."""
    if trials.set_for(session, desk.pairs, "refresher", rules) is None:
        return None
    done, skipped = trials.refresher_since(session, viewer.person_id, rules, now)
    return "done" if done else "skipped" if skipped else "due"


def trial_view(trial: Trial, rules: Operators) -> TrialView:
    position, base = len(trial.answers), f"/training/{trial.id}/pictures/{len(trial.answers)}"
    return TrialView(
        id=trial.id,
        kind=trial.kind,
        began_at=trial.began_at,
        ended_at=trial.ended_at,
        position=position,
        of=len(trial.pairs),
        done=trials.is_done(trial),
        passed=trial.passed,
        result=trials.trial_result(trial),
        needed=right_needed(len(trial.pairs), rules),
        told=trial.kind in trials.TELLS_LABELS,
        pair=None
        if trial.ended_at is not None
        else PairView([f"{base}/first"], [ReferencePicture(f"{base}/second", None)]),
    )


def picture(session: Session, desk: Desk, trial_id: str, position: int, side: str, viewer: Viewer) -> bytes:
    """A JPEG of a pair that was reached, never of one that is to come. Raises NotFound."""
    trial = trials.own_trial(session, trial_id, viewer.person_id)
    if trial.ended_at is not None or position > len(trial.answers) or side not in SIDES:
        raise NotFound("there is no such picture")
    pair = desk.pairs.pairs(trial.pair_set)[trial.pairs[position]]
    return desk.pairs.picture(trial.pair_set, pair.first if side == "first" else pair.second)
