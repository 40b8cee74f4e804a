"""What came of an import: a short table on the screen, every finding in a file."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rig.failures import UsageError
from watchlist.importing import ImportReport

SHOWN = 20
WIDTH = 80
COLUMNS = ("row", "result", "refuses", "code", "where", "sentence")


def show_report(report: ImportReport, saved: Path | None) -> None:
    """On standard output, to 80 columns: totals, why, and the first rejected rows and pictures."""
    console = Console(width=WIDTH, highlight=False)
    done = "would be accepted" if report.dry_run else "accepted"
    console.print(f"{report.file}: {len(report.rows)} rows, {report.accepted} {done}, {report.rejected} rejected")
    if report.done_before:
        console.print(f"{report.done_before} of the rows were done before.")
    findings = [(row, finding) for row in report.rows for finding in row.findings]
    remarks = Counter(finding.code for _, finding in findings if finding.refuses == "nothing")
    refused = [(row, finding) for row, finding in findings if finding.refuses != "nothing"]
    for code, count in sorted(remarks.items()):
        console.print(f"remark {code}: {count}")
    if refused:
        why = Table("rejected because", "rows", "pictures", box=None, pad_edge=False)
        counts = Counter((finding.code, finding.refuses) for _, finding in refused)
        for code in sorted({finding.code for _, finding in refused}):
            why.add_row(code, str(counts[code, "row"] or ""), str(counts[code, "picture"] or ""))
        first = Table("row", "what", "why", box=None, pad_edge=False)
        for row, finding in refused[:SHOWN]:
            first.add_row(str(row.row), finding.where, finding.sentence)
        console.print(why, first)
        if len(refused) > SHOWN:
            console.print(f"and {len(refused) - SHOWN} more" + ("" if saved else ": see them all with --report FILE"))
    if saved is not None:
        console.print(f"Every finding: {saved}", soft_wrap=True)


def save_report(report: ImportReport, file: Path) -> None:
    """Every finding about every row, as CSV or JSON by the file's name; rows without one are left out of the CSV.

    Raises UsageError.
    """
    if file.suffix.lower() not in (".csv", ".json"):
        raise UsageError(f"{file}: a report is written as .csv or .json")
    try:
        file.write_text(_json(report) if file.suffix.lower() == ".json" else _csv(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: the report cannot be written ({error.strerror})") from error


def _csv(report: ImportReport) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in report.rows:
        result = "accepted" if row.accepted else "rejected"
        for finding in row.findings:
            writer.writerow((row.row, result, finding.refuses, finding.code, finding.where, finding.sentence))
    return out.getvalue()


def _json(report: ImportReport) -> str:
    rows = [
        {
            "row": row.row,
            "result": "accepted" if row.accepted else "rejected",
            "findings": [
                {"refuses": found.refuses, "code": found.code, "where": found.where, "sentence": found.sentence}
                for found in row.findings
            ],
        }
        for row in report.rows
    ]
    head = {"import": report.id, "file": report.file, "dry_run": report.dry_run, "accepted": report.accepted}
    return json.dumps({**head, "rejected": report.rejected, "pictures": report.pictures, "rows": rows}, indent=1) + "\n"
