"""One camera's pipeline: detect, track, choose looks, align, embed, search, forget. Frames in, values out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from inference.cuts import CutDetector
from inference.faces import Chip, Face, Picture
from inference.joining import agreeing, resembles
from inference.looks import (
    Look,
    cut_out,
    geometry,
    light,
    measures,
    quality,
    refuse_geometry,
    refuse_light,
    worth_embedding,
)
from inference.passages import Ending, OpenPassage, Passage
from inference.reader import Networks
from inference.recogniser import align
from inference.settings import PipelineSettings
from inference.stages import Laps
from inference.tracker import Tracker
from watchlist.entries import Subject
from watchlist.index import DEFAULT_K, Index
from wire.messages import LookMeasures

__all__ = ["Decision", "FaceInFrame", "FrameResult", "Passage", "Pipeline"]


@dataclass(frozen=True, slots=True, eq=False)
class FaceInFrame:
    """A face of the frame just processed."""

    box: NDArray[np.float32]
    """(4,): left, top, right, bottom, pixels of the frame."""
    score: float
    track: int | None
    """None: not, or not yet, part of a track."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """A candidate: a track's similarity to an entry is at or over the threshold, and enough of its looks agree."""

    track: int
    subject: str
    """The entry's id."""
    label: str
    """The entry's label."""
    similarity: float
    """Of the fused template, cosine."""
    threshold: float
    """That it reached."""
    frame: int
    """Sequence number of the frame that completed it."""
    looks: tuple[Chip, ...]
    """The receiver's own copies, best first: portraits in the geometry of `watchlist.comparison`, BGR."""
    measures: tuple[LookMeasures, ...] = ()
    """One for each look."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """What one frame brought."""

    faces: tuple[FaceInFrame, ...]
    looks_rejected: int
    """Faces of tracks that were not good enough to be looks."""
    decisions: tuple[Decision, ...]
    """At most one for each track and subject, ever."""
    ended: tuple[Passage, ...]
    unseen: tuple[NDArray[np.float32], ...]
    """Boxes where tracks without a detection in this frame are thought to be."""
    doubtful: tuple[NDArray[np.float32], ...] = ()
    """Boxes of weak detections that continue no track: perhaps no faces, to be covered all the same."""


@dataclass(slots=True, eq=False)
class _Wanted:
    """A look that is about to be embedded."""

    passage: OpenPassage
    face: Face
    crop: Chip
    quality: float
    turn: float
    measures: LookMeasures


class Pipeline:
    """Not for several threads at once. Between frames it holds the open tracks' looks and templates, nothing else."""

    def __init__(
        self,
        models: Networks,
        index: Index | None,
        subjects: Sequence[Subject],
        settings: PipelineSettings,
        camera: str,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`index` finds positions in `subjects`; None: nobody is searched for, passages are counted.

        `monotonic` (nanoseconds) measures how long looks are kept; nothing is decided by it.
        """
        self._models = models
        self._index = index
        self._subjects = subjects
        self._settings = settings
        self._camera = camera
        self._monotonic = monotonic
        strong = settings.score_threshold
        self._strong = models.detector.least_score if strong is None else strong
        self._weak = max(self._strong - settings.weak_margin, 0.0)
        self._swap_floor = settings.swap_share * settings.threshold
        self._withheld: frozenset[str] = frozenset()
        self._tracker = Tracker(self._strong, settings.lost_after, settings.frame_rate)
        self._cuts = CutDetector()
        self._open: dict[int, OpenPassage] = {}
        """By the tracker's number."""
        self._passages = 0
        self.laps = Laps()
        """Of the newest frame."""

    def allow(self, threshold: float, withheld: frozenset[str]) -> None:
        """From now on: a raised threshold (never one under that of the settings), and entries that are not found."""
        threshold = max(threshold, self._settings.threshold)
        self._settings = msgspec.structs.replace(self._settings, threshold=threshold)
        self._swap_floor = self._settings.swap_share * threshold
        self._withheld = withheld

    def process(self, picture: Picture, seq: int, at: float | None = None) -> FrameResult:
        """Take the next frame: height x width x 3, BGR; it is not kept after the call.

        `seq` rises from frame to frame. `at`: capture time in seconds; None: `seq` at the nominal frame rate.
        """
        at = seq / self._settings.frame_rate if at is None else at
        self.laps.begin()
        ended = self._end(self._tracker.reset(), Ending.CUT) if self._cuts.is_cut(picture) else []
        self.laps.lap("cut")
        found = self._models.detector.detect(picture, self._settings.detector_size, self._weak)
        self.laps.lap("detect")
        update = self._tracker.update(found, at)
        ended += self._end(update.ended, Ending.LOST)
        pairs = [
            (face, track)
            for face, track in zip(found, update.tracks, strict=True)
            if track is not None or face.score >= self._strong
        ]
        self.laps.lap("track")
        wanted, rejected = self._choose(picture, seq, at, pairs)
        self.laps.lap("align")
        improved, swapped = self._embed(picture, seq, at, wanted)
        self.laps.lap("embed")
        decisions = self._search(improved, seq)
        self.laps.lap("search")
        faces = tuple(FaceInFrame(face.box, face.score, self._number(track)) for face, track in pairs)
        doubtful = tuple(
            face.box
            for face, track in zip(found, update.tracks, strict=True)
            if track is None and face.score < self._strong
        )
        return FrameResult(faces, rejected, tuple(decisions), (*ended, *swapped), tuple(update.unseen), doubtful)

    def finish(self) -> tuple[Passage, ...]:
        """The source has ended or broken off: end all tracks. The next frame may come from another source."""
        self._cuts = CutDetector()
        return tuple(self._end(self._tracker.reset(), Ending.SOURCE))

    def _number(self, track: int | None) -> int | None:
        return None if track is None else self._open[track].track

    def _end(self, tracks: Sequence[int], ending: Ending) -> list[Passage]:
        open_ones = [self._open.pop(track) for track in tracks if track in self._open]
        closed = [self._close(passage, ending) for passage in open_ones]
        # A candidate's passage always counts: the record must reconcile.
        return [passage for passage in closed if passage.subjects or passage.seconds >= self._settings.min_duration]

    def _close(self, passage: OpenPassage, ending: Ending) -> Passage:
        closed = passage.close(self._camera, ending)
        if passage.looked_at is None:
            return closed
        return msgspec.structs.replace(closed, kept_ns=self._monotonic() - passage.looked_at)

    def _begin(self, track: int, seq: int, at: float) -> OpenPassage:
        self._passages += 1
        self._open[track] = OpenPassage(self._passages, seq, seq, at, at)
        return self._open[track]

    def _choose(
        self, picture: Picture, seq: int, at: float, pairs: Sequence[tuple[Face, int | None]]
    ) -> tuple[list[tuple[int, _Wanted]], int]:
        """The looks worth embedding, with their tracks, and the number of faces not good enough."""
        wanted: list[tuple[int, _Wanted]] = []
        rejected = 0
        for face, track in pairs:
            if track is None:
                continue
            passage = self._open.get(track) or self._begin(track, seq, at)
            where = geometry(face, *picture.shape[:2])
            passage.saw(seq, at, where)
            reason = refuse_geometry(where, self._settings, self._strong)
            if reason is None:
                crop = align(picture, face.landmarks)
                how = light(crop)
                passage.saw_crop(how)
                reason = refuse_light(how, self._settings)
            if reason is not None:
                passage.reject(reason)
                rejected += 1
                continue
            value = quality(where, how)
            since = at - passage.last_taken
            doubted = passage.stranger is not None
            if worth_embedding(
                value, where.turn, since, passage.looks, self._settings, near=passage.near, doubted=doubted
            ):
                wanted.append((track, _Wanted(passage, face, crop, value, where.turn, measures(where, how))))
        return wanted, rejected

    def _embed(
        self, picture: Picture, seq: int, at: float, wanted: Sequence[tuple[int, _Wanted]]
    ) -> tuple[list[OpenPassage], list[Passage]]:
        """(passages with a new look, passages that ended because their track went over to another person)."""
        templates = self._models.recogniser.embed([one.crop for _, one in wanted])
        looked_at = self._monotonic()
        improved: list[OpenPassage] = []
        swapped: list[Passage] = []
        for (track, one), template in zip(wanted, templates, strict=True):
            chip, landmarks = cut_out(picture, one.face.landmarks)
            look = Look(template.copy(), chip, landmarks, one.quality, one.turn, seq, at, one.measures)
            one.crop.fill(0)
            passage = one.passage
            passage.last_taken, passage.looked_at = at, looked_at
            if passage.fused is None or resembles(template, passage.fused, passage.looks, self._swap_floor):
                passage.add(look, self._settings)
                improved.append(passage)
            elif look.quality < self._settings.swap_quality:
                look.wipe()
            elif passage.stranger is None or float(passage.stranger.template @ template) < self._swap_floor:
                passage.doubt(look)
            else:
                first, passage.stranger = passage.stranger, None
                swapped += self._end([track], Ending.SWAPPED)
                passage = self._begin(track, first.frame, first.at)
                for own in (first, look):
                    passage.add(own, self._settings)
                passage.saw(seq, at, geometry(one.face, *picture.shape[:2]))
                passage.last_taken, passage.looked_at = at, looked_at
                improved.append(passage)
        templates.fill(0.0)
        return improved, swapped

    def _search(self, improved: Sequence[OpenPassage], seq: int) -> list[Decision]:
        """One search for all improved tracks: their fused templates, and their looks to see which of them agree."""
        if self._index is None or not improved:
            return []
        rows = [[passage.fused, *(look.template for look in passage.looks)] for passage in improved]
        looked_at = np.stack([row for group in rows for row in group if row is not None])
        # So many more that the best of those that may be found is among them.
        matches = self._index.search(looked_at, DEFAULT_K + len(self._withheld))
        looked_at.fill(0.0)
        decisions: list[Decision] = []
        at = 0
        for passage, group in zip(improved, rows, strict=True):
            place = self._best_place(matches.subjects[at])
            if place is None:
                at += len(group)
                passage.searched(-1.0, 0, self._settings)
                continue
            best, similarity = int(matches.subjects[at, place]), float(matches.similarities[at, place])
            of_looks = slice(at + 1, at + len(group))
            own = matches.similarities[of_looks][matches.subjects[of_looks] == best].tolist()
            at += len(group)
            count = agreeing(own, self._settings.threshold, self._settings.agreement_share)
            subject = self._subjects[best]
            if (
                similarity >= self._settings.threshold
                and count >= self._settings.agreement
                and subject.id not in passage.subjects
            ):
                passage.subjects.append(subject.id)
                chips = tuple(look.portrait() for look in passage.looks)
                measured = tuple(look.measures for look in passage.looks if look.measures is not None)
                decisions.append(
                    Decision(
                        passage.track,
                        subject.id,
                        subject.label,
                        similarity,
                        self._settings.threshold,
                        seq,
                        chips,
                        measured,
                    )
                )
            passage.searched(similarity, count, self._settings)
        return decisions

    def _best_place(self, found: NDArray[np.intp]) -> int | None:
        """The first place of a ranking whose entry is not withheld."""
        if not self._withheld:
            return 0
        places = (place for place, subject in enumerate(found) if self._subjects[subject].id not in self._withheld)
        return next(places, None)
