"""One row against the policy that the deployment pinned: an entry's data, or what is wrong with it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from records.policy import Named, Policy
from watchlist.findings import Finding
from watchlist.particulars import Particulars
from watchlist.picture_files import path_fault
from watchlist.pictures import MOST_PICTURES
from watchlist.rows import Row

CLOCK_SKEW = timedelta(minutes=5)
"""How far in the future a time of another system may seem to lie."""

LONGEST = {"reference": 64, "name": 120, "reason": 500, "look_alike_note": 500, "offence_code": 64}

_YES = ("yes", "true", "1")
_NO = ("", "no", "false", "0")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class EntryData(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says, checked. Two rows of one reference contradict each other where these differ."""

    particulars: Particulars
    category: str
    response: str
    lawful_basis: str
    source_system: str
    retention_status: str
    review_on: date
    expires_at: datetime
    under_18: bool
    vulnerable: bool
    approved_by: str | None
    """Id of the authorising officer."""


@dataclass(frozen=True)
class PictureNamed:
    """A picture of a row: where it lies, and when it was taken."""

    where: str
    """`picture 1`: file names may hold names."""
    path: str
    taken_on: date


@dataclass(frozen=True)
class CheckedRow:
    data: EntryData
    status_checked_at: datetime
    pictures: tuple[PictureNamed, ...]


class _Checker:
    """Reads cells, and collects what is wrong with them."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells
        self.findings: list[Finding] = []

    def refuse(self, code: str, where: str, sentence: str) -> None:
        self.findings.append(Finding(code=code, where=where, sentence=sentence))

    def text(self, column: str, *, required: bool = True) -> str:
        cell = self._cells[column]
        if required and not cell:
            self.refuse("missing", column, f"The column {column} is empty.")
        if len(cell) > LONGEST[column]:
            self.refuse("too_long", column, f"The column {column} has more than {LONGEST[column]} characters.")
        return cell

    def code(self, column: str, known: Sequence[str]) -> str:
        cell = self._cells[column]
        if not cell:
            self.refuse("missing", column, f"The column {column} is empty.")
        elif cell not in known:
            self.refuse("unknown_code", column, f"The policy has no such {column}; it has: {', '.join(known)}.")
        return cell

    def named(self, column: str, known: Sequence[Named]) -> str:
        return self.code(column, [item.code for item in known])

    def flag(self, column: str) -> bool:
        cell = self._cells[column].casefold()
        if cell not in _YES + _NO:
            self.refuse("not_yes_or_no", column, f"The column {column} holds yes or no.")
        return cell in _YES

    def day(self, column: str, cell: str | None = None, where: str | None = None) -> date:
        cell = self._cells[column] if cell is None else cell
        if not cell:
            self.refuse("missing", where or column, f"The column {column} is empty.")
            return date.max
        try:
            return date.fromisoformat(cell) if _DATE.fullmatch(cell) else _impossible()
        except ValueError:
            self.refuse("not_a_date", where or column, f"The column {column} takes dates as 2026-12-31.")
            return date.max

    def moment(self, column: str) -> datetime | None:
        """A time with its zone; a date alone is its first moment in UTC, the earlier reading."""
        cell = self._cells[column]
        if not cell:
            self.refuse("missing", column, f"The column {column} is empty.")
            return None
        try:
            found = datetime.fromisoformat(cell)
            if _DATE.fullmatch(cell):
                return found.replace(tzinfo=UTC)
            if found.tzinfo is None:
                self.refuse("no_time_zone", column, f"The time in {column} needs its zone, as 2026-12-31T18:00:00Z.")
                return None
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse("not_a_time", column, f"The column {column} takes times as 2026-12-31T18:00:00Z.")
            return None


def check_row(
    row: Row, policy: Policy, officers: Mapping[str, str], now: datetime
) -> tuple[CheckedRow | None, tuple[Finding, ...]]:
    """The row's data where nothing refuses it, and all findings. `officers`: ids of active ones, by name."""
    if row.fault is not None:
        return None, (Finding(code="unreadable_row", where="row", sentence=row.fault),)
    check = _Checker(row.cells)
    category = check.code("category", [item.code for item in policy.categories])
    found_category = policy.category(category)
    responses = found_category.responses if found_category else ("act", "verify", "inform")
    expires = _expiry(check, policy, now)
    status = _status_time(check, policy, now)
    under_18, vulnerable = check.flag("under_18"), check.flag("vulnerable")
    data = EntryData(
        particulars=Particulars(
            reference=check.text("reference"),
            name=check.text("name"),
            reason=check.text("reason"),
            look_alike_note=check.text("look_alike_note", required=False),
            offence_code=check.text("offence_code", required=bool(found_category and found_category.offence_code)),
        ),
        category=category,
        response=check.code("response", responses),
        lawful_basis=check.named("lawful_basis", policy.lawful_bases),
        source_system=check.named("source_system", policy.source_systems),
        retention_status=check.named("retention_status", policy.retention_statuses),
        review_on=_review(check, now),
        expires_at=expires or now,
        under_18=under_18,
        vulnerable=vulnerable,
        approved_by=_approval(check, row.cells["approved_by"], officers, under_18 or vulnerable),
    )
    pictures = _pictures(check, row.cells, policy, now)
    findings = tuple(check.findings)
    if any(finding.refuses == "row" for finding in findings) or status is None:
        return None, findings
    return CheckedRow(data, status, pictures), findings


def _expiry(check: _Checker, policy: Policy, now: datetime) -> datetime | None:
    expires = check.moment("expires")
    if expires is None:
        return None
    longest = policy.lists.longest_entry_days
    if expires <= now:
        check.refuse("expired", "expires", "The entry has expired.")
    elif expires > now + timedelta(days=longest):
        check.refuse("expires_too_late", "expires", f"An entry lasts at most {longest} days under this policy.")
    return expires


def _status_time(check: _Checker, policy: Policy, now: datetime) -> datetime | None:
    stated = check.moment("status_checked_at")
    if stated is None:
        return None
    hours = policy.lists.built_within_hours
    if stated > now + CLOCK_SKEW:
        check.refuse("in_the_future", "status_checked_at", "The time of the status check lies in the future.")
    elif stated < now - timedelta(hours=hours):
        sentence = f"The status was checked more than {hours:g} hours ago: ask the source again."
        check.refuse("status_too_old", "status_checked_at", sentence)
    return min(stated, now)


def _review(check: _Checker, now: datetime) -> date:
    review = check.day("review_on")
    if review < now.date():
        check.refuse("review_overdue", "review_on", "The source's review of the picture's retention is overdue.")
    return review


def _approval(check: _Checker, name: str, officers: Mapping[str, str], needed: bool) -> str | None:
    if not name:
        if needed:
            sentence = "A person under 18, or vulnerable, is listed only with the approval of an authorising officer."
            check.refuse("no_approval", "approved_by", sentence)
        return None
    if name not in officers:
        check.refuse("unknown_officer", "approved_by", "No active authorising officer of this rig has this name.")
    return officers.get(name)


def _pictures(check: _Checker, cells: Mapping[str, str], policy: Policy, now: datetime) -> tuple[PictureNamed, ...]:
    paths, days = _list(cells["pictures"]), _list(cells["pictures_taken_on"])
    if not paths:
        check.refuse("missing", "pictures", "The column pictures is empty: an entry has 1 to 8 pictures.")
    if len(paths) > MOST_PICTURES:
        check.refuse("too_many_pictures", "pictures", f"An entry has at most {MOST_PICTURES} pictures.")
    if len(set(paths)) != len(paths):
        check.refuse("picture_twice", "pictures", "A picture stands in this row twice.")
    if len(days) != len(paths):
        sentence = "The column pictures_taken_on has a date for each picture, in the same order, separated by ';'."
        check.refuse("dates_missing", "pictures_taken_on", sentence)
        return ()
    found = []
    for number, (path, day) in enumerate(zip(paths, days, strict=True), start=1):
        where = f"picture {number}"
        fault = path_fault(path)
        if fault:
            check.refuse("forbidden_path", where, fault)
        taken_on = check.day("pictures_taken_on", day, where)
        if date.max > taken_on > now.date():
            check.refuse("in_the_future", where, "The picture was taken in the future.")
        elif taken_on < now.date() - timedelta(days=365.25 * policy.lists.old_picture_years):
            years = policy.lists.old_picture_years
            sentence = f"The picture is more than {years:g} years old."
            check.findings.append(Finding(code="old_picture", where=where, sentence=sentence, refuses="nothing"))
        found.append(PictureNamed(where, path, taken_on))
    return tuple(found)


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")] if cell else []


def _impossible() -> date:
    raise ValueError
