"""Can this rig see a known face now? Test frames go the way of a camera's frames before the worker serves.

It tells a rig that recognises nobody (a wrong or damaged model, a threshold that nothing reaches, an index that finds
nothing) from one that works. It does not tell how well it works: test frames and test entry are of one photograph.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from inference.faces import Picture
from inference.pipeline import Decision, Passage, Pipeline
from inference.reader import Networks
from inference.recogniser import align
from inference.settings import PipelineSettings
from watchlist.entries import Subject
from watchlist.hnsw import HnswIndex
from watchlist.index import ExactIndex, Gallery, Index

ENTRY = "self-check"
"""Id and label of the one entry of the test list."""
MORE_FRAMES = 4
"""Frames beyond one for each look that must agree: a track is taken up only at its second detection, and a turn of the
head may cost a look."""
ABOVE_GAP_S = 0.05
"""By which two test frames lie further apart than two looks must."""


class SelfCheckFailed(RuntimeError):
    """This rig must not search: it would find nobody, or anybody. One line that says what was tried."""


class CheckFaces(Protocol):
    """What is looked at; heights and widths may differ from picture to picture."""

    @property
    def portrait(self) -> Picture:
        """The entry's reference picture: one face, BGR."""
        ...

    @property
    def known(self) -> Sequence[Picture]:
        """Frames in which the person of the portrait is in view, one face each."""
        ...

    @property
    def stranger(self) -> Sequence[Picture]:
        """The same of another person."""
        ...


@dataclass(frozen=True)
class SelfCheck:
    """A check that was passed."""

    pack: str
    engine: str
    threshold: float
    similarity: float
    """Of the test face, fused, cosine."""
    stranger: float
    """The highest of the other face."""
    frames: int
    """Looked at until the test face was a candidate."""
    seconds: float

    @property
    def sentence(self) -> str:
        return (
            f"recognises its test face: similarity {self.similarity:.2f}, another face {self.stranger:.2f},"
            f" threshold {self.threshold:.3f}, pack {self.pack}, {self.engine} search, {self.seconds:.1f} s"
        )


def check_itself(
    networks: Networks, pack: str, engine: str, faces: CheckFaces, settings: PipelineSettings
) -> SelfCheck:
    """Raises SelfCheckFailed. `engine`: `exact` or `hnsw`, as the list's; `settings` with the deployment's threshold.

    The known face must become a candidate, once and as the entry it is; not while that entry is withheld; and the other
    face must be looked at and become none.
    """
    began = time.perf_counter()
    at = f"with pack {pack} at threshold {settings.threshold:.3f}"
    subject = Subject(id=ENTRY, label=ENTRY, pictures=())
    template = _template(networks, faces.portrait, at)
    gallery = Gallery(template, [0])
    index: Index = HnswIndex(gallery) if engine == "hnsw" else ExactIndex(gallery)
    try:
        found = _pass(networks, index, subject, faces.known, settings, until_found=True)
        if [decision.subject for decision in found.decisions] != [ENTRY]:
            raise SelfCheckFailed(f"this rig does not recognise its own test face {at}: {found.what}")
        hidden = _pass(networks, index, subject, faces.known, settings, frames=found.frames, withheld=True)
        if hidden.decisions:
            raise SelfCheckFailed(f"this rig raises an entry that it must not search for, {at}")
        other = _pass(networks, index, subject, faces.stranger, settings, frames=found.frames + 1)
        if other.decisions:
            raise SelfCheckFailed(f"this rig takes another face for its test face {at}: {other.what}")
        if other.looks < settings.agreement:
            raise SelfCheckFailed(f"this rig does not see the other face of its self-check {at}: {other.what}")
    finally:
        index.forget()
        template.fill(0.0)
    return SelfCheck(
        pack,
        engine,
        settings.threshold,
        found.decisions[0].similarity,
        other.similarity,
        found.frames,
        time.perf_counter() - began,
    )


@dataclass(frozen=True)
class _Passed:
    decisions: tuple[Decision, ...]
    passages: tuple[Passage, ...]
    frames: int

    @property
    def looks(self) -> int:
        return max((passage.looks for passage in self.passages), default=0)

    @property
    def similarity(self) -> float:
        return max((passage.similarity or 0.0 for passage in self.passages), default=0.0)

    @property
    def what(self) -> str:
        if not self.passages:
            return f"no face was found in {self.frames} frames"
        if not self.looks:
            return f"no look of {self.frames} frames was good enough"
        return f"similarity {self.similarity:.3f} from {self.looks} looks in {self.frames} frames"


def _pass(
    networks: Networks,
    index: Index,
    subject: Subject,
    pictures: Sequence[Picture],
    settings: PipelineSettings,
    *,
    frames: int | None = None,
    until_found: bool = False,
    withheld: bool = False,
) -> _Passed:
    step = settings.gap + ABOVE_GAP_S
    # The test's few frames are a whole passage, however long one of this rig has to last.
    settings = msgspec.structs.replace(settings, min_duration=0.0, lost_after=max(settings.lost_after, 2 * step))
    pipeline = Pipeline(networks, index, [subject], settings, ENTRY)
    if withheld:
        pipeline.allow(settings.threshold, frozenset({subject.id}))
    most = settings.agreement + MORE_FRAMES if frames is None else frames
    decisions: list[Decision] = []
    passages: list[Passage] = []
    seen = 0
    for number, picture in enumerate(islice(cycle(pictures), most)):
        result = pipeline.process(picture, number, number * step)
        decisions += result.decisions
        passages += result.ended
        seen = number + 1
        if until_found and decisions:
            break
    passages += pipeline.finish()
    for decision in decisions:
        for look in decision.looks:
            look.fill(0)
    return _Passed(tuple(decisions), tuple(passages), seen)


def _template(networks: Networks, portrait: Picture, at: str) -> NDArray[np.float32]:
    """(1, d), as enrolment makes it."""
    found = networks.detector.detect(portrait, max(portrait.shape[:2]))
    if not found:
        raise SelfCheckFailed(f"this rig finds no face in its own test picture {at}")
    face = max(found, key=lambda one: float(one.box[2] - one.box[0]))
    crop = align(portrait, face.landmarks)
    try:
        return networks.recogniser.embed([crop])
    finally:
        crop.fill(0)
