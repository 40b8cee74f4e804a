"""The rig's pipeline and the plain loop on labelled videos: every alert that each would raise, at many thresholds.

The rig's side is `inference.pipeline.Pipeline` itself, fed with the pictures of the same reader, in the same order,
with the same numbers and times, as a replay's capture process gives it through the worker: its alerts and passages are
those of `openlfr replay` (a test compares them). The process, the socket and the record around it are left out because
they decide nothing, and because only so one reading of a video serves many thresholds: a pipeline for each threshold
gets each frame in turn, and a face that several of them ask for is detected and embedded once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from capture.sources import Recording, open_source
from evaluation.video_degrade import Recipe
from evaluation.video_loop import FaceLoop
from evaluation.video_truth import LabelledVideo
from inference.cuts import CutDetector
from inference.faces import Chip, Face, Picture
from inference.pipeline import Passage, Pipeline
from inference.reader import Models
from inference.settings import PipelineSettings
from watchlist.entries import Subject
from watchlist.index import Index

Tick = Callable[[int, int], None]
"""Called with how many frames are done, and how many there are (0: unknown)."""


@dataclass(frozen=True)
class Hit:
    """An alert of the rig, or a face of a frame that the loop takes for an entry."""

    video: int
    """Number of the video in the evaluation."""
    frame: int
    identity: str
    """The entry's label."""
    similarity: float


@dataclass(frozen=True)
class Ours:
    """What the rig's pipeline found in a video at one threshold."""

    threshold: float
    alerts: tuple[Hit, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class VideoRun:
    """All that was recorded of one video."""

    frames: int
    fps: float
    """0.0 where the recording does not say."""
    cuts: tuple[int, ...]
    """Frames that show another scene than the one before, in the video as recorded."""
    ours: tuple[Ours, ...]
    """At each threshold, in the order asked for."""
    loop: tuple[Hit, ...]
    """Each face of each frame with its best entry, however dissimilar; empty without a loop."""

    @property
    def seconds(self) -> float:
        """Video time, at 25 frames a second where the recording does not say."""
        return self.frames / (self.fps or 25.0)


@dataclass
class _Shared:
    """A detector and a recogniser that answer a question about the same frame once; between frames they forget."""

    models: Models
    least_score: float = field(init=False)
    _found: dict[tuple[int, float | None], list[Face]] = field(default_factory=dict)
    _templates: dict[bytes, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.least_score = self.models.detector.least_score

    @property
    def detector(self) -> "_Shared":
        return self

    @property
    def recogniser(self) -> "_Shared":
        return self

    def detect(self, picture: Picture, size: int = 640, score_threshold: float | None = None) -> list[Face]:
        asked = (size, score_threshold)
        if asked not in self._found:
            self._found[asked] = self.models.detector.detect(picture, size, score_threshold)
        return list(self._found[asked])

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        keys = [crop.tobytes() for crop in crops]
        missing = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in self._templates}
        if missing:
            made = self.models.recogniser.embed(list(missing.values()))
            self._templates.update(zip(missing, made, strict=True))
        if not keys:
            return self.models.recogniser.embed([])
        return np.stack([self._templates[key] for key in keys])

    def next_frame(self) -> None:
        self._found.clear()
        self._templates.clear()


def run_video(
    number: int,
    video: LabelledVideo,
    models: Models,
    subjects: Sequence[Subject],
    index: Index,
    settings: Sequence[PipelineSettings],
    *,
    recipe: Recipe | None = None,
    loop: FaceLoop | None = None,
    tick: Tick | None = None,
) -> VideoRun:
    """Play a video through a pipeline for each of `settings`, and through the loop. Raises SourceError, TruthError."""
    recipe = recipe or Recipe()
    shared, cuts = _Shared(models), CutDetector()
    pipelines = [Pipeline(shared, index, subjects, one, "evaluation") for one in settings]
    alerts: list[list[Hit]] = [[] for _ in settings]
    passages: list[list[Passage]] = [[] for _ in settings]
    cut_frames: list[int] = []
    of_loop: list[Hit] = []
    frames, fps = 0, 0.0
    for frame, (original, fps) in enumerate(_pictures(video.path)):
        if cuts.is_cut(original):
            cut_frames.append(frame)
        picture = recipe.apply(original, frame)
        shared.next_frame()
        for pipeline, own_alerts, own_passages in zip(pipelines, alerts, passages, strict=True):
            result = pipeline.process(picture, frame, frame / fps if fps else None)
            own_alerts += [Hit(number, frame, found.label, found.similarity) for found in result.decisions]
            own_passages += result.ended
        if loop is not None:
            of_loop += _best_entries(number, frame, loop.templates(picture), subjects, index)
        frames = frame + 1
        if tick:
            tick(frames, 0)
    video.check_length(frames)
    for pipeline, own_passages in zip(pipelines, passages, strict=True):
        own_passages += pipeline.finish()
    ours = tuple(
        Ours(one.threshold, tuple(own), tuple(seen)) for one, own, seen in zip(settings, alerts, passages, strict=True)
    )
    return VideoRun(frames, fps, tuple(cut_frames), ours, tuple(of_loop))


def at_thresholds(settings: PipelineSettings, thresholds: Sequence[float]) -> list[PipelineSettings]:
    return [msgspec.structs.replace(settings, threshold=threshold) for threshold in thresholds]


def _pictures(path: Path) -> Iterator[tuple[Picture, float]]:
    source = open_source(Recording(path))
    try:
        while (picture := source.read()) is not None:
            yield picture, source.fps
    finally:
        source.close()


def _best_entries(
    number: int, frame: int, templates: NDArray[np.float32], subjects: Sequence[Subject], index: Index
) -> list[Hit]:
    if not len(templates):
        return []
    found = index.search(templates, 1)
    return [
        Hit(number, frame, subjects[who].label, float(similarity))
        for who, similarity in zip(found.subjects[:, 0], found.similarities[:, 0], strict=True)
    ]
