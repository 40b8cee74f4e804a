"""From the record's rows to what the machine counted: passages, cameras, histograms, volunteers, and when."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.bluelist import read_passes
from alerts.bluelist_figures import Rate as FoundRate
from alerts.bluelist_figures import figures
from alerts.counts import add_up
from alerts.histograms import read_histograms
from alerts.record.extract import to_minute
from alerts.record.fields import (
    NOT_RECORDED,
    Bin,
    Camera,
    Count,
    Group,
    Histogram,
    Histograms,
    Hour,
    Minute,
    Passages,
    Timeline,
    Volunteers,
)
from alerts.record.measures import decimal, rate
from records.schema import Alert, CameraCount, Deployment, HistogramCount, PassageOfTest
from records.times import to_text


def cameras(session: Session, deployment_id: str) -> tuple[Camera, ...]:
    rows = _rows(session, deployment_id)
    found = []
    for name in sorted({row.camera for row in rows}):
        counts = add_up(row for row in rows if row.camera == name)
        found.append(
            Camera(
                name=name,
                passages=counts.passages,
                faces=counts.faces,
                frames=counts.frames,
                dropped=counts.dropped,
                unsearched=counts.unsearched,
                looks_rejected=counts.looks_rejected,
                candidates=counts.candidates,
                resolution=NOT_RECORDED,
                height_and_lens=NOT_RECORDED,
            )
        )
    return tuple(found)


def passages(session: Session, found: Deployment) -> Passages:
    counts = add_up(_rows(session, found.id))
    searched = session.scalar(
        select(func.sum(HistogramCount.count)).where(
            HistogramCount.deployment_id == found.id, HistogramCount.kind == "similarity"
        )
    )
    without = counts.passages - int(searched or 0)
    refused, not_searched = _split(session, found, counts.passages, without)
    return Passages(
        total=counts.passages,
        searched=int(searched or 0),
        without_search=without,
        refused_by_quality=refused,
        not_searched=not_searched,
        faces=counts.faces,
        frames=counts.frames,
        frames_dropped=counts.dropped,
        frames_unsearched=counts.unsearched,
        looks_rejected=counts.looks_rejected,
    )


def histograms(session: Session, deployment_id: str, kind: Literal["similarity", "age"]) -> Histograms:
    read = read_histograms(session, deployment_id, kind)
    shown = tuple(
        Histogram(
            camera=one.camera,
            first_hour=one.first_hour,
            last_hour=one.last_hour,
            bins=tuple(
                Bin(low=decimal(at.low), high=None if at.high == float("inf") else decimal(at.high), count=at.count)
                for at in one.bins
            ),
        )
        for one in read.shown
    )
    return Histograms(shown=shown, left_out=read.left_out)


def timeline(session: Session, deployment_id: str, searched: Histograms) -> Timeline:
    captured = session.scalars(select(Alert.captured_at).where(Alert.deployment_id == deployment_id))
    minutes = Counter(to_minute(to_text(at)) for at in captured)
    return Timeline(
        alerts=tuple(Minute(at=at, alerts=minutes[at]) for at in sorted(minutes)),
        passages=tuple(
            Hour(
                camera=one.camera,
                first=one.first_hour,
                last=one.last_hour,
                searched=sum(counted.count for counted in one.bins),
            )
            for one in searched.shown
        ),
        passages_by_minute=NOT_RECORDED,
        drops_by_minute=NOT_RECORDED,
    )


def volunteers(session: Session, found: Deployment, now: datetime) -> Volunteers | None:
    if found.kind != "test":
        return None
    passes = read_passes(session, found.id, now)
    if not passes:
        return None
    told = figures([one.judged for one in passes], now)
    return Volunteers(
        passes=told.overall.found.of,
        volunteers=told.volunteers,
        tpir=rate(told.overall.found.hits, told.overall.found.of),
        cameras=_groups(told.cameras),
        lights=_groups(told.lights),
        groups=_groups(told.groups),
        equality=told.equality,
    )


def _groups(rates: Sequence[FoundRate]) -> tuple[Group, ...]:
    return tuple(Group(name=one.name, found=rate(one.found.hits, one.found.of), too_few=one.few) for one in rates)


def _split(session: Session, found: Deployment, total: int, without: int) -> tuple[Count, Count]:
    """(refused by quality, not searched) of the passages without a search: known where a test lists each passage."""
    listed = select(func.count()).select_from(PassageOfTest).where(PassageOfTest.deployment_id == found.id)
    if found.kind != "test" or (session.scalar(listed) or 0) != total:
        return NOT_RECORDED, NOT_RECORDED
    refused = session.scalar(listed.where(PassageOfTest.looks == 0)) or 0
    return (refused, without - refused) if refused <= without else (NOT_RECORDED, NOT_RECORDED)


def _rows(session: Session, deployment_id: str) -> Sequence[CameraCount]:
    return session.scalars(select(CameraCount).where(CameraCount.deployment_id == deployment_id)).all()
