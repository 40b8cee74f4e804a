"""What a deployment lists already: finds a person or a picture that comes a second time, and what contradicts it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.schema import Entry, EntryPicture, ImportRow
from records.vault import Vault
from watchlist.findings import Finding
from watchlist.particulars import open_particulars
from watchlist.row_checks import EntryData


@dataclass(frozen=True)
class _Earlier:
    row: int | None
    """Of this import; None for an entry of an earlier one."""
    entry_id: str | None
    """None in a dry run."""
    data: EntryData | None
    """None: to be read from the record."""


@dataclass(frozen=True)
class Repeated:
    """A row whose reference is known: refused, or the very entry that is listed already."""

    finding: Finding
    entry_id: str | None


class ListedAlready:
    """Grows with each accepted row. References and pictures are known by their keyed digests."""

    def __init__(self, session: Session, deployment_id: str, import_id: str) -> None:
        of_import = select(ImportRow.entry_id, ImportRow.row).where(
            ImportRow.import_id == import_id, ImportRow.entry_id.is_not(None)
        )
        rows: dict[str | None, int] = {found.entry_id: found.row for found in session.execute(of_import)}
        entries = select(Entry.id, Entry.reference_digest).where(Entry.deployment_id == deployment_id)
        self._references = {
            digest: _Earlier(rows.get(entry), entry, None) for entry, digest in session.execute(entries)
        }
        files = (
            select(EntryPicture.file_digest, Entry.reference_digest)
            .join(Entry, EntryPicture.entry_id == Entry.id)
            .where(Entry.deployment_id == deployment_id)
        )
        self._files: dict[str, str] = {found.file_digest: found.reference_digest for found in session.execute(files)}

    def add(self, row: int, digest: str, data: EntryData, entry_id: str | None, files: tuple[str, ...]) -> None:
        self._references[digest] = _Earlier(row, entry_id, data)
        self._files.update(dict.fromkeys(files, digest))

    def is_picture_of_another(self, file: str, digest: str) -> bool:
        return self._files.get(file, digest) != digest

    def repeated(self, vault: Vault, session: Session, digest: str, data: EntryData) -> Repeated | None:
        """What it means that this reference stands here once more; None where it is new."""
        earlier = self._references.get(digest)
        if earlier is None:
            return None
        entry = session.get(Entry, earlier.entry_id) if earlier.entry_id else None
        if entry is not None and entry.state != "active":
            return _refused("out_already", "This reference was taken off this list: it does not come back.")
        before = earlier.data or (data_of(vault, session, entry) if entry is not None else None)
        if earlier.row is not None:
            if before == data:
                return _refused("row_twice", f"Row {earlier.row} is the same entry.")
            return _refused("contradiction", f"Row {earlier.row} has the same reference with other data.")
        if before != data:
            return _refused("contradiction", "This reference is listed already, with other data: withdraw one of them.")
        sentence = "This entry is listed already, with the same data: its pictures stay as they are."
        return Repeated(
            Finding(code="listed_already", where="reference", sentence=sentence, refuses="nothing"), earlier.entry_id
        )


def data_of(vault: Vault, session: Session, entry: Entry) -> EntryData:
    return EntryData(
        particulars=open_particulars(vault, session, entry),
        category=entry.category,
        response=entry.response,
        lawful_basis=entry.lawful_basis,
        source_system=entry.source_system,
        retention_status=entry.retention_status,
        review_on=entry.review_on,
        expires_at=entry.expires_at,
        under_18=entry.under_18,
        vulnerable=entry.vulnerable,
        approved_by=entry.approved_by,
    )


def _refused(code: str, sentence: str) -> Repeated:
    return Repeated(Finding(code=code, where="reference", sentence=sentence), None)
