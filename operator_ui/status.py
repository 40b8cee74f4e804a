"""The rig's status as the tablets show it: deployment, queue, cameras, processes. Counters, nobody's face or name."""

from dataclasses import asdict
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.counts import add_up
from operator_ui.words import CAMERA_STATES, PROCESS_STATES
from records.schema import BEGUN, Alert, CameraCount, Deployment, ProcessState

SILENT_S = 3.0
"""A camera's counters come twice a second: after this long without, nobody watches it, whatever it said last."""


class DeploymentStatus(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: str
    state: str
    created_at: datetime


class QueueStatus(msgspec.Struct, frozen=True):
    """Open alerts. First and second review are one number: who may still judge must not learn of a first vote."""

    waiting: int
    in_review: int
    confirmed: int
    engaged: int
    closed: int


class CameraStatusNow(msgspec.Struct, frozen=True):
    camera: str
    state: str
    state_words: str
    fps: float
    last_frame_s: float | None
    frames: int
    dropped: int
    faces: int
    looks_rejected: int
    passages: int
    candidates: int
    unsearched: int


class ProcessStatusNow(msgspec.Struct, frozen=True):
    name: str
    state: str
    state_words: str
    restarts: int
    detail: str


class Status(msgspec.Struct, frozen=True):
    now: datetime
    deployment: DeploymentStatus | None
    queue: QueueStatus
    engines: list[str]
    cameras: list[CameraStatusNow]
    processes: list[ProcessStatusNow]


def present_deployment(session: Session) -> Deployment | None:
    """The running or paused deployment, or the last that has ended where there is none. Drafts search nothing."""
    begun = Deployment.state.in_(BEGUN)
    return session.scalars(
        select(Deployment)
        .where(begun | Deployment.ended_at.is_not(None))
        .order_by(begun.desc(), (Deployment.state == "running").desc(), Deployment.created_at.desc())
        .limit(1)
    ).first()


def read_status(session: Session, now: datetime) -> Status:
    deployment = present_deployment(session)
    counts = _camera_rows(session, deployment)
    return Status(
        now=now,
        deployment=_deployment(deployment),
        queue=_queue(session, deployment),
        engines=sorted({row.engine for rows in counts.values() for row in rows[-1:] if row.engine}),
        cameras=[_camera(rows, now) for _, rows in sorted(counts.items())],
        processes=[
            ProcessStatusNow(row.name, row.state, PROCESS_STATES.get(row.state, row.state), row.restarts, row.detail)
            for row in session.scalars(select(ProcessState).order_by(ProcessState.name))
        ],
    )


def snapshot(session: Session, now: datetime) -> bytes:
    return msgspec.json.encode(read_status(session, now))


def _deployment(row: Deployment | None) -> DeploymentStatus | None:
    return None if row is None else DeploymentStatus(row.id, row.name, row.kind, row.state, row.created_at)


def _queue(session: Session, deployment: Deployment | None) -> QueueStatus:
    states: dict[str, int] = {}
    if deployment is not None:
        counted = select(Alert.state, func.count()).where(Alert.deployment_id == deployment.id).group_by(Alert.state)
        states = {row[0]: row[1] for row in session.execute(counted)}
    return QueueStatus(
        waiting=states.get("waiting", 0),
        in_review=states.get("in_review", 0) + states.get("second_review", 0),
        confirmed=states.get("confirmed", 0),
        engaged=states.get("engaged", 0),
        closed=states.get("closed", 0) + states.get("expired", 0),
    )


def _camera_rows(session: Session, deployment: Deployment | None) -> dict[str, list[CameraCount]]:
    """The rows of each camera, the newest last."""
    found: dict[str, list[CameraCount]] = {}
    if deployment is not None:
        rows = select(CameraCount).where(CameraCount.deployment_id == deployment.id).order_by(CameraCount.at)
        for row in session.scalars(rows):
            found.setdefault(row.camera, []).append(row)
    return found


def _camera(rows: list[CameraCount], now: datetime) -> CameraStatusNow:
    newest = rows[-1]
    # A recording that has ended says nothing more, and that is as it should be.
    silent = newest.state != "ended" and (now - newest.at).total_seconds() > SILENT_S
    state = "silent" if silent else newest.state
    seen = [row.last_frame_at for row in rows if row.last_frame_at is not None]
    return CameraStatusNow(
        camera=newest.camera,
        state=state,
        state_words=CAMERA_STATES.get(state, state),
        fps=0.0 if silent else round(newest.fps, 1),
        last_frame_s=round(max(0.0, (now - max(seen)).total_seconds()), 1) if seen else None,
        **asdict(add_up(rows)),
    )
