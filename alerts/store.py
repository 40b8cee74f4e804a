"""Storing what arrives from the workers: each candidate once, as an alert or as a sighting of an open one."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.canonical import Json
from records.events import add_event
from records.facts import Kind
from records.ids import new_id
from records.ledger import append
from records.schema import (
    OPEN_STATES,
    Alert,
    BuiltList,
    CameraCount,
    Deployment,
    Entry,
    HistogramCount,
    PassageOfTest,
    Picture,
    ProcessState,
    Sighting,
    Suppressed,
)
from records.times import from_ns
from records.vault import OpenKey
from wire.messages import CameraStatus, Candidate, Histogram, LookMeasures, PassageEnded, ProcessStatus

Stored = Literal["alert", "sighting", "suppressed", "known"]

RIG = "rig"
"""Who acts in the ledger where nobody does: the software by itself."""


class UnknownDeployment(LookupError):
    """A candidate names a deployment or an entry that this record does not hold."""


def open_alert_for(session: Session, deployment_id: str, subject_id: str) -> Alert | None:
    return session.scalar(
        select(Alert).where(
            Alert.deployment_id == deployment_id, Alert.subject_id == subject_id, Alert.state.in_(OPEN_STATES)
        )
    )


def store_candidate(
    session: Session, candidate: Candidate, looks: Sequence[bytes], context: bytes | None, key: OpenKey, now: datetime
) -> Stored:
    """Store a candidate, idempotently by its id. At most one alert is open for a person, across cameras.

    `looks` are JPEGs, best first; they are stored sealed with `key`, the deployment's key for alerts. A candidate whose
    entry has gone stale since the search, or whose deployment may not alert any more, is counted and suppressed: its
    pictures are not stored. Raises UnknownDeployment.
    """
    if any(session.get(table, candidate.id) for table in (Alert, Sighting, Suppressed)):
        return "known"
    deployment, entry = session.get(Deployment, candidate.deployment), session.get(Entry, candidate.subject)
    if deployment is None or entry is None or entry.deployment_id != deployment.id:
        raise UnknownDeployment(f"candidate {candidate.id} names a deployment or an entry that is not in this record")
    captured_at = from_ns(candidate.captured_at)
    built = session.get(BuiltList, deployment.id)
    reason = _suppressed_for(candidate, deployment, built, entry, now)
    if reason is not None:
        session.add(Suppressed(id=candidate.id, deployment_id=deployment.id, entry_id=entry.id, reason=reason, at=now))
        facts: dict[str, Json] = {"deployment": deployment.id, "entry": entry.id, "reason": reason}
        append(session, RIG, Kind.ALERT_SUPPRESSED, facts, now)
        return "suppressed"
    open_alert = open_alert_for(session, candidate.deployment, candidate.subject)
    if open_alert is not None:
        session.add(
            Sighting(
                id=candidate.id,
                alert_id=open_alert.id,
                camera=candidate.camera,
                track=candidate.track,
                similarity=candidate.similarity,
                captured_at=captured_at,
            )
        )
        add_event(session, "sighting", open_alert.id, now)
        append(session, RIG, Kind.ALERT_SIGHTED, {"alert": open_alert.id, "camera": candidate.camera}, now)
        return "sighting"
    session.add(
        Alert(
            id=candidate.id,
            deployment_id=candidate.deployment,
            subject_id=candidate.subject,
            camera=candidate.camera,
            track=candidate.track,
            frame=candidate.frame,
            similarity=candidate.similarity,
            threshold=candidate.threshold,
            engine=candidate.engine,
            contract=candidate.contract,
            list_hash=candidate.list_hash,
            captured_at=captured_at,
            raised_at=from_ns(candidate.raised_at),
            stored_at=now,
            state="waiting",
        )
    )
    session.flush()
    for rank, jpeg in enumerate(looks):
        picture = _sealed(candidate.id, "look", rank, jpeg, key)
        picture.measures = _measures(candidate.measures, rank)
        session.add(picture)
    if context is not None:
        session.add(_sealed(candidate.id, "context", 0, context, key))
    add_event(session, "alert", candidate.id, now)
    raised: dict[str, Json] = {
        "alert": candidate.id,
        "deployment": deployment.id,
        "entry": entry.id,
        "camera": candidate.camera,
        "list": candidate.list_hash,
        "contract": candidate.contract,
        "threshold": f"{candidate.threshold:.4f}",
        "engine": candidate.engine,
    }
    append(session, RIG, Kind.ALERT_RAISED, raised, now)
    return "alert"


def _suppressed_for(
    candidate: Candidate, deployment: Deployment, built: BuiltList | None, entry: Entry, now: datetime
) -> str | None:
    """Code of the reason why no alert may come of it; the database refuses one for the same reasons."""
    if deployment.state != "running":
        return f"deployment_{deployment.state}"
    if not deployment.begins_at <= from_ns(candidate.captured_at) <= deployment.ends_at:
        return "outside_window"
    if built is None or (candidate.list_hash, candidate.contract) != (deployment.list_hash, built.contract):
        return "another_list"
    if deployment.threshold is None or candidate.similarity < deployment.threshold:
        return "under_threshold"
    if entry.state != "active":
        return entry.state
    return "expired" if entry.expires_at <= now else None


def _sealed(alert_id: str, kind: str, rank: int, jpeg: bytes, key: OpenKey) -> Picture:
    picture_id = new_id()
    return Picture(id=picture_id, alert_id=alert_id, kind=kind, rank=rank, sealed=key.seal(kind, picture_id, jpeg))


def _measures(measured: Sequence[LookMeasures], rank: int) -> dict[str, float] | None:
    """None where the worker sent none, or no numbers: an alert is stored all the same."""
    found: dict[str, float] = msgspec.to_builtins(measured[rank]) if rank < len(measured) else {}
    return found if found and all(map(math.isfinite, found.values())) else None


def store_camera(session: Session, status: CameraStatus) -> None:
    """Keep the latest counters of a camera for this run of capture and worker."""
    session.merge(
        CameraCount(
            camera=status.camera,
            session=status.session,
            worker=status.worker,
            deployment_id=status.deployment,
            state=status.state,
            at=from_ns(status.at),
            last_frame_at=from_ns(status.last_frame_at) if status.last_frame_at else None,
            fps=status.fps,
            frames=status.frames,
            produced=status.produced,
            faces=status.faces,
            looks_rejected=status.looks_rejected,
            passages=status.passages,
            candidates=status.candidates,
            unsearched=status.unsearched,
            engine=status.engine,
            brightness=status.brightness,
            sharpness=status.sharpness,
            still_s=status.still_s,
        )
    )


def store_histogram(session: Session, histogram: Histogram) -> None:
    """Keep the latest sums of this camera, run, kind and hour."""
    for at, count in histogram.bins.items():
        session.merge(
            HistogramCount(
                camera=histogram.camera,
                session=histogram.session,
                worker=histogram.worker,
                kind=histogram.kind,
                hour=histogram.hour,
                bin=at,
                deployment_id=histogram.deployment,
                count=count,
            )
        )


def store_passage(session: Session, passage: PassageEnded) -> None:
    """Keep one passage of a test deployment, idempotently by its id; the database refuses those of any other kind."""
    if session.get(PassageOfTest, passage.id) is None:
        session.add(
            PassageOfTest(
                id=passage.id,
                deployment_id=passage.deployment,
                camera=passage.camera,
                track=passage.track,
                first_frame=passage.first_frame,
                last_frame=passage.last_frame,
                looks=passage.looks,
            )
        )
        session.flush()


def store_process(session: Session, status: ProcessStatus) -> None:
    session.merge(
        ProcessState(
            name=status.name,
            state=status.state,
            restarts=status.restarts,
            at=from_ns(status.at),
            detail=status.detail,
        )
    )
