"""A person's pass through a camera's zone: open while the track lives, and what remains of it afterwards."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from inference.faces import Template
from inference.joining import fuse
from inference.looks import Geometry, Light, Look, Reason, keep_best
from inference.settings import PipelineSettings


class Ending(StrEnum):
    """Why a passage ended."""

    LOST = "lost"
    """No detection for `lost_after` seconds: the person has left or is hidden."""
    CUT = "cut"
    """The video cut to another scene."""
    SWAPPED = "swapped"
    """The track went over to another person."""
    SOURCE = "source"
    """The source ended."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A finished track: counters and one score, nothing by which a person could be recognised.

    `subjects` are set where there was a candidate, else nobody is named, however near.
    """

    track: int
    camera: str
    first_frame: int
    last_frame: int
    seconds: float
    """From the first to the last detection."""
    faces: int
    """Detections."""
    looks: int
    """Looks embedded."""
    rejected: dict[str, int]
    """Detections that could not be looks, by `Reason`."""
    eye_distance: float
    """Largest seen, in pixels."""
    turn: float
    """Least seen, absolute; units of `PipelineSettings.max_turn`."""
    sharpness: float
    """Best seen; 0.0 where no crop was cut."""
    similarity: float | None
    """The fused template's best similarity to any entry; None where nothing was searched."""
    agreeing: int
    """Looks that agreed with the entry of `similarity`."""
    subjects: tuple[str, ...]
    """Ids of the entries it was a candidate for."""
    ending: str
    """An `Ending`."""
    kept_ns: int | None = None
    """From its last look until its pixels and templates were overwritten, nanoseconds; None: it had no look."""


@dataclass(slots=True, eq=False)
class OpenPassage:
    """What is kept of a track while it lives. Everything in it is overwritten by `close`."""

    track: int
    first_frame: int
    last_frame: int
    first_at: float
    """Capture time of the first detection, seconds."""
    last_at: float
    looks: list[Look] = field(default_factory=list)
    fused: Template | None = None
    stranger: Look | None = None
    """The last look, where it did not resemble the others."""
    last_taken: float = 0.0
    looked_at: int | None = None
    """When the last look was taken, monotonic nanoseconds."""
    faces: int = 0
    embedded: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    eye_distance: float = 0.0
    turn: float = float("inf")
    sharpness: float = 0.0
    similarity: float | None = None
    agreeing: int = 0
    near: bool = False
    """Another look may change the decision."""
    subjects: list[str] = field(default_factory=list)

    def saw(self, frame: int, at: float, where: Geometry) -> None:
        self.last_frame, self.last_at = frame, at
        self.faces += 1
        self.eye_distance = max(self.eye_distance, where.eye_distance)
        self.turn = min(self.turn, abs(where.turn))

    def saw_crop(self, how: Light) -> None:
        self.sharpness = max(self.sharpness, how.sharpness)

    def reject(self, reason: Reason) -> None:
        self.rejected[reason.value] += 1

    def add(self, look: Look, settings: PipelineSettings) -> None:
        """Keep the look if it is among the best, and fuse anew."""
        self.doubt(None)
        self.embedded += 1
        self.looks, dropped = keep_best([*self.looks, look], settings.max_looks)
        for worse in dropped:
            worse.wipe()
        if self.fused is not None:
            self.fused.fill(0.0)
        self.fused = fuse(self.looks)

    def doubt(self, look: Look | None) -> None:
        """Hold a look that does not resemble the others aside, in the place of one held before."""
        if self.stranger is not None:
            self.stranger.wipe()
        self.stranger = look

    def searched(self, similarity: float, agreeing: int, settings: PipelineSettings) -> None:
        """The outcome of a search: the passage remembers its best."""
        if self.similarity is None or similarity > self.similarity:
            self.similarity, self.agreeing = similarity, agreeing
        close = similarity >= settings.threshold * settings.near_share
        self.near = close and not self.subjects and self.embedded < settings.near_looks

    def close(self, camera: str, ending: Ending) -> Passage:
        """Overwrite pixels and templates; returns what may be told of it."""
        self.doubt(None)
        for look in self.looks:
            look.wipe()
        if self.fused is not None:
            self.fused.fill(0.0)
        self.looks, self.fused = [], None
        return Passage(
            track=self.track,
            camera=camera,
            first_frame=self.first_frame,
            last_frame=self.last_frame,
            seconds=self.last_at - self.first_at,
            faces=self.faces,
            looks=self.embedded,
            rejected=dict(self.rejected),
            eye_distance=self.eye_distance,
            turn=self.turn,
            sharpness=self.sharpness,
            similarity=self.similarity,
            agreeing=self.agreeing,
            subjects=tuple(self.subjects),
            ending=ending.value,
        )
