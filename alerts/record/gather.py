"""Everything that the record database knows of a deployment, in one value. Inside a transaction; reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from alerts.record import counted, judged, standing
from alerts.record.errors import RecordRefused
from alerts.record.extract import Told
from alerts.record.fields import NOT_RECORDED, Alerts, Content, Passages, Rates, Stops
from alerts.record.measures import rate
from alerts.record.published import PUBLISHED
from alerts.record.standing import Publisher
from records.schema import Deployment


@dataclass(frozen=True)
class Gathered:
    content: Content
    certificates: dict[str, str]
    """Deletion certificates by the name of their file."""


def gather(session: Session, found: Deployment, told: Sequence[Told], publisher: Publisher, now: datetime) -> Gathered:
    """Raises RecordRefused where a figure cannot be told at all; whether all add up, `alerts.record.reconcile` says."""
    rows = judged.rows_of_alerts(session, found.id)
    decisions = judged.decisions_of(session, found.id)
    alerts = judged.alerts(session, found.id, rows, told)
    stops, passages = judged.stops(rows, decisions), counted.passages(session, found)
    searched = counted.histograms(session, found.id, "similarity")
    erasures = standing.erasures(session, found.id)
    content = Content(
        about=standing.about(found, publisher),
        authority=standing.authority(session, found),
        times=standing.times(found, told),
        cameras=counted.cameras(session, found.id),
        models=standing.models(session, found, told),
        watchlist=standing.watchlist(session, found),
        passages=passages,
        alerts=alerts,
        judgements=judged.judgements(rows),
        stops=stops,
        complaints=judged.complaints(session, found.id),
        rates=rates(passages, alerts, stops),
        volunteers=counted.volunteers(session, found, now),
        latency=judged.latency(rows),
        similarity=searched,
        forgetting=counted.histograms(session, found.id, "age"),
        timeline=counted.timeline(session, found.id, searched),
        erasures=tuple(erasure for erasure, _ in erasures),
        demographics=NOT_RECORDED,
        review=NOT_RECORDED,
        published=PUBLISHED,
        cases=judged.cases(rows, decisions, told),
    )
    certificates = {erasure.certificate: text for erasure, text in erasures if erasure.certificate and text}
    return Gathered(content, certificates)


def rates(passages: Passages, alerts: Alerts, stops: Stops) -> Rates:
    """From the counts alone. Raises RecordRefused where there were more of a part than of the whole."""
    parts = {
        "false alerts than passages": (alerts.wrong_person, passages.total),
        "false alerts than alerts": (alerts.wrong_person, alerts.total),
        "alerts on stale entries than alerts": (alerts.right_person_stale_entry, alerts.total),
        "stops than alerts": (stops.total, alerts.total),
        "arrests than stops": (stops.arrests, stops.total),
    }
    for words, (hits, of) in parts.items():
        if not 0 <= hits <= of:
            raise RecordRefused(f"the record does not add up: there are more {words}, {hits} and {of}")
    right = alerts.outcomes["true_alert"] + alerts.outcomes["confirmed_true"]
    return Rates(
        false_per_passage=rate(alerts.wrong_person, passages.total),
        false_per_alert=rate(alerts.wrong_person, alerts.total),
        stale_per_alert=rate(alerts.right_person_stale_entry, alerts.total),
        not_false_per_alert=rate(alerts.total - alerts.wrong_person, alerts.total),
        right_per_decided=rate(right, right + alerts.wrong_person),
        stops_per_alert=rate(stops.total, alerts.total),
        arrests_per_stop=rate(stops.arrests, stops.total),
    )
