"""What the processes of a rig count and say of themselves: numbers, nobody's face or name."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.schema.base import Base


class CameraCount(Base):
    """The latest counters of one camera for one run of capture and worker; sums over rows are the deployment's."""

    __tablename__ = "camera_counts"

    camera: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    state: Mapped[str]
    at: Mapped[datetime]
    last_frame_at: Mapped[datetime | None]
    fps: Mapped[float]
    produced: Mapped[int]
    frames: Mapped[int]
    faces: Mapped[int]
    looks_rejected: Mapped[int]
    passages: Mapped[int]
    candidates: Mapped[int]
    unsearched: Mapped[int]
    """Frames that came while no search was allowed: overwritten unseen."""
    engine: Mapped[str]
    brightness: Mapped[float | None]
    """Mean, 0..255. As sharpness: the median of the last five measures (`inference.sight`)."""
    sharpness: Mapped[float | None]
    """Of the frame reduced to 320 pixels: variance of the Laplacian over the variance of brightness."""
    still_s: Mapped[float | None]
    """For how many seconds its pictures have been the same, pixel by pixel."""


class HistogramCount(Base):
    """Anonymous counts of one camera and run: best similarity of passages, and age of what was forgotten."""

    __tablename__ = "histogram_counts"

    camera: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[str] = mapped_column(primary_key=True)
    """UTC, for example 2026-11-23T14."""
    bin: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    count: Mapped[int]


class PassageOfTest(Base):
    """One passage of a test deployment, so that a test can be compared with its truth. Never of an operational one."""

    __tablename__ = "test_passages"

    id: Mapped[str] = mapped_column(primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"))
    camera: Mapped[str]
    track: Mapped[int]
    first_frame: Mapped[int]
    last_frame: Mapped[int]
    looks: Mapped[int]


class ProcessState(Base):
    """What the supervisor last said of each process of the rig."""

    __tablename__ = "process_states"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    restarts: Mapped[int]
    at: Mapped[datetime]
    detail: Mapped[str]
