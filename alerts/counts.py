"""Adding up what the workers counted, over restarts of cameras and workers, so that the sums reconcile."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from records.schema import CameraCount


@dataclass(frozen=True)
class Counts:
    frames: int
    """Searched."""
    dropped: int
    """Produced by the sources and not searched: a newer one won, too old on arrival, or lost with a killed process."""
    faces: int
    looks_rejected: int
    passages: int
    candidates: int
    unsearched: int
    """Produced while no search was allowed, and overwritten unseen."""


def add_up(rows: Iterable[CameraCount]) -> Counts:
    """The sum over cameras, capture sessions and workers.

    A session's frames are numbered by its source, so what was not searched by any of its workers was dropped, whoever
    dropped it. A recorded frame that a killed worker had not acknowledged is searched twice; that is no drop.
    """
    listed = list(rows)
    produced: dict[tuple[str, str], int] = defaultdict(int)
    searched: dict[tuple[str, str], int] = defaultdict(int)
    for row in listed:
        session = row.camera, row.session
        produced[session] = max(produced[session], row.produced)
        searched[session] += row.frames + row.unsearched
    return Counts(
        frames=sum(row.frames for row in listed),
        dropped=sum(max(0, produced[session] - searched[session]) for session in produced),
        faces=sum(row.faces for row in listed),
        looks_rejected=sum(row.looks_rejected for row in listed),
        passages=sum(row.passages for row in listed),
        candidates=sum(row.candidates for row in listed),
        unsearched=sum(row.unsearched for row in listed),
    )
