"""Faces linked over frames: the `trackers` library's ByteTrack behind a small interface.

Compared on the development videos at full and a third of the frame rate: ByteTrack, OC-SORT, SORT and C-BIoU of that
library. None mixed two of the people whose names are known; ByteTrack with boxes widened by 0.3 broke the fewest tracks
at the low rate and costs a quarter of a millisecond a frame. Where one man covers another it may pass the track on: the
swap guard is there for that. Supervision has dropped its own ByteTrack, and norfair asks for NumPy 1, which OpenCV 5
does not go with.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from supervision import Detections
from trackers.core.bytetrack.tracker import ByteTrackTracker
from trackers.utils.iou import BIoU

from inference.faces import Face

BOX_BUFFER = 0.3
"""Boxes are compared after each side was moved out by this share of the box: small fast faces need not overlap."""


class Update(NamedTuple):
    """What one frame did to the tracks."""

    tracks: list[int | None]
    """One for each face given, in their order; None: not, or not yet, part of a track."""
    ended: list[int]
    """Tracks lost for too long."""
    unseen: list[NDArray[np.float32]]
    """Where tracks without a face in this frame are thought to be: boxes (4,)."""


class Tracker:
    """Track numbers count up from 1 and are never used twice, `reset` or not. A track begins with its second face."""

    def __init__(self, start_score: float, lost_after: float, frame_rate: float) -> None:
        """Faces scored below `start_score` only continue tracks. `lost_after`: seconds. `frame_rate`: nominal."""
        self._library = ByteTrackTracker(
            lost_track_buffer=max(1, round(30 * lost_after)),
            frame_rate=frame_rate,
            track_activation_threshold=start_score,
            high_conf_det_threshold=start_score,
            minimum_consecutive_frames=1,
            iou=BIoU(BOX_BUFFER),
        )
        self._numbers: dict[int, int] = {}
        self._given = 0
        self._last: float | None = None

    def update(self, faces: Sequence[Face], at: float) -> Update:
        """`at`: capture time in seconds, later than that of the last call (else it is taken as 1 ms later)."""
        if self._last is not None and at <= self._last:
            at = self._last + 1e-3
        self._last = at
        result = self._library.update(_detections(faces), timestamp=at)
        tracks: list[int | None] = [None] * len(faces)
        for index, library_id in zip(result.data.get("index", ()), _ids(result), strict=True):
            if library_id >= 0:
                tracks[int(index)] = self._number(int(library_id))
        alive = self._library.tracked_objects
        present = {self._number(int(library_id)): box for library_id, box in zip(_ids(alive), alive.xyxy, strict=True)}
        ended = sorted(set(self._numbers.values()) - set(present))
        self._numbers = {key: number for key, number in self._numbers.items() if number in present}
        unseen = [np.asarray(box, np.float32) for number, box in present.items() if number not in tracks]
        return Update(tracks, ended, unseen)

    def reset(self) -> list[int]:
        """Forget everybody; the tracks that ended by it."""
        ended = sorted(self._numbers.values())
        self._library.reset()
        self._numbers = {}
        self._last = None
        return ended

    def _number(self, library_id: int) -> int:
        if library_id not in self._numbers:
            self._given += 1
            self._numbers[library_id] = self._given
        return self._numbers[library_id]


def _ids(detections: Detections) -> NDArray[np.integer]:
    return np.empty(0, np.int64) if detections.tracker_id is None else detections.tracker_id


def _detections(faces: Sequence[Face]) -> Detections:
    if not faces:
        return Detections.empty()
    return Detections(
        xyxy=np.array([face.box for face in faces], np.float64),
        confidence=np.array([face.score for face in faces], np.float32),
        data={"index": np.arange(len(faces))},
    )
