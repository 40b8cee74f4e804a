"""What a replay and a headless demonstration found: counters, passages and alerts, comparable with a truth file."""

from pathlib import Path

import msgspec
from sqlalchemy import select

from alerts.counts import add_up
from inference.catalogue import find_pack
from records.schema import Alert, CameraCount, Deployment, Entry, PassageOfTest
from rig.config import RigConfig
from rig.failures import UsageError
from rig.opening import open_rig
from watchlist.particulars import open_particulars


class PassageSeen(msgspec.Struct, frozen=True):
    track: int
    camera: str
    first_frame: int
    last_frame: int
    looks: int


class AlertRaised(msgspec.Struct, frozen=True):
    subject: str
    camera: str
    track: int
    frame: int
    similarity: float


class Outcome(msgspec.Struct, frozen=True):
    """What a replay and a headless demonstration write as JSON: anyone can compare it with a truth file."""

    frames: int
    dropped: int
    faces: int
    looks_rejected: int
    threshold: float
    engine: str
    pack: str
    wall_s: float
    passages: list[PassageSeen]
    alerts: list[AlertRaised]


def of_deployment(config: RigConfig, wall_s: float) -> Outcome:
    """What the record holds after a rig has run a test deployment, by the volunteers' labels."""
    pack = find_pack(config.inference.pack)
    with open_rig(config) as rig, rig.database.read() as session:
        entries = session.scalars(select(Entry)).all()
        labels = {entry.id: open_particulars(rig.vault, session, entry).name for entry in entries}
        counts = session.scalars(select(CameraCount)).all()
        passages = session.scalars(select(PassageOfTest).order_by(PassageOfTest.first_frame, PassageOfTest.track))
        alerts = session.scalars(select(Alert).order_by(Alert.id)).all()
        totals = add_up(counts)
        ran = session.scalars(select(Deployment).order_by(Deployment.created_at.desc()).limit(1)).one()
        return Outcome(
            frames=totals.frames,
            dropped=totals.dropped,
            faces=totals.faces,
            looks_rejected=totals.looks_rejected,
            threshold=alerts[0].threshold if alerts else ran.threshold or 0.0,
            engine=counts[0].engine if counts else "",
            pack=pack.name,
            wall_s=wall_s,
            passages=[
                PassageSeen(row.track, row.camera, row.first_frame, row.last_frame, row.looks) for row in passages
            ],
            alerts=[
                AlertRaised(labels[row.subject_id], row.camera, row.track, row.frame, round(row.similarity, 4))
                for row in alerts
            ],
        )


def write_json(path: Path, outcome: msgspec.Struct) -> None:
    """Raises UsageError where the file cannot be written."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(outcome), indent=1) + b"\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
