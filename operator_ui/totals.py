"""The deployment's counters: the beginning of its public record. Only decided alerts count towards judgements."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.counts import add_up
from alerts.present import present_deployment
from operator_ui.words import OUTCOMES, VERDICTS
from records.schema import Adjudication, Alert, CameraCount, Sighting, Stop

DECIDED = ("confirmed", "engaged", "closed", "expired")


class Totals(msgspec.Struct, frozen=True):
    deployment: str | None
    kind: str | None
    created_at: datetime | None
    ended_at: datetime | None
    confirmations: int | None
    frames: int
    dropped: int
    faces: int
    looks_rejected: int
    passages: int
    alerts: int
    sightings: int
    """Further candidates for a person with an open alert."""
    open: int
    stops: int
    judgements: dict[str, int]
    outcomes: dict[str, int]


def totals(session: Session) -> Totals:
    deployment = present_deployment(session)
    key = deployment.id if deployment else ""
    counts = add_up(session.scalars(select(CameraCount).where(CameraCount.deployment_id == key)))
    ours = Alert.deployment_id == key
    judged = (
        select(Adjudication.verdict, func.count())
        .join(Adjudication.alert)
        .where(ours, Alert.state.in_(DECIDED))
        .group_by(Adjudication.verdict)
    )
    ended = select(Alert.outcome, func.count()).where(ours, Alert.outcome.is_not(None)).group_by(Alert.outcome)
    verdicts = {row[0]: row[1] for row in session.execute(judged)}
    outcomes = {row[0]: row[1] for row in session.execute(ended)}
    alerts = session.scalar(select(func.count()).select_from(Alert).where(ours)) or 0
    sightings = select(func.count()).select_from(Sighting).join(Alert, Sighting.alert_id == Alert.id).where(ours)
    stops = select(func.count()).select_from(Stop).join(Stop.alert).where(ours)
    return Totals(
        deployment=deployment.name if deployment else None,
        kind=deployment.kind if deployment else None,
        created_at=deployment.created_at if deployment else None,
        ended_at=deployment.ended_at if deployment else None,
        confirmations=deployment.confirmations if deployment else None,
        frames=counts.frames,
        dropped=counts.dropped,
        faces=counts.faces,
        looks_rejected=counts.looks_rejected,
        passages=counts.passages,
        alerts=alerts,
        sightings=session.scalar(sightings) or 0,
        open=alerts - sum(outcomes.values()),
        stops=session.scalar(stops) or 0,
        judgements={verdict: verdicts.get(verdict, 0) for verdict in VERDICTS},
        outcomes={outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
    )
