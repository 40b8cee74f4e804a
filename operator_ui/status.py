"""The rig's status as the tablets show it: deployment, queue, cameras, processes. Counters, nobody's face or name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.counts import add_up
from alerts.present import present_deployment
from operator_ui.health import SILENT_S, BlindTime, Condition, condition_of, is_blind
from records.schema import Alert, CameraCount, Deployment, ProcessState, Stop

FALSE = ("false", "confirmed_false")


class DeploymentStatus(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: str
    state: str
    created_at: datetime
    started_at: datetime | None
    begins_at: datetime
    ends_at: datetime
    """The end of its window."""
    ended_at: datetime | None


class Tally(msgspec.Struct, frozen=True):
    """What the deployment has come to so far."""

    passages: int
    alerts: int
    stops: int
    false: int
    """Alerts that people found false, confirmed or not."""


class BlindNow(msgspec.Struct, frozen=True):
    """Whether no camera can see or search, although a deployment runs."""

    now: bool
    since: datetime | None = None
    total_s: float = 0.0
    """In this deployment, as far back as this server has run."""


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
    """As its worker told it last; "silent" where it tells nothing, "waiting" where it never has."""
    condition: Condition
    fps: float
    last_frame_s: float | None
    brightness: float | None
    sharpness: float | None
    still_s: float | None
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
    restarts: int
    detail: str


class Status(msgspec.Struct, frozen=True):
    now: datetime
    deployment: DeploymentStatus | None
    queue: QueueStatus
    tally: Tally
    blind: BlindNow
    engines: list[str]
    cameras: list[CameraStatusNow]
    processes: list[ProcessStatusNow]


def read_status(session: Session, now: datetime, cameras: Iterable[str] | None = None) -> Status:
    """`cameras`: those of the rig; one that never said a word is shown too."""
    deployment = present_deployment(session)
    counts = _camera_rows(session, deployment)
    searching = deployment is not None and deployment.state == "running"
    named = sorted({*counts, *(cameras or ())})
    shown = [_camera(name, counts.get(name, []), searching, now) for name in named]
    alerts = _alerts(session, deployment)
    return Status(
        now=now,
        deployment=_deployment(deployment),
        queue=_queue(alerts),
        tally=Tally(
            passages=sum(camera.passages for camera in shown),
            alerts=sum(alerts.values()),
            stops=_stops(session, deployment),
            false=sum(number for (_, outcome), number in alerts.items() if outcome in FALSE),
        ),
        blind=BlindNow(is_blind(camera.condition for camera in shown)),
        engines=sorted({row.engine for rows in counts.values() for row in rows[-1:] if row.engine}),
        cameras=shown,
        processes=[
            ProcessStatusNow(row.name, row.state, row.restarts, row.detail)
            for row in session.scalars(select(ProcessState).order_by(ProcessState.name))
        ],
    )


def with_blind_time(status: Status, blind_time: BlindTime) -> Status:
    blind = BlindNow(status.blind.now, blind_time.since, round(blind_time.total_s(status.now), 1))
    return msgspec.structs.replace(status, blind=blind)


def _deployment(row: Deployment | None) -> DeploymentStatus | None:
    if row is None:
        return None
    return DeploymentStatus(
        row.id,
        row.name,
        row.kind,
        row.state,
        row.created_at,
        row.started_at,
        row.begins_at,
        row.ends_at,
        row.ended_at,
    )


def _alerts(session: Session, deployment: Deployment | None) -> dict[tuple[str, str | None], int]:
    """Number by state and outcome."""
    if deployment is None:
        return {}
    counted = (
        select(Alert.state, Alert.outcome, func.count())
        .where(Alert.deployment_id == deployment.id)
        .group_by(Alert.state, Alert.outcome)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(counted)}


def _stops(session: Session, deployment: Deployment | None) -> int:
    if deployment is None:
        return 0
    counted = select(func.count()).select_from(Stop).join(Stop.alert).where(Alert.deployment_id == deployment.id)
    return session.scalar(counted) or 0


def _queue(alerts: Mapping[tuple[str, str | None], int]) -> QueueStatus:
    states: Counter[str] = Counter()
    for (state, _), number in alerts.items():
        states[state] += number
    return QueueStatus(
        waiting=states["waiting"],
        in_review=states["in_review"] + states["second_review"],
        confirmed=states["confirmed"],
        engaged=states["engaged"],
        closed=states["closed"] + states["expired"],
    )


def _camera_rows(session: Session, deployment: Deployment | None) -> dict[str, list[CameraCount]]:
    """The rows of each camera, the newest last."""
    found: dict[str, list[CameraCount]] = {}
    if deployment is not None:
        rows = select(CameraCount).where(CameraCount.deployment_id == deployment.id).order_by(CameraCount.at)
        for row in session.scalars(rows):
            found.setdefault(row.camera, []).append(row)
    return found


def _camera(name: str, rows: list[CameraCount], searching: bool, now: datetime) -> CameraStatusNow:
    """`rows` of this camera, the newest last."""
    counts = asdict(add_up(rows))
    if not rows:
        unknown = condition_of("waiting", None, searching, None, None, None)
        return CameraStatusNow(name, "waiting", unknown, 0.0, None, None, None, None, **counts)
    newest = rows[-1]
    silent_s = (now - newest.at).total_seconds()
    # A recording that has ended says nothing more, and that is as it should be.
    silent = newest.state != "ended" and silent_s > SILENT_S
    seen = [row.last_frame_at for row in rows if row.last_frame_at is not None]
    measures = newest.brightness, newest.sharpness, newest.still_s
    return CameraStatusNow(
        name,
        "silent" if silent else newest.state,
        condition_of(newest.state, silent_s, searching, *measures),
        0.0 if silent else round(newest.fps, 1),
        round(max(0.0, (now - max(seen)).total_seconds()), 1) if seen else None,
        *measures,
        **counts,
    )
