"""The table of an import: CSV in UTF-8, one entry a row, every column known. Pure: bytes in, rows out.

Columns are a closed list, so that nothing is taken in that nobody asked for; sex, age, ethnicity and the like are
refused by name.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchlist.errors import ImportRefused

REQUIRED = (
    "reference",
    "name",
    "category",
    "reason",
    "response",
    "expires",
    "source_system",
    "lawful_basis",
    "retention_status",
    "review_on",
    "status_checked_at",
    "pictures",
    "pictures_taken_on",
)
OPTIONAL = ("look_alike_note", "under_18", "vulnerable", "approved_by", "offence_code")
COLUMNS = REQUIRED + OPTIONAL

NEVER = frozenset(
    (
        *("sex", "gender", "age", "ages", "birth", "birthday", "dob", "born", "ethnic", "ethnicity", "race", "racial"),
        *("colour", "color", "skin", "religion", "faith", "belief", "nationality", "citizenship", "politics"),
        *("political", "health", "disability", "orientation", "union"),
    )
)
"""Words of columns that are never taken (DPA 2018, section 35(8); EU AI Act, article 5(1)(g)). `under_18` is not one:
it protects, and asks for an approval."""

LARGEST_TABLE = 64 << 20
MOST_ROWS = 200_000
LONGEST_CELL = 4000


@dataclass(frozen=True)
class Row:
    """One row as it stands in the file, cells trimmed; columns that the file lacks are empty."""

    number: int
    """As a spreadsheet counts: the header is row 1."""
    cells: dict[str, str]
    fault: str | None = None
    """Why the row cannot be read at all; `cells` are empty then."""


def read_table(content: bytes) -> tuple[Row, ...]:
    """All rows that are not blank. Raises ImportRefused where the file as a whole cannot be used."""
    if len(content) > LARGEST_TABLE:
        raise ImportRefused(f"the table has {len(content) >> 20} MiB, more than {LARGEST_TABLE >> 20}: split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(f"the table is not UTF-8 (byte {error.start}): save it as CSV UTF-8") from error
    records = _records(text)
    try:
        _, header = next(records)
    except StopIteration:
        raise ImportRefused(f"the table is empty: its first row names the columns {', '.join(REQUIRED)}") from None
    columns = _columns(header)
    rows: list[Row] = []
    for number, cells in records:
        if len(rows) == MOST_ROWS:
            raise ImportRefused(f"the table has more than {MOST_ROWS} rows: split it")
        rows.append(_row(number, cells, columns))
    return tuple(rows)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of each row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise ImportRefused(f"row {number + 1} of the table is not CSV ({error}): check its quotation marks") from error


def _columns(header: list[str]) -> list[str]:
    columns = [re.sub(r"[\s-]+", "_", cell.strip().casefold()) for cell in header]
    for column in columns:
        if column not in COLUMNS and NEVER & set(re.split(r"[\W_]+", column)):
            raise ImportRefused(
                f"the column {column[:40]!r} is not taken: a list holds no such data; remove the column"
            )
    for column in columns:
        if column not in COLUMNS:
            raise ImportRefused(f"the column {column[:40]!r} is not known; known are: {', '.join(COLUMNS)}")
        if columns.count(column) > 1:
            raise ImportRefused(f"the column {column} stands in the table twice")
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        raise ImportRefused(f"the table has no column {missing[0]}; it needs: {', '.join(REQUIRED)}")
    return columns


def _row(number: int, cells: list[str], columns: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(number, {}, f"The row has {len(cells)} cells, the header {len(columns)}.")
    trimmed = [cell.strip() for cell in cells]
    for column, cell in zip(columns, trimmed, strict=True):
        if len(cell) > LONGEST_CELL:
            return Row(number, {}, f"The cell {column} has more than {LONGEST_CELL} characters.")
        if any(not character.isprintable() and character != "\n" for character in cell.replace("\r\n", "\n")):
            return Row(number, {}, f"The cell {column} holds a character that cannot be printed.")
    return Row(number, dict.fromkeys(COLUMNS, "") | dict(zip(columns, trimmed, strict=True)))
