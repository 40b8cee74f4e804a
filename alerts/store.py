"""Storing what arrives from the workers: each candidate once, as an alert or as a sighting of an open one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.ids import new_id
from records.schema import (
    OPEN_STATES,
    Alert,
    CameraCount,
    Deployment,
    Event,
    PassageOfTest,
    Picture,
    ProcessState,
    Sighting,
)
from records.times import from_ns
from wire.messages import CameraStatus, Candidate, PassageEnded, ProcessStatus

Stored = Literal["alert", "sighting", "known"]


class UnknownDeployment(LookupError):
    """A candidate names a deployment that this record does not hold."""


def add_event(session: Session, kind: str, alert_id: str | None, now: datetime) -> Event:
    event = Event(at=now, kind=kind, alert_id=alert_id)
    session.add(event)
    session.flush()
    return event


def open_alert_for(session: Session, deployment_id: str, subject_id: str) -> Alert | None:
    return session.scalar(
        select(Alert).where(
            Alert.deployment_id == deployment_id, Alert.subject_id == subject_id, Alert.state.in_(OPEN_STATES)
        )
    )


def store_candidate(
    session: Session, candidate: Candidate, looks: Sequence[bytes], context: bytes | None, now: datetime
) -> Stored:
    """Store a candidate, idempotently by its id. At most one alert is open for a person, across cameras.

    `looks` are JPEGs, best first. Raises UnknownDeployment.
    """
    if session.get(Alert, candidate.id) or session.get(Sighting, candidate.id):
        return "known"
    deployment = session.get(Deployment, candidate.deployment)
    if deployment is None or deployment.ended_at is not None:
        raise UnknownDeployment(
            f"candidate {candidate.id} names deployment {candidate.deployment}, which is not running"
        )
    captured_at = from_ns(candidate.captured_at)
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
        session.add(Picture(id=new_id(), alert_id=candidate.id, kind="look", rank=rank, jpeg=jpeg))
    if context is not None:
        session.add(Picture(id=new_id(), alert_id=candidate.id, kind="context", rank=0, jpeg=context))
    add_event(session, "alert", candidate.id, now)
    return "alert"


def store_camera(session: Session, status: CameraStatus, deployment_id: str) -> None:
    """Keep the latest counters of a camera for this run of capture and worker."""
    session.merge(
        CameraCount(
            camera=status.camera,
            session=status.session,
            worker=status.worker,
            deployment_id=deployment_id,
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
            engine=status.engine,
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
