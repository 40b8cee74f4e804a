"""From the record's rows to what people did: alerts and their outcomes, judgements, stops, complaints, one by one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from alerts.record.extract import Told, by_kind
from alerts.record.fields import NOT_RECORDED, Alerts, Case, Complaints, Counts, Judgements, Latency, Stops
from alerts.record.measures import decimal, spread
from alerts.states import AFTER_STOP
from records.facts import Kind
from records.schema import (
    COMPLAINT_OUTCOMES,
    DISPOSALS,
    OFFICER_DECISIONS,
    OUTCOMES,
    STEPS_OF_A_STOP,
    VERDICTS,
    Alert,
    Complaint,
    OfficerDecision,
    Sighting,
    Stop,
    Suppressed,
)
from records.times import to_text

MINUTES = Decimal("0.1")


def rows_of_alerts(session: Session, deployment_id: str) -> Sequence[Alert]:
    return session.scalars(
        select(Alert)
        .where(Alert.deployment_id == deployment_id)
        .options(selectinload(Alert.adjudications), selectinload(Alert.stop).selectinload(Stop.steps))
        .order_by(Alert.captured_at, Alert.id)
    ).all()


def alerts(session: Session, deployment_id: str, rows: Sequence[Alert], told: Sequence[Told]) -> Alerts:
    outcomes = _all(OUTCOMES, (row.outcome for row in rows if row.outcome is not None))
    sightings = select(func.count()).select_from(Sighting).join(Alert, Alert.id == Sighting.alert_id)
    suppressed = session.scalars(select(Suppressed.reason).where(Suppressed.deployment_id == deployment_id))
    return Alerts(
        total=len(rows),
        open=sum(row.outcome is None for row in rows),
        outcomes=outcomes,
        wrong_person=outcomes["false"] + outcomes["confirmed_false"],
        right_person_stale_entry=outcomes["not_engaged_stale_entry"],
        confirmed=len({str(one.facts["alert"]) for one in by_kind(list(told), Kind.ALERT_CONFIRMED)}),
        sightings=session.scalar(sightings.where(Alert.deployment_id == deployment_id)) or 0,
        suppressed=_seen(suppressed),
        views=_seen(str(one.facts["reason"]) for one in by_kind(list(told), Kind.ALERT_VIEWED)),
    )


def judgements(rows: Sequence[Alert]) -> Judgements:
    made = [one for row in rows for one in row.adjudications]
    several = [row for row in rows if len(row.adjudications) > 1]
    return Judgements(
        total=len(made),
        verdicts=_all(VERDICTS, (one.verdict for one in made)),
        judged_by_several=len(several),
        agreed=sum(len({one.verdict for one in row.adjudications}) == 1 for row in several),
        seconds=spread([(one.made_at - one.opened_at).total_seconds() for one in made if one.opened_at is not None]),
    )


def stops(rows: Sequence[Alert], decisions: Mapping[str, str]) -> Stops:
    made = [row.stop for row in rows if row.stop is not None]
    disposals = _all(DISPOSALS, (one.disposal for one in made if one.disposal is not None))
    return Stops(
        total=len(made),
        open=sum(one.ended_at is None for one in made),
        decisions=_all(OFFICER_DECISIONS, decisions.values()),
        outcomes=_all(AFTER_STOP, (one.outcome for one in made if one.outcome is not None)),
        arrests=disposals["arrested"],
        arrest_reasons=NOT_RECORDED,
        disposals={**disposals},
        steps={**_all(STEPS_OF_A_STOP, (step.kind for one in made for step in one.steps))},
        minutes=spread([_minutes(one) for one in made if one.ended_at is not None], MINUTES),
    )


def decisions_of(session: Session, deployment_id: str) -> dict[str, str]:
    """Officers' decisions by alert."""
    found = session.scalars(
        select(OfficerDecision)
        .join(Alert, Alert.id == OfficerDecision.alert_id)
        .where(Alert.deployment_id == deployment_id)
    )
    return {made.alert_id: made.decision for made in found}


def complaints(session: Session, deployment_id: str) -> Complaints:
    made = session.scalars(select(Complaint).where(Complaint.deployment_id == deployment_id)).all()
    return Complaints(
        opened=len(made),
        open=sum(one.closed_at is None for one in made),
        outcomes={**_all(COMPLAINT_OUTCOMES, (one.outcome for one in made if one.outcome is not None))},
    )


def latency(rows: Sequence[Alert]) -> Latency:
    return Latency(
        to_raised=spread([(row.raised_at - row.captured_at).total_seconds() * 1000 for row in rows]),
        to_stored=spread([(row.stored_at - row.captured_at).total_seconds() * 1000 for row in rows]),
    )


def cases(rows: Sequence[Alert], decisions: Mapping[str, str], told: Sequence[Told]) -> tuple[Case, ...]:
    entries: dict[str, list[int]] = {}
    for one in told:
        entries.setdefault(str(one.facts.get("alert")), []).append(one.seq)
    return tuple(
        Case(
            alert=row.id,
            entry=row.subject_id,
            camera=row.camera,
            raised_at=to_text(row.raised_at),
            judgements=tuple(one.verdict for one in row.adjudications),
            decision=decisions.get(row.id),
            stop=row.stop.id if row.stop else None,
            steps=tuple(step.kind for step in row.stop.steps) if row.stop else (),
            disposal=row.stop.disposal if row.stop else None,
            minutes=decimal(_minutes(row.stop), MINUTES) if row.stop and row.stop.ended_at else None,
            outcome=row.outcome,
            ledger=tuple(entries.get(row.id, ())),
        )
        for row in rows
    )


def _minutes(stop: Stop) -> float:
    assert stop.ended_at is not None
    return (stop.ended_at - stop.started_at).total_seconds() / 60


def _all(codes: Iterable[str], seen: Iterable[str]) -> dict[str, int]:
    """Every code of the closed list, also those that did not come up."""
    counted = Counter(seen)
    return {code: counted[code] for code in codes}


def _seen(codes: Iterable[str]) -> Counts:
    counted = Counter(codes)
    return {code: counted[code] for code in sorted(counted)}
