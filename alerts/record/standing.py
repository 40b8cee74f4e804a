"""From the record's rows to the parts of a record that tell what was asked for, allowed and listed."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.application import Application, read_document
from alerts.places import Place
from alerts.record.extract import Told, by_kind
from alerts.record.fields import (
    NOT_RECORDED,
    About,
    Authority,
    Count,
    Counts,
    Erasure,
    Models,
    Pause,
    SignageItem,
    ThresholdRaised,
    Times,
    Watchlist,
)
from alerts.record.measures import decimal
from records.facts import Kind
from records.policy import pin
from records.schema import (
    Alert,
    BuiltList,
    CameraCount,
    DataKey,
    Deployment,
    Entry,
    SignageCheck,
    ThresholdChange,
)
from records.times import from_text, to_text


@dataclass(frozen=True)
class Publisher:
    """What the rig file says of those who run the rig."""

    controller: str | None = None


def about(found: Deployment, publisher: Publisher) -> About:
    """Raises ApplicationError where the application cannot be read."""
    asked = read_document(found.document)
    operational = asked if isinstance(asked, Application) else None

    def words(text: str | None) -> str:
        return text or NOT_RECORDED

    return About(
        id=found.id,
        name=found.name,
        kind=found.kind,
        state=found.state,
        controller=words(publisher.controller),
        purpose="test with volunteers" if operational is None else _purpose(found, operational),
        necessity=words(operational.necessity if operational else None),
        proportionality=words(operational.proportionality if operational else None),
        alternatives=words(operational.alternatives if operational else None),
        where_reason=words(operational.where_reason if operational else None),
        intelligence_case=NOT_RECORDED,
        sensitive_sites=operational.sensitive if operational else (),
        place=words(operational.place.name if operational else None),
        area=_area(operational.place) if operational else NOT_RECORDED,
        vehicles=NOT_RECORDED,
        cost=NOT_RECORDED,
        equality_assessment=NOT_RECORDED,
    )


def authority(session: Session, found: Deployment) -> Authority:
    asked, policy = read_document(found.document), pin(found.policy).policy
    checks = session.scalars(
        select(SignageCheck)
        .where(SignageCheck.deployment_id == found.id)
        .order_by(SignageCheck.checked_at, SignageCheck.item)
    ).all()
    operational = asked if isinstance(asked, Application) else None
    return Authority(
        drafted_by=found.drafted_by,
        authorised_by=found.authorised_by,
        authorised_at=_moment(found.authorised_at),
        reference=found.authorisation_reference,
        urgent=found.urgent,
        ratified_by=found.ratified_by,
        ratified_at=_moment(found.ratified_at),
        document_sha256=found.document_hash,
        policy=policy.name,
        policy_version=policy.version,
        policy_sha256=found.policy_hash,
        confirmations=found.confirmations,
        authorised_false_alert_rate=decimal(policy.stop_rule.false_alert_rate),
        impact_assessment=operational.dpia.version if operational else NOT_RECORDED,
        impact_assessment_sha256=operational.dpia.hash if operational else NOT_RECORDED,
        alert_hours=decimal(policy.retention.alert_hours),
        signage=tuple(SignageItem(item=one.item, at=to_text(one.checked_at), by=one.checked_by) for one in checks),
        notice_published_at=next((to_text(one.checked_at) for one in checks if one.item == "published"), NOT_RECORDED),
    )


def times(found: Deployment, told: Sequence[Told]) -> Times:
    """Pauses are the ledger's."""
    pauses: list[Pause] = []
    began: tuple[str, str] | None = None
    for one in by_kind(list(told), Kind.DEPLOYMENT_PAUSED, Kind.DEPLOYMENT_RESUMED, Kind.DEPLOYMENT_ENDED):
        if one.kind == Kind.DEPLOYMENT_PAUSED:
            began = one.at, str(one.facts["reason"])
        elif began is not None:
            pauses.append(Pause(began=began[0], ended=one.at, reason=began[1]))
            began = None
    return Times(
        begins=to_text(found.begins_at),
        ends=to_text(found.ends_at),
        started=_moment(found.started_at),
        ended=_moment(found.ended_at),
        ended_for=found.ended_for,
        pauses=tuple(pauses),
        running_seconds=seconds_between(_moment(found.started_at), _moment(found.ended_at)),
        paused_seconds=sum(seconds_between(one.began, one.ended) for one in pauses),
        uptime=NOT_RECORDED,
    )


def seconds_between(began: str | None, ended: str | None) -> int:
    """Whole seconds; 0 where one is missing."""
    if began is None or ended is None:
        return 0
    return int((from_text(ended) - from_text(began)).total_seconds())


def models(session: Session, found: Deployment, told: Sequence[Told]) -> Models:
    built = session.get(BuiltList, found.id)
    asked = read_document(found.document)
    calibrated = asked.calibration if isinstance(asked, Application) else None
    start = next((str(one.facts["threshold"]) for one in by_kind(list(told), Kind.DEPLOYMENT_STARTED)), None)
    raised = session.scalars(
        select(ThresholdChange)
        .where(ThresholdChange.deployment_id == found.id, ThresholdChange.seconded_at.is_not(None))
        .order_by(ThresholdChange.seconded_at)
    )
    engines = {*session.scalars(select(CameraCount.engine).where(CameraCount.deployment_id == found.id))} | {
        *session.scalars(select(Alert.engine).where(Alert.deployment_id == found.id))
    }
    return Models(
        contract=built.contract if built else NOT_RECORDED,
        pack=_pack(built),
        engines=tuple(sorted(engine for engine in engines if engine)),
        threshold_at_start=start,
        threshold=None if found.threshold is None else f"{found.threshold:.4f}",
        raised=tuple(
            ThresholdRaised(
                at=to_text(change.seconded_at),
                before=f"{change.before:.4f}",
                after=f"{change.after:.4f}",
                reason=change.reason,
                proposed_by=change.proposed_by,
                seconded_by=change.seconded_by,
            )
            for change in raised
            if change.seconded_at is not None
        ),
        calibrated_on=calibrated.data_set if calibrated else NOT_RECORDED,
        calibrated_fpir=decimal(calibrated.fpir) if calibrated else NOT_RECORDED,
        calibrated_entries=calibrated.entries if calibrated else NOT_RECORDED,
        calibrated_threshold=f"{calibrated.threshold:.4f}" if calibrated else NOT_RECORDED,
        least_face_size=NOT_RECORDED,
        quality_floor=NOT_RECORDED,
    )


def watchlist(session: Session, found: Deployment) -> Watchlist:
    built = session.get(BuiltList, found.id)
    states = Counter(session.scalars(select(Entry.state).where(Entry.deployment_id == found.id)))
    expiry = session.scalar(select(func.max(Entry.expires_at)).where(Entry.deployment_id == found.id))
    counts = built.counts if built else {}

    def by(name: str) -> Counts:
        return {code: int(count) for code, count in counts.get(name, {}).items()}

    def one(name: str) -> Count:
        return int(counts[name]) if name in counts else NOT_RECORDED

    return Watchlist(
        sha256=built.hash if built else None,
        built_at=_moment(built.built_at) if built else None,
        erased_at=_moment(built.erased_at) if built else None,
        entries=built.entries if built else 0,
        pictures=built.pictures if built else 0,
        rejected=one("rejected"),
        categories=by("categories"),
        sources=by("sources"),
        ages=by("ages"),
        responses=by("responses"),
        under_18=one("under_18"),
        vulnerable=one("vulnerable"),
        last_expiry=_moment(expiry),
        withdrawn=states["withdrawn"],
        expired=states["expired"],
        quarantined=states["quarantined"],
    )


def erasures(session: Session, deployment_id: str) -> list[tuple[Erasure, str | None]]:
    """Each with its certificate's text, where one was issued."""
    keys = session.scalars(
        select(DataKey)
        .where(DataKey.deployment_id == deployment_id, DataKey.destroyed_at.is_not(None))
        .order_by(DataKey.purpose)
    )
    return [
        (
            Erasure(
                purpose=key.purpose,
                destroyed_at=to_text(key.destroyed_at),
                certificate=None if key.certificate is None else f"certificates/{key.purpose}.json",
            ),
            key.certificate,
        )
        for key in keys
        if key.destroyed_at is not None
    ]


def _purpose(found: Deployment, asked: Application) -> str:
    known = pin(found.policy).policy.purpose(asked.purpose)
    return known.words if known else asked.purpose


def _area(place: Place) -> str:
    if place.polygon:
        corners = "; ".join(f"{decimal(corner[0])}, {decimal(corner[1])}" for corner in place.polygon)
        return f"polygon of {corners}"
    if place.latitude is None or place.longitude is None or place.radius_m is None:
        return NOT_RECORDED
    return f"circle of {decimal(place.radius_m)} m around {decimal(place.latitude)}, {decimal(place.longitude)}"


def _pack(built: BuiltList | None) -> str:
    if built is None or built.calibration is None:
        return NOT_RECORDED
    told = json.loads(built.calibration)
    return str(told["pack"]) if isinstance(told, dict) and "pack" in told else NOT_RECORDED


def _moment(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
