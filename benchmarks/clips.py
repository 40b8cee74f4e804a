"""The clips that throughput is measured on, each with its list of people to be found and its truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.crowd import identity_of, make_crowd
from benchmarks.data import data, lfw_pictures
from benchmarks.report import BenchmarkError
from capture.sources import Recording, open_source
from evaluation.video_figures import judge
from evaluation.video_run import Hit
from evaluation.video_truth import LabelledVideo, Opportunity, labelled_videos, opportunities
from inference.cuts import CutDetector
from inference.reader import Models, Reader
from records.times import utc_now
from watchlist.enrolment import enrol
from watchlist.list_file import build_list, save_list
from watchlist.pictures import find_pictures

CLIPS = ("sitcom-table", "street-arcade", "crowd")
CROWD_LISTED = 40
CROWD_FACES = 20
CROWD_S = 8.0


@dataclass(frozen=True)
class Clip:
    """A clip and what is needed to run and to judge it."""

    name: str
    video: LabelledVideo
    size: str
    frames: int
    """That are played."""
    listed: Path
    """Folder of the list."""
    entries: int
    templates: int
    chances: tuple[Opportunity, ...]

    def judged(self, hits: Sequence[tuple[str, int, float]]) -> tuple[int, int]:
        """(opportunities that no alert is for, false alerts: one for each person) of (identity, frame, similarity)."""
        found = judge([Hit(0, frame, who, score) for who, frame, score in hits], [self.video], self.chances)
        return len(self.chances) - len(found.first), len({hit.identity for hit in found.false})


def prepare(name: str, models: Models, folder: Path, frames: int | None = None) -> Clip:
    """The clip, and its list written below `folder`. `frames`: only so many of it are played. Raises BenchmarkError."""
    match name:
        case "sitcom-table":
            video, pictures = _recorded(name), find_pictures(data("videos", name, "enrol"))
        case "street-arcade":
            # Nobody in it is known: every alert is a false one.
            video, pictures = _recorded(name), find_pictures(data("videos", "sitcom-table", "enrol"))
        case "crowd":
            video, pictures = _crowd(folder, frames)
        case _:
            raise BenchmarkError(f"there is no clip {name!r}; there are: {', '.join(CLIPS)}")
    watchlist = build_list(enrol(pictures, Reader(models)), contract=models.pack.contract, created_at=utc_now())
    save_list(watchlist, folder / "lists" / name)
    size, played, cuts = _look_through(video.path, frames)
    rows = [replace(row, last=min(row.last, played - 1)) for row in video.rows if row.first < played]
    video = replace(video, rows=tuple(rows))
    enrolled = {subject.label for subject in watchlist.subjects}
    return Clip(
        name,
        video,
        size,
        played,
        folder / "lists" / name,
        len(watchlist.subjects),
        len(watchlist.templates),
        opportunities(0, video, cuts, enrolled),
    )


def _recorded(name: str) -> LabelledVideo:
    (video,) = labelled_videos([data("videos", name)], [])
    return video


def _crowd(folder: Path, frames: int | None) -> tuple[LabelledVideo, dict[str, tuple[Path, ...]]]:
    """Passers-by with two pictures in LFW: one walks by, some are on the list with the other."""
    of_person: dict[str, list[Path]] = {}
    for picture in lfw_pictures():
        of_person.setdefault(identity_of(picture), []).append(picture)
    pairs = {name: found for name, found in sorted(of_person.items()) if len(found) > 1}
    seconds = CROWD_S if frames is None else min(CROWD_S, frames / 12)
    truth = make_crowd(
        folder / "crowd.mp4", [found[0] for found in pairs.values()], CROWD_FACES, seconds, 12, (1920, 1080)
    )
    shown = list(dict.fromkeys(walk.identity for walk in truth.walks))
    # Half of the list walks by, the other half stays away.
    absent = [name for name in pairs if name not in shown]
    listed = sorted(shown[: CROWD_LISTED // 2] + absent[: CROWD_LISTED // 2])
    (video,) = labelled_videos([truth.video], [truth.table])
    return video, {name: (pairs[name][1],) for name in listed}


def _look_through(path: Path, frames: int | None) -> tuple[str, int, set[int]]:
    """(width x height, frames played, those that show another scene than the one before)."""
    source, detector = open_source(Recording(path)), CutDetector()
    cuts, at, size = set(), 0, ""
    try:
        while (frames is None or at < frames) and (picture := source.read()) is not None:
            size = f"{picture.shape[1]} x {picture.shape[0]}"
            if detector.is_cut(picture):
                cuts.add(at)
            at += 1
    finally:
        source.close()
    return size, at, cuts
