"""The table of volunteers' passes that was kept on paper: CSV in UTF-8, one pass a row. Pure: bytes in, rows out."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.bluelist import PassError

COLUMNS = ("label", "camera", "began", "ended", "light")
OPTIONAL = ("group",)
MOST_ROWS = 2_000
"""All of them are one transaction: the alerts service waits for it."""
LARGEST_TABLE = 4 << 20


@dataclass(frozen=True)
class Fault:
    line: int
    """As a spreadsheet counts: the header is line 1."""
    sentence: str


@dataclass(frozen=True)
class ScheduleRow:
    line: int
    label: str
    """Of the volunteer, as on the list."""
    camera: str
    began: datetime
    ended: datetime
    light: str
    group: str | None


def read_schedule(content: bytes) -> tuple[list[ScheduleRow], list[Fault]]:
    """The rows that can be read, and what is wrong with the others. Raises PassError for what is no such table."""
    if len(content) > LARGEST_TABLE:
        raise PassError(f"the table has more than {LARGEST_TABLE >> 20} MiB: split it")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise PassError(f"the table is no CSV in UTF-8: {error}") from error
    header = lines[0][1] if lines else []
    if len(set(header)) != len(header) or not set(COLUMNS) <= set(header) <= {*COLUMNS, *OPTIONAL}:
        raise PassError(f"the table's first line names the columns: {','.join(COLUMNS)} and, if you like, group")
    if len(lines) - 1 > MOST_ROWS:
        raise PassError(f"the table has {len(lines) - 1} passes, more than {MOST_ROWS}: split it")
    read = [_row(line, header, cells) for line, cells in lines[1:]]
    return [row for row in read if isinstance(row, ScheduleRow)], [row for row in read if isinstance(row, Fault)]


def _row(line: int, header: list[str], cells: list[str]) -> ScheduleRow | Fault:
    if len(cells) != len(header):
        return Fault(line, f"needs {len(header)} cells: {', '.join(header)}")
    row = dict(zip(header, cells, strict=True))
    try:
        began, ended = read_time(row["began"]), read_time(row["ended"])
    except PassError as error:
        return Fault(line, str(error))
    return ScheduleRow(line, row["label"], row["camera"], began, ended, row["light"], row.get("group") or None)


def read_time(text: str) -> datetime:
    """A moment with its time zone, in UTC. Raises PassError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise PassError(f"write the time {text!r:.40} with its zone, as 2027-06-30T14:05:00Z")
    return found.astimezone(UTC)
