"""Pair sets: taking one in, listing them, removing one. Administrators, or whoever is at the rig's console."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import cv2
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.pair_files import Pair, PairFiles, set_id_of
from alerts.pair_rows import Fault, PairRow, PairsRefused, check_balance, read_pairs
from alerts.people import CONSOLE, check_manager
from records.canonical import Json
from records.database import Database
from records.facts import Kind
from records.ledger import append
from records.schema import PairSet, Trial
from watchlist.comparison import portrait
from watchlist.enrolment import Refused, examine
from watchlist.errors import PictureRefused, UnreadablePicture
from watchlist.faces import FaceReader
from watchlist.picture_files import Source
from watchlist.pictures import decode_picture
from watchlist.quality import Floor

QUALITY = 92
LONGEST_NAME = 80

Progress = Callable[[int, int], None]
"""Called with (pairs done, pairs in all)."""


class PairsFaulty(PairsRefused):
    """Rows that cannot be used: all of them are named, and nothing is taken in."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        one = len(faults) == 1
        super().__init__(f"{name}: {len(faults)} {'row' if one else 'rows'} cannot be used: nothing was taken in")
        self.faults = sorted(faults, key=lambda fault: fault.line)


def import_pairs(
    database: Database,
    files: PairFiles,
    source: Source,
    name: str,
    reader: FaceReader,
    by: str,
    now: datetime,
    progress: Progress = lambda _done, _all: None,
) -> PairSet:
    """Reads every picture, finds its one face, aligns it as a portrait of the comparison, and seals the set.

    Raises PairsFaulty with every bad row, PairsRefused for a table that cannot be used, Refused for whoever may not.
    """
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PairsRefused(f"a pair set needs a name of at most {LONGEST_NAME} characters")
    with database.read() as session:
        check_manager(session, by)
    rows, faults = read_pairs(source.table)
    album = _Album(source, reader)
    pairs = []
    for done, row in enumerate(rows):
        progress(done, len(rows))
        try:
            pairs.append(album.pair(row))
        except _Unfit as unfit:
            faults.append(Fault(row.line, str(unfit)))
    progress(len(rows), len(rows))
    if faults:
        raise PairsFaulty(source.name, faults)
    check_balance(rows)
    found = PairSet(
        id=set_id_of(pairs, album.portraits),
        name=name,
        pairs=len(pairs),
        mismatches=sum(not pair.same for pair in pairs),
        imported_by=None if by == CONSOLE else by,
        imported_at=now,
    )
    with database.read() as session:
        _refuse_known(session, found.id)
    # Outside the transaction: thousands of pictures wait for the disk, and nobody else may wait for them.
    files.write(found.id, pairs, album.portraits)
    with database.write() as session:
        before = _refuse_known(session, found.id)
        if before is None:
            session.add(found)
        else:
            before.name, before.imported_by, before.imported_at = name, found.imported_by, now
            before.removed_at = None
        bases: dict[str, Json] = dict(Counter(row.basis for row in rows))
        told: dict[str, Json] = {"set": found.id, "pairs": found.pairs, "mismatches": found.mismatches, "bases": bases}
        append(session, by, Kind.PAIRS_IMPORTED, told, now)
        session.flush()
        return session.get_one(PairSet, found.id)


def _refuse_known(session: Session, set_id: str) -> PairSet | None:
    """The set where it was removed. Raises PairsRefused where it is there."""
    before = session.get(PairSet, set_id)
    if before is not None and before.removed_at is None:
        raise PairsRefused(f"this very set was taken in before, as {before.name!r}")
    return before


def present(session: Session) -> Sequence[PairSet]:
    """Sets whose pictures are there, the newest first."""
    kept = select(PairSet).where(PairSet.removed_at.is_(None))
    return session.scalars(kept.order_by(PairSet.imported_at.desc(), PairSet.id)).all()


def remove_pairs(session: Session, files: PairFiles, which: str, by: str, now: datetime) -> PairSet:
    """Deletes the set's pictures; its open trials are broken off. What they had measured stays recorded.

    `which` is its name, or its id or the beginning of it. Raises PairsRefused, and Refused for whoever may not.
    """
    check_manager(session, by)
    found = [one for one in present(session) if one.name == which or (len(which) >= 6 and one.id.startswith(which))]
    if len(found) != 1:
        what = "no pair set is" if not found else "several pair sets are"
        raise PairsRefused(f"{what} named {which!r:.100}; `openlfr pairs list` shows all, with their ids")
    one = found[0]
    for trial in session.scalars(select(Trial).where(Trial.pair_set == one.id, Trial.ended_at.is_(None))):
        trial.right_answers = sum(answer.verdict == answer.truth for answer in trial.answers)
        trial.ended_at, trial.shown_at = now, None
    one.removed_at = now
    append(session, by, Kind.PAIRS_REMOVED, {"set": one.id, "pairs": one.pairs}, now)
    session.flush()
    files.remove(one.id)
    return one


class _Unfit(Exception):
    """A picture that cannot be shown as one half of a pair; the message says which and why."""


class _Album:
    """The pictures of a set, each read and aligned once, however many pairs it stands in."""

    def __init__(self, source: Source, reader: FaceReader) -> None:
        self._source, self._reader = source, reader
        self._made: dict[str, int | _Unfit] = {}
        self.portraits: list[bytes] = []

    def pair(self, row: PairRow) -> Pair:
        """Raises _Unfit."""
        return Pair(self._number(row.first), self._number(row.second), row.same)

    def _number(self, path: str) -> int:
        made = self._made.get(path)
        if made is None:
            try:
                self.portraits.append(self._aligned(path))
                made = len(self.portraits) - 1
            except (PictureRefused, UnreadablePicture) as error:
                made = _Unfit(_sentence(path, str(error)))
            except Refused as error:
                made = _Unfit(_sentence(path, error.detail))
            self._made[path] = made
        if isinstance(made, _Unfit):
            raise made
        return made

    def _aligned(self, path: str) -> bytes:
        accepted = examine(decode_picture(self._source.picture(path), path), self._reader, Floor())
        aligned = portrait(accepted.portrait, accepted.face.landmarks)
        return bytes(cv2.imencode(".jpg", aligned, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])


def _sentence(path: str, said: str) -> str:
    """The picture's path, and what is wrong with it."""
    return (said if said.startswith(path) else f"{path}: {said[:1].lower()}{said[1:]}").rstrip(".")
