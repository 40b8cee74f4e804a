"""The table of a pair set: CSV in UTF-8, one labelled pair a row. Pure: bytes in, rows and faults out."""

import csv
import io
from collections import Counter
from dataclasses import dataclass

from alerts.trial_rules import FEWEST_PAIRS
from records.errors import RecordsError

COLUMNS = ("first", "second", "same", "basis")
BASES = ("consent", "published")
"""Why a picture may be used for training: the person agreed to it, or it was published for such use. A picture of a
watchlist, of custody or of a passer-by is neither, and no row can say so."""
ANSWERS = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}
MOST_PAIRS = 5_000
LARGEST_TABLE = 4 << 20


class PairsRefused(RecordsError):
    """A pair set that is not taken in; nothing of it was stored."""


@dataclass(frozen=True)
class Fault:
    line: int
    """As a spreadsheet counts: the header is line 1."""
    sentence: str


@dataclass(frozen=True)
class PairRow:
    line: int
    first: str
    second: str
    """Paths from the table's folder."""
    same: bool
    basis: str


def read_pairs(content: bytes) -> tuple[list[PairRow], list[Fault]]:
    """The rows that can be used, and what is wrong with the others. Raises PairsRefused for what is no such table."""
    if len(content) > LARGEST_TABLE:
        raise PairsRefused(f"the table has more than {LARGEST_TABLE >> 20} MiB: split it")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise PairsRefused(f"the table is no CSV in UTF-8: {error}") from error
    if not lines or sorted(lines[0][1]) != sorted(COLUMNS):
        raise PairsRefused(f"the table's first line names the columns: {','.join(COLUMNS)}")
    if len(lines) - 1 > MOST_PAIRS:
        raise PairsRefused(f"the table has {len(lines) - 1} pairs, more than {MOST_PAIRS}: split it")
    header = lines[0][1]
    rows: list[PairRow] = []
    faults: list[Fault] = []
    known: dict[frozenset[str], int] = {}
    for line, cells in lines[1:]:
        read = _row(line, dict(zip(header, cells, strict=False)), len(cells) == len(header))
        both = frozenset((read.first, read.second)) if isinstance(read, PairRow) else frozenset()
        if isinstance(read, Fault):
            faults.append(read)
        elif both in known:
            faults.append(Fault(line, f"the same two pictures stand in line {known[both]}"))
        else:
            known[both] = line
            rows.append(read)
    return rows, faults


def check_balance(rows: list[PairRow]) -> None:
    """Raises PairsRefused where no trial can be drawn from these."""
    of = Counter(row.same for row in rows)
    least = FEWEST_PAIRS // 2
    if min(of[True], of[False]) < least:
        raise PairsRefused(
            f"the set has {of[True]} pairs of one person and {of[False]} of two: at least {least} of each are needed"
        )


def _row(line: int, cells: dict[str, str], complete: bool) -> PairRow | Fault:
    if not complete:
        return Fault(line, f"needs {len(COLUMNS)} cells: {', '.join(COLUMNS)}")
    same = ANSWERS.get(cells["same"].lower())
    if same is None:
        return Fault(line, "`same` is yes or no")
    if cells["basis"] not in BASES:
        return Fault(line, f"`basis` says why the pictures may be used for training: {' or '.join(BASES)}")
    if cells["first"] == cells["second"]:
        return Fault(line, "both pictures are one file")
    return PairRow(line, cells["first"], cells["second"], same, cells["basis"])
