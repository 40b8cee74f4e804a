"""The folder that is handed out: the record for people and for programs, what it can be checked with, and a signature.

record.html             for people
record.json             every field, after docs/record.schema.json
tables/NAME.csv         each table of the page
ledger.jsonl            the ledger's entries about the deployment
certificates/KEY.json   deletion certificates
manifest.json           hashes of all these, signed
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from alerts.record.as_csv import to_csv
from alerts.record.as_html import to_html
from alerts.record.as_json import to_text
from alerts.record.errors import RecordRefused
from alerts.record.fields import Record
from alerts.record.manifest import NAME, file_of, make
from alerts.record.plots import plots
from alerts.record.tables import tables
from records.secret_files import sync_folder
from records.signing import Signer

HTML, JSON, LEDGER = "record.html", "record.json", "ledger.jsonl"


def files_of(record: Record, ledger: bytes, certificates: Mapping[str, str], signer: Signer) -> dict[str, bytes]:
    """The content of every file, by its path in the folder."""
    text = to_text(record)
    found = {
        HTML: to_html(record, file_of(text).sha256, plots(record.content)),
        JSON: text,
        LEDGER: ledger,
        **{f"tables/{table.name}.csv": to_csv(table) for table in tables(record)},
        **{name: certificate.encode() for name, certificate in certificates.items()},
    }
    return found | {NAME: make(record, found, signer).text()}


def refuse_taken(folder: Path) -> None:
    """Evidence is never overwritten. Raises RecordRefused."""
    if folder.exists():
        raise RecordRefused(f"{folder} exists already: give the record a new folder")


def write_bundle(folder: Path, files: Mapping[str, bytes]) -> None:
    """All of them, or no folder at all. Raises RecordRefused where it exists or cannot be written."""
    refuse_taken(folder)
    half = folder.with_name(f".{folder.name}.half")
    try:
        shutil.rmtree(half, ignore_errors=True)
        for name, content in files.items():
            path = half / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        half.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        raise RecordRefused(f"{folder} cannot be written: {error.strerror}") from error
