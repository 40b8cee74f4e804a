"""The status source: whether a person is still wanted, in the words of the system that asked for the listing.

It is asked at the build, hourly while the list is used, and at each alert. Its answer can only take entries out:
"no longer wanted" withdraws, silence makes an entry's last check older until it is withheld (`standing.withheld`).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.facts import Kind
from records.ledger import append
from records.schema import Entry
from records.times import from_text
from records.vault import Vault
from watchlist.errors import StatusFault
from watchlist.particulars import read_particulars
from watchlist.row_checks import CLOCK_SKEW
from watchlist.standing import STANDING, take_out

Status = Literal["wanted", "no_longer_wanted", "unknown"]

NO_LONGER_WANTED = "no_longer_wanted"
LARGEST_DROP = 64 << 20
AT_ONCE = 500
"""Entries of one query."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says about one reference."""

    status: Status
    checked_at: datetime | None = None
    """When the source looked; an answer without it, or out of the future, is taken as unknown."""


class StatusSource(Protocol):
    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        """By reference; one that is missing is unknown. Raises StatusFault where there is no answer at all."""
        ...


@dataclass(frozen=True)
class Asked:
    """The answers about a deployment's entries, by their ids, before they are applied."""

    deployment_id: str
    answers: Mapping[str, Answer]


def ask(
    vault: Vault, session: Session, source: StatusSource, deployment_id: str, entries: Sequence[str] | None = None
) -> Asked:
    """Ask about these entries, or all that stand. May take as long as the source does: before it is asked, the
    session's view of the record is let go, so that nothing waits for a slow source; never call it in a writing
    transaction. Raises StatusFault, NoDataKey or KeyDestroyed.
    """
    query = select(Entry).where(Entry.deployment_id == deployment_id, Entry.state.in_(STANDING))
    if entries is not None:
        query = query.where(Entry.id.in_(entries))
    found = session.scalars(query).all()
    with vault.key(session, deployment_id, "list") as key:
        references = {entry.id: read_particulars(key, entry).reference for entry in found}
    session.rollback()
    # Sorted: the order of the list is nobody's business.
    said = source.answers(sorted(set(references.values()))) if references else {}
    nothing = Answer(status="unknown")
    return Asked(deployment_id, {entry: said.get(reference, nothing) for entry, reference in references.items()})


def apply_answers(session: Session, asked: Asked, now: datetime) -> dict[str, int]:
    """Withdraw who is no longer wanted, note who still is, inside a writing transaction; counts by status."""
    counts: Counter[str] = Counter()
    for entry in _entries(session, asked):
        answer = asked.answers[entry.id]
        said = answer.status
        if said == NO_LONGER_WANTED:
            take_out(session, entry, "rig", NO_LONGER_WANTED, now)
        elif said == "wanted" and answer.checked_at is not None and answer.checked_at <= now + CLOCK_SKEW:
            entry.status_checked_at = max(entry.status_checked_at, min(answer.checked_at, now))
        else:
            said = "unknown"
        counts[said] += 1
    session.flush()
    told = {name: counts[name] for name in ("wanted", NO_LONGER_WANTED, "unknown")}
    append(session, "rig", Kind.STATUS_ASKED, {"deployment": asked.deployment_id, "counts": dict(told)}, now)
    return told


def _entries(session: Session, asked: Asked) -> Iterator[Entry]:
    ids = sorted(asked.answers)
    for at in range(0, len(ids), AT_ONCE):
        found = Entry.deployment_id == asked.deployment_id, Entry.id.in_(ids[at : at + AT_ONCE])
        yield from session.scalars(select(Entry).where(*found))


@dataclass(frozen=True)
class DropFile:
    """A CSV file that the source puts down: reference, status, at. It is read anew each time."""

    path: Path

    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST_DROP + 1)
            if len(content) > LARGEST_DROP:
                raise StatusFault(f"{self.path}: larger than {LARGEST_DROP >> 20} MiB: split it")
            rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
            asked, found = set(references), dict[str, Answer]()
            if rows.fieldnames is None or {"reference", "status", "at"} - set(rows.fieldnames):
                raise StatusFault(f"{self.path}: its first row names the columns reference, status, at")
            for row in rows:
                if row["reference"] in asked:
                    found[row["reference"]] = _later(found.get(row["reference"]), self._answer(row, rows.line_num))
        except OSError as error:
            raise StatusFault(f"{self.path}: the status file cannot be read ({error.strerror})") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise StatusFault(f"{self.path}: the status file is no CSV in UTF-8") from error
        return found

    def _answer(self, row: Mapping[str, str | None], line: int) -> Answer:
        try:
            at = from_text(row["at"] or "")
            if at.tzinfo is None:
                raise ValueError
            return msgspec.convert({"status": row["status"], "checked_at": at.astimezone(UTC)}, Answer)
        except (ValueError, msgspec.ValidationError) as error:
            raise StatusFault(
                f"{self.path}, line {line}: give wanted, no_longer_wanted or unknown, and a time with its zone"
            ) from error


def _later(one: Answer | None, other: Answer) -> Answer:
    """Of two lines about one reference the later; that it is no longer wanted is never overruled."""
    if one is None or other.status == NO_LONGER_WANTED:
        return other
    if one.status == NO_LONGER_WANTED or one.checked_at is None or other.checked_at is None:
        return one
    return max(one, other, key=lambda answer: answer.checked_at or datetime.min.replace(tzinfo=UTC))
