"""`tables/*.csv`: each table of a record, UTF-8, for spreadsheets."""

import csv
import io
import re

from alerts.record.table import Table

_FORMULA = re.compile(r"[=+@\t\r]|-(?![0-9.])")
"""What a spreadsheet would run rather than show."""


def to_csv(table: Table) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_shown(cell) for cell in row] for row in table.rows)
    return written.getvalue().encode()


def _shown(cell: str) -> str:
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3}\b)", "", cell) if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", cell) else cell
    return f"'{plain}" if _FORMULA.match(plain) else plain
