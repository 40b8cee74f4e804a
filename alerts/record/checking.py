"""Checking a bundle with nothing but its files and the rig's public key: no database, no rig, no network.

In this order, so that the first fault is the one that explains the others: the signature, the files, the schema, the
ledger, the figures against one another and against the ledger, the certificates, the page and the tables.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts.record import manifest
from alerts.record.as_csv import to_csv
from alerts.record.as_html import LINK, table_html
from alerts.record.as_json import content_sha256, from_text
from alerts.record.bundle import HTML, JSON, LEDGER
from alerts.record.errors import RecordRefused
from alerts.record.extract import Extract, Told
from alerts.record.extract_reading import read as read_ledger
from alerts.record.fields import Record
from alerts.record.manifest import Manifest, file_of
from alerts.record.reconcile import reconcile
from alerts.record.recount import certificate_sha256, certificates_told, compare
from alerts.record.tables import tables
from records.certificates import is_genuine, read_certificate
from records.errors import RecordsError, VaultError
from records.facts import Kind

LARGEST = 256 * 2**20
"""Bytes of a file that are read: no bundle comes near."""


@dataclass(frozen=True)
class Checked:
    """`sentence` is a line for people, also where nothing is wrong."""

    in_order: bool
    sentence: str


class _Fault(Exception):
    """A sentence: what, where and what it means."""


def check_bundle(folder: Path, public_key: bytes | None) -> Checked:
    """`public_key` (32 bytes) is the rig's, from a hand you trust. Raises RecordRefused where nothing can be read."""
    try:
        told = _manifest(folder, public_key)
        files = _files(folder, told)
        record = _record(files, told)
        ledger = _ledger(files, record)
        _figures(record, ledger)
        _certificates(files, record, ledger)
        _shown(files, record)
    except _Fault as fault:
        return Checked(False, str(fault))
    whose = "the key given" if public_key else "a key that the folder itself names (give --key to know whose)"
    return Checked(
        True,
        f"Complete and unaltered: the {told.copy} record of {record.content.about.name!r}, {len(files)} files, made at"
        f" {told.made_at} and signed by {told.key}, {whose}. Its totals reconcile, and the ledger's entries give the"
        f" same {record.content.alerts.total} alerts, {record.content.stops.total} stops and"
        f" {record.content.stops.arrests} arrests.",
    )


def _manifest(folder: Path, public_key: bytes | None) -> Manifest:
    path = folder / manifest.NAME
    if not path.is_file():
        raise _Fault(f"{manifest.NAME}: it is missing, so that nothing here can be believed")
    try:
        return manifest.read(_read(path), public_key)
    except RecordRefused as error:
        raise _Fault(f"{manifest.NAME}: {error}") from error


def _files(folder: Path, told: Manifest) -> dict[str, bytes]:
    there = set(_names(folder)) - {manifest.NAME}
    if missing := sorted(told.files.keys() - there):
        raise _Fault(f"{missing[0]}: it is missing, something was removed from the bundle")
    if extra := sorted(there - told.files.keys()):
        raise _Fault(f"{extra[0]}: it does not belong to the bundle, it was added later")
    found = {}
    for name, expected in told.files.items():
        found[name] = _read(folder / name)
        if file_of(found[name]) != expected:
            raise _Fault(f"{name}: it was altered, its content is not the one that the rig signed")
    return found


def _names(folder: Path) -> Iterator[str]:
    """Of all files, and of folders that are empty or links: no bundle has such."""
    for base, folders, names in os.walk(folder):
        odd = [one for one in folders if Path(base, one).is_symlink() or not os.listdir(Path(base, one))]
        for name in (*names, *odd):
            yield Path(base, name).relative_to(folder).as_posix()


def _record(files: dict[str, bytes], told: Manifest) -> Record:
    try:
        found = from_text(files[JSON])
    except KeyError:
        raise _Fault(f"{JSON}: it is not in the bundle, which has no record then") from None
    except RecordRefused as error:
        raise _Fault(f"{JSON}: {error}") from error
    same = (found.copy, found.content.about.id, found.made_at, found.ledger_seq, found.ledger_hash)
    if same != (told.copy, told.deployment, told.made_at, told.ledger_seq, told.ledger_hash):
        raise _Fault(f"{JSON}: it belongs to another bundle, {manifest.NAME} tells of another record")
    if found.internal_sha256 != told.internal_sha256:
        raise _Fault(f"{JSON}: it names another internal copy than {manifest.NAME}")
    if found.copy == "internal" and content_sha256(found.content) != found.internal_sha256:
        raise _Fault(f"{JSON}: its content does not have the hash that it names, so that no public copy belongs to it")
    return found


def _ledger(files: dict[str, bytes], record: Record) -> Extract:
    try:
        found = read_ledger(files.get(LEDGER, b""))
    except RecordRefused as error:
        raise _Fault(f"{LEDGER}, {error}") from error
    if (found.seq, found.hash) != (record.ledger_seq, record.ledger_hash):
        raise _Fault(f"{LEDGER}: it ends with another entry than the record was made at")
    return found


def _figures(record: Record, ledger: Extract) -> None:
    try:
        reconcile(record.content)
        compare(record.content, ledger.told, record.copy)
    except (RecordsError, KeyError, ValueError) as error:
        raise _Fault(f"{JSON}: {error}") from error


def _certificates(files: dict[str, bytes], record: Record, ledger: Extract) -> None:
    named = {erasure.certificate: erasure for erasure in record.content.erasures if erasure.certificate}
    there = {name for name in files if name.startswith("certificates/")}
    if odd := sorted(there ^ named.keys()):
        raise _Fault(f"{odd[0]}: the record and the folder do not have the same deletion certificates")
    destroyed = {one.seq: one for one in ledger.told if one.kind == Kind.KEY_DESTROYED}
    issued = certificates_told(ledger.told)
    for name, erasure in named.items():
        text = files[name].decode(errors="replace")
        try:
            found = read_certificate(text)
            genuine = is_genuine(found, bytes.fromhex(found.public_key))
        except (VaultError, ValueError) as error:
            raise _Fault(f"{name}: {error}") from error
        about = found.deployment, found.purpose, found.destroyed_at
        if not genuine or about != (record.content.about.id, erasure.purpose, erasure.destroyed_at):
            raise _Fault(f"{name}: it is no certificate of this erasure")
        if not _is_told(destroyed.get(found.ledger_seq), found.ledger_hash):
            raise _Fault(f"{name}: the ledger does not tell of the erasure that it certifies")
        if record.copy == "internal" and certificate_sha256(text) not in issued:
            raise _Fault(f"{name}: the ledger tells of another certificate")


def _is_told(entry: Told | None, hash_: str) -> bool:
    return entry is not None and entry.hash == hash_


def _shown(files: dict[str, bytes], record: Record) -> None:
    """The page and the CSV files say what the record says."""
    page = files.get(HTML, b"").decode(errors="replace")
    if f'<meta name="{LINK}" content="{file_of(files[JSON]).sha256}">' not in page:
        raise _Fault(f"{HTML}: it was made from another {JSON}, or is missing")
    shown = tables(record)
    for table in shown:
        if table_html(table) not in page:
            raise _Fault(f"{HTML}: its table {table.heading!r} does not show what {JSON} says")
        if files.get(f"tables/{table.name}.csv") != to_csv(table):
            raise _Fault(f"tables/{table.name}.csv: it does not hold what {JSON} says, or is missing")
    expected = {manifest.NAME, HTML, JSON, LEDGER, *(f"tables/{table.name}.csv" for table in shown)}
    others = files.keys() - expected
    if odd := sorted(name for name in others if not name.startswith("certificates/")):
        raise _Fault(f"{odd[0]}: no record has such a file")


def _read(path: Path) -> bytes:
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            raise _Fault(f"{path.name}: it is a link or far too large, it was put there later")
        return path.read_bytes()
    except OSError as error:
        raise RecordRefused(f"{path} cannot be read: {error.strerror}") from error
