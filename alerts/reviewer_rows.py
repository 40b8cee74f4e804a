"""What the record holds on its reviewers in a period, for `alerts.reviewers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from alerts.reviewers import Figures, Judgement, figures_of
from alerts.trial_rules import Answer
from alerts.trials import TRIED, is_done
from records.schema import Adjudication, Alert, Person, Trial


@dataclass(frozen=True)
class Reviewer:
    person_id: str
    name: str
    active: bool
    qualified_until: datetime | None
    figures: Figures


def reviewers(session: Session, days: int, now: datetime, person_id: str | None = None) -> list[Reviewer]:
    """All who judge or did so in the last `days`, by name; or one of them."""
    since = now - timedelta(days=days)
    judged = _judgements(session, since, now)
    ran = session.scalars(
        select(Trial)
        .where(Trial.ended_at > since, Trial.ended_at <= now)
        .options(selectinload(Trial.answers))
        .order_by(Trial.ended_at)
    ).all()
    active = {made.reviewer for made in judged} | {trial.person_id for trial in ran}
    people = session.scalars(select(Person).where(Person.role.in_(TRIED)).order_by(func.lower(Person.name))).all()
    return [
        Reviewer(person.id, person.name, person.active, person.qualified_until, _figures(person.id, judged, ran))
        for person in people
        if (person.active or person.id in active) and person_id in (None, person.id)
    ]


def _figures(person_id: str, judged: Sequence[Judgement], ran: Sequence[Trial]) -> Figures:
    own = [trial for trial in ran if trial.person_id == person_id]
    done = [trial for trial in own if is_done(trial)]
    # Those of a run that was broken off too: what was answered was answered.
    answers = [Answer(made.truth, made.verdict) for trial in own for made in trial.answers]
    return figures_of(person_id, judged, answers, len(done), len(own) - len(done))


def _judgements(session: Session, since: datetime, now: datetime) -> list[Judgement]:
    rows = session.execute(
        select(
            Adjudication.reviewer_id,
            Adjudication.alert_id,
            Adjudication.verdict,
            Adjudication.opened_at,
            Adjudication.made_at,
            Alert.outcome,
        )
        .join(Alert, Alert.id == Adjudication.alert_id)
        .where(Adjudication.made_at > since, Adjudication.made_at <= now)
        .order_by(Adjudication.made_at)
    )
    return [
        Judgement(
            reviewer,
            alert,
            verdict,
            (made_at - opened_at).total_seconds() if opened_at is not None else None,
            outcome,
        )
        for reviewer, alert, verdict, opened_at, made_at, outcome in rows
    ]
