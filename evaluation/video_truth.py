"""Labelled videos: who is to be seen in which frames, and the recognition opportunities that follow from it.

A truth file is a CSV with the columns `video, frame_from, frame_to, identity, view, note` (frames from 0, both ends
included; `view` and `note` are free text). It says when a person is in the picture, not where.
"""

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from evaluation.errors import EvaluationError

TRUTH_FILE = "truth.csv"
_NEEDED = ("video", "frame_from", "frame_to", "identity")


class TruthError(EvaluationError):
    """A truth file that cannot be used; the message names file and line and says what is wrong."""


class View(StrEnum):
    """The best view of a face that the annotator noted, by the words `frontal`, `three-quarter` and `profile`."""

    FRONTAL = "frontal"
    THREE_QUARTER = "three-quarter"
    PROFILE = "profile"
    OTHER = "other"

    @classmethod
    def of(cls, text: str) -> "View":
        return next((view for view in cls if view.value in text.lower()), cls.OTHER)


@dataclass(frozen=True)
class TruthRow:
    first: int
    last: int
    """Included."""
    identity: str
    view: str
    line: int
    """In the file, from 1."""


@dataclass(frozen=True)
class LabelledVideo:
    path: Path
    truth: Path
    rows: tuple[TruthRow, ...]

    @property
    def name(self) -> str:
        return self.path.name

    def present(self, identity: str, frame: int) -> bool:
        """Whether the truth says that this person is to be seen in this frame."""
        return any(row.identity == identity and row.first <= frame <= row.last for row in self.rows)

    def check_length(self, frames: int) -> None:
        """Raises TruthError where a row ends after the video does."""
        for row in self.rows:
            if row.last >= frames:
                raise TruthError(
                    f"{self.truth} line {row.line}: frame_to {row.last}, but {self.name} has {frames} frames (0 to"
                    f" {frames - 1})"
                )


@dataclass(frozen=True)
class Opportunity:
    """One pass of an enrolled person: it is recognised if there is at least one alert for that person in it."""

    video: int
    """Number of the video in the evaluation."""
    identity: str
    first: int
    last: int
    """Included."""
    view: View

    def holds(self, video: int, frame: int, identity: str) -> bool:
        return video == self.video and identity == self.identity and self.first <= frame <= self.last


def opportunities(
    number: int, video: LabelledVideo, cuts: Collection[int], enrolled: Collection[str]
) -> tuple[Opportunity, ...]:
    """The opportunities of a video, in the order of their frames; its number in the evaluation is `number`.

    Each row of an enrolled person is one, except that a row joins the person's row before it if the two touch or
    overlap (the one begins at most one frame after the other ends) and no hard cut lies at the frame where the later
    one begins: then the person was in the picture all the time, and the two rows are one opportunity with the better of
    their views. A cut inside a row divides nothing: the row is the annotator's word. `cuts`: frames that show another
    scene than the frame before. Joined or not, an opportunity is what ISO/IEC 30137-1 counts as one transaction of one
    mated subject: several alerts in it count once.
    """
    found: list[Opportunity] = []
    latest: dict[str, int] = {}
    for row in sorted(video.rows, key=lambda row: (row.first, row.last)):
        if row.identity not in enrolled:
            continue
        view = View.of(row.view)
        place = latest.get(row.identity)
        before = None if place is None else found[place]
        if place is not None and before is not None and row.first <= before.last + 1 and row.first not in cuts:
            better = min(view, before.view, key=list(View).index)
            found[place] = Opportunity(number, row.identity, before.first, max(before.last, row.last), better)
        else:
            latest[row.identity] = len(found)
            found.append(Opportunity(number, row.identity, row.first, row.last, view))
    return tuple(found)


def read_truth(file: Path) -> Mapping[str, tuple[TruthRow, ...]]:
    """The rows of each video, by its name. Raises TruthError."""
    found: dict[str, list[TruthRow]] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            table = csv.DictReader(opened)
            missing = [name for name in _NEEDED if name not in (table.fieldnames or ())]
            if missing:
                raise TruthError(f"{file}: no column {', '.join(missing)}; needed are {', '.join(_NEEDED)}")
            for row in table:
                video, read = _row(file, table.line_num, row)
                found.setdefault(video, []).append(read)
    except OSError as error:
        raise TruthError(f"{file}: cannot be read ({error.strerror})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise TruthError(f"{file}: not a CSV file in UTF-8: {error}") from error
    if not found:
        raise TruthError(f"{file}: no rows; write one for each person and shot")
    return {video: tuple(rows) for video, rows in found.items()}


def labelled_videos(given: Sequence[Path], truths: Sequence[Path]) -> tuple[LabelledVideo, ...]:
    """The videos to evaluate, in the order given.

    A folder with a truth.csv stands for all videos of that file; any other path is a video. A video's rows are looked
    for in `truths`, and in the truth.csv of its own folder where none is given. Raises TruthError.
    """
    tables = {file: read_truth(file) for file in truths}
    found: list[LabelledVideo] = []
    for path in given:
        own = path / TRUTH_FILE
        if path.is_dir() and (own.is_file() or truths) and not any(path.name in rows for rows in tables.values()):
            table = {own: read_truth(own)} if own.is_file() and not truths else tables
            names = [name for rows in table.values() for name in rows if (path / name).exists()]
            if not names:
                raise TruthError(f"{path}: none of the videos of {', '.join(map(str, table))} is in this folder")
            lost = [name for name in table.get(own, ()) if name not in names]
            if lost:
                raise TruthError(f"{own}: there is no {path / lost[0]}")
            found += [_labelled(path / name, table) for name in dict.fromkeys(names)]
        else:
            beside = path.parent / TRUTH_FILE
            found.append(_labelled(path, tables or {beside: read_truth(beside)}))
    return tuple(found)


def _labelled(path: Path, tables: Mapping[Path, Mapping[str, tuple[TruthRow, ...]]]) -> LabelledVideo:
    if not path.exists():
        raise TruthError(f"{path}: no such video")
    for file, rows in tables.items():
        if path.name in rows:
            return LabelledVideo(path, file, rows[path.name])
    raise TruthError(f"{path.name}: no row for this video in {', '.join(map(str, tables))}")


def _row(file: Path, line: int, row: Mapping[str, str | None]) -> tuple[str, TruthRow]:
    where = f"{file} line {line}"
    video, identity = ((row.get(name) or "").strip() for name in ("video", "identity"))
    if not video or not identity:
        raise TruthError(f"{where}: video and identity must not be empty")
    try:
        first, last = int(row["frame_from"] or ""), int(row["frame_to"] or "")
    except ValueError:
        given = f"{row['frame_from']!r} and {row['frame_to']!r}"
        raise TruthError(f"{where}: frame_from and frame_to are frame numbers, not {given}") from None
    if not 0 <= first <= last:
        raise TruthError(f"{where}: frames {first} to {last}; they count from 0, the first one first")
    return video, TruthRow(first, last, identity, row.get("view") or "", line)
