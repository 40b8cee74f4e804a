"""Trials of face matching as acts of a person: begin, see, answer, break off, skip. Each is one write transaction.

A trial is in the record from its first moment: whoever restarts the browser goes on with the pair that was shown last.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import trial_rules
from alerts.decisions import NotFound, Refused
from alerts.pair_files import Pair
from alerts.pair_sets import present
from alerts.qualification import by_test
from alerts.states import Verdict
from alerts.trial_rules import Answer, may_try_again_at, right_needed
from records.canonical import Json
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.policy import Operators, pin
from records.schema import BEGUN, Deployment, PairSet, Person, Trial, TrialAnswer

TRIED = ("operator",)
"""Who is tried: those who judge alerts."""
TELLS_LABELS = ("refresher",)
"""Kinds that say after each pair what it was."""


class Labels(Protocol):
    """The pairs of a set; `alerts.pair_files.PairFiles` is one."""

    def pairs(self, set_id: str) -> Sequence[Pair]: ...


@dataclass(frozen=True)
class Answered:
    truth: str | None
    """None where it is not told."""
    ended: bool


def rules_of(session: Session, otherwise: Callable[[], Operators]) -> Operators:
    """Of the deployment that runs, as its policy was pinned; `otherwise`, the rig's own, where none does."""
    running = select(Deployment.policy).where(Deployment.state.in_(BEGUN)).order_by(Deployment.started_at.desc())
    text = session.scalar(running.limit(1))
    return otherwise() if text is None else pin(text).policy.operators


def open_trial(session: Session, person_id: str) -> Trial | None:
    return session.scalars(select(Trial).where(Trial.person_id == person_id, Trial.ended_at.is_(None))).first()


def own_trial(session: Session, trial_id: str, person_id: str) -> Trial:
    """Raises NotFound, also for another person's."""
    trial = session.get(Trial, trial_id)
    if trial is None or trial.person_id != person_id:
        raise NotFound("you have no such trial")
    return trial


def is_done(trial: Trial) -> bool:
    """Gone through to its end."""
    return trial.ended_at is not None and len(trial.answers) == len(trial.pairs) > 0


def next_test_at(session: Session, person_id: str) -> datetime | None:
    """From when on a test may be begun; None: at any time."""
    last = session.scalars(
        select(Trial)
        .where(Trial.person_id == person_id, Trial.kind == "qualification", Trial.passed.is_not(None))
        .order_by(Trial.ended_at.desc())
        .limit(1)
    ).first()
    return None if last is None or last.passed else may_try_again_at(last.ended_at)


def refresher_since(session: Session, person_id: str, rules: Operators, now: datetime) -> tuple[bool, bool]:
    """(whether one was done, whether one was skipped or broken off) within the policy's hours."""
    recent = session.scalars(
        select(Trial).where(
            Trial.person_id == person_id,
            Trial.kind == "refresher",
            Trial.ended_at > now - timedelta(hours=rules.refresher_hours),
        )
    ).all()
    return any(is_done(trial) for trial in recent), any(not is_done(trial) for trial in recent)


def set_for(session: Session, files: Labels, kind: trial_rules.Kind, rules: Operators) -> PairSet | None:
    """The newest set with enough pairs for a trial of this kind."""
    for found in present(session):
        if trial_rules.enough(kind, [pair.same for pair in files.pairs(found.id)], rules):
            return found
    return None


def begin(
    session: Session,
    files: Labels,
    person: Person,
    kind: trial_rules.Kind,
    rules: Operators,
    now: datetime,
    chance: random.Random | None = None,
) -> Trial:
    """Raises Refused: another trial is open, the last test was failed too lately, or no set has enough pairs."""
    if person.role not in TRIED:
        raise Refused("trials are for those who judge alerts: operators")
    if open_trial(session, person.id) is not None:
        raise Refused("another trial of yours is open: finish it first")
    again = next_test_at(session, person.id) if kind == "qualification" else None
    if again is not None and now < again:
        raise Refused(f"the next test may begin on {again:%d %B at %H:%M} UTC")
    found = _set(session, files, kind, rules)
    before = session.scalars(select(Trial.pairs).where(Trial.person_id == person.id, Trial.pair_set == found.id)).all()
    truths = [pair.same for pair in files.pairs(found.id)]
    shown = {number for pairs in before for number in pairs}
    drawn = trial_rules.draw(kind, truths, rules, shown, chance or random.SystemRandom())
    trial = Trial(id=new_id(), person_id=person.id, kind=kind, pair_set=found.id, pairs=drawn, began_at=now)
    session.add(trial)
    session.flush()
    return trial


def skip_refresher(session: Session, files: Labels, person: Person, rules: Operators, now: datetime) -> None:
    """Not now: it stands among the person's trials as not done. Raises Refused."""
    trial = open_trial(session, person.id)
    if trial is not None and trial.kind == "refresher":
        break_off(session, trial, now)
        return
    found = _set(session, files, "refresher", rules)
    session.add(
        Trial(
            id=new_id(),
            person_id=person.id,
            kind="refresher",
            pair_set=found.id,
            pairs=[],
            began_at=now,
            ended_at=now,
            right_answers=0,
        )
    )
    session.flush()


def show(session: Session, trial: Trial, now: datetime) -> int:
    """The position of the pair that waits for its answer; the first look at it begins its time."""
    if trial.shown_at is None and trial.ended_at is None:
        trial.shown_at = now
        session.flush()
    return len(trial.answers)


def answer(
    session: Session, files: Labels, trial: Trial, position: int, verdict: Verdict, rules: Operators, now: datetime
) -> Answered:
    """Final. The last one ends the trial. Raises Refused for a pair that is not the one that waits."""
    if trial.ended_at is not None:
        raise Refused("this trial has ended")
    if position != len(trial.answers):
        raise Refused("this pair was answered already: an answer is final")
    truth = "same" if files.pairs(trial.pair_set)[trial.pairs[position]].same else "different"
    session.add(
        TrialAnswer(
            trial_id=trial.id,
            position=position,
            truth=truth,
            verdict=verdict,
            shown_at=trial.shown_at or now,
            answered_at=now,
        )
    )
    session.flush()
    session.refresh(trial, ["answers"])
    trial.shown_at = None
    ended = len(trial.answers) == len(trial.pairs)
    if ended:
        _end(session, trial, rules, now)
    return Answered(truth if trial.kind in TELLS_LABELS else None, ended)


def break_off(session: Session, trial: Trial, now: datetime) -> None:
    """Raises Refused for a test: who could leave one that goes badly would never fail."""
    if trial.ended_at is not None:
        raise Refused("this trial has ended")
    if trial.kind == "qualification":
        raise Refused("a test is not broken off: it waits until you go on")
    trial.right_answers, trial.ended_at, trial.shown_at = trial_result(trial).right, now, None
    session.flush()


def trial_result(trial: Trial) -> trial_rules.Result:
    return trial_rules.result([Answer(made.truth, made.verdict) for made in trial.answers])


def _end(session: Session, trial: Trial, rules: Operators, now: datetime) -> None:
    found = trial_result(trial)
    trial.right_answers, trial.ended_at = found.right, now
    facts: dict[str, Json] = {
        "trial": trial.id,
        "kind": trial.kind,
        "pairs": found.pairs,
        "right": found.right,
        "false_same": found.false_same,
    }
    if trial.kind == "qualification":
        trial.passed = found.right >= right_needed(found.pairs, rules)
        facts["passed"] = trial.passed
    session.flush()
    append(session, trial.person_id, Kind.TRIAL_ENDED, facts, now)
    if trial.passed:
        by_test(session, trial.person, rules, now)


def _set(session: Session, files: Labels, kind: trial_rules.Kind, rules: Operators) -> PairSet:
    found = set_for(session, files, kind, rules)
    if found is None:
        raise Refused(
            "this rig has no pairs to practise with: an administrator takes in a set with `openlfr pairs import`"
        )
    return found
