"""Taking in a file of entries: row by row, in batches, so that it can be killed at any point and started again.

A batch is on the disk before its rows are: first the sealed portraits, then one transaction with entries, pictures and
what came of each row. A start finds the rows that are done, deletes portraits that no row names, and goes on.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.database import Database
from records.facts import Kind
from records.ledger import append
from records.schema import DataKey, Entry, EntryPicture, Import, ImportRow, Person
from records.times import Now
from records.vault import OpenKey, Vault
from watchlist.errors import ImportRefused
from watchlist.faces import FaceReader
from watchlist.findings import Finding
from watchlist.judging import AcceptedPicture, Judge, Judged, RowResult
from watchlist.listed_already import ListedAlready
from watchlist.open_lists import open_deployment
from watchlist.particulars import seal_particulars
from watchlist.picture_files import Source
from watchlist.portraits import folder_of, remove_orphans, write_portraits
from watchlist.quality import Floor
from watchlist.row_checks import CheckedRow
from watchlist.rows import read_table
from watchlist.sealed_templates import seal_template
from watchlist.turns import one_at_a_time

BATCH = 25
"""Rows of one transaction: what a kill costs at most."""
MOST_CODES = 32

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What came of all rows of a file, those of earlier, interrupted runs included."""

    id: str
    file: str
    dry_run: bool
    rows: tuple[RowResult, ...]
    pictures: int
    """Accepted ones of this file's entries."""
    done_before: int
    """Rows that an earlier run had done."""

    @property
    def accepted(self) -> int:
        return sum(row.accepted for row in self.rows)

    @property
    def rejected(self) -> int:
        return len(self.rows) - self.accepted


@dataclass(frozen=True)
class EntryImport:
    """Where entries go, and with which models their pictures are read."""

    database: Database
    vault: Vault
    vault_folder: Path
    deployment_id: str
    reader: FaceReader
    contract: str
    """Embedding contract of the pack."""
    actor: str
    now: Now
    floor: Floor = field(default_factory=Floor)

    def run(self, source: Source, *, dry_run: bool = False, progress: Progress | None = None) -> ImportReport:
        """Take in the file, or what is left of it. A dry run checks all and writes nothing.

        Raises ImportRefused for a file that cannot be used as a whole, NotAllowed, or BadTemplates.
        """
        if dry_run:
            return self._run(source, True, progress)
        with one_at_a_time(folder_of(self.vault_folder, self.deployment_id)):
            return self._run(source, False, progress)

    def _run(self, source: Source, dry_run: bool, progress: Progress | None) -> ImportReport:
        table = read_table(source.table)
        if not table:
            raise ImportRefused(f"{source.name}: the table has no row below its header")
        import_id = hashlib.sha256(f"{self.deployment_id}\n{source.sha256}".encode()).hexdigest()
        if not dry_run:
            self._begin(import_id, source.name, len(table))
        with self.database.read() as session:
            policy = open_deployment(session, self.deployment_id, self.actor).policy
            self._check_contract(session)
            officers = session.scalars(select(Person).where(Person.active, Person.role == "authorising_officer"))
            judge = Judge(
                self.vault,
                self.deployment_id,
                policy,
                {officer.name: officer.id for officer in officers},
                source,
                ListedAlready(session, self.deployment_id, import_id),
                self.reader,
                self.floor,
            )
            before = () if dry_run else _rows_done(session, import_id)
        done = {result.row for result in before}
        results = list(before)
        batch: list[Judged] = []
        for number, row in enumerate(table, start=1):
            if row.number not in done:
                made = judge.judge(row, self.now())
                results.append(made.result)
                batch += [] if dry_run else [made]
            if len(batch) == BATCH or (batch and number == len(table)):
                self._store(import_id, batch)
                batch = []
            if progress:
                progress(number, len(table))
        pictures = judge.pictures if dry_run else self._finish(import_id)
        results.sort(key=lambda result: result.row)
        return ImportReport(import_id, source.name, dry_run, tuple(results), pictures, len(before))

    def _begin(self, import_id: str, file: str, rows: int) -> None:
        with self.database.write() as session:
            now = self.now()
            open_deployment(session, self.deployment_id, self.actor)
            if session.get(DataKey, (self.deployment_id, "list")) is None:
                self.vault.create_key(session, self.deployment_id, "list", self.actor, now)
            if session.get(Import, import_id) is None:
                by = self.actor if session.get(Person, self.actor) else None
                session.add(
                    Import(
                        id=import_id,
                        deployment_id=self.deployment_id,
                        file=file,
                        by=by,
                        rows=rows,
                        started_at=now,
                    )
                )
            known = session.scalars(
                select(EntryPicture.id).join(Entry).where(Entry.deployment_id == self.deployment_id)
            ).all()
        remove_orphans(folder_of(self.vault_folder, self.deployment_id), known)

    def _check_contract(self, session: Session) -> None:
        one = session.scalars(
            select(EntryPicture).join(Entry).where(Entry.deployment_id == self.deployment_id).limit(1)
        ).first()
        if one is not None and one.measures["contract"] != self.contract:
            raise ImportRefused("this deployment's pictures were read with another model pack: name that one")

    def _store(self, import_id: str, batch: list[Judged]) -> None:
        folder = folder_of(self.vault_folder, self.deployment_id)
        with self.database.read() as session, self.vault.key(session, self.deployment_id, "list") as key:
            write_portraits(
                folder, key, {one.enrolled.reference.id: one.enrolled.jpeg for made in batch for one in made.pictures}
            )
            rows = [row for made in batch for row in self._rows_of(key, import_id, made)]
        with self.database.write() as session:
            open_deployment(session, self.deployment_id, self.actor)
            session.add_all(rows)

    def _rows_of(self, key: OpenKey, import_id: str, made: Judged) -> list[Any]:
        result = made.result
        rows: list[Any] = []
        if made.checked is not None and made.pictures and result.entry_id is not None:
            rows.append(self._entry(key, made.checked, made.reference_digest, result.entry_id))
            rows += [self._picture(key, result.entry_id, picture) for picture in made.pictures]
        findings = [msgspec.to_builtins(finding) for finding in result.findings]
        rows.append(
            ImportRow(
                import_id=import_id,
                row=result.row,
                result="accepted" if result.accepted else "rejected",
                entry_id=result.entry_id,
                findings=findings,
            )
        )
        return rows

    def _entry(self, key: OpenKey, checked: CheckedRow, reference_digest: str, entry_id: str) -> Entry:
        data, now = checked.data, self.now()
        return Entry(
            id=entry_id,
            deployment_id=self.deployment_id,
            reference_digest=reference_digest,
            category=data.category,
            response=data.response,
            lawful_basis=data.lawful_basis,
            source_system=data.source_system,
            retention_status=data.retention_status,
            review_on=data.review_on,
            expires_at=data.expires_at,
            under_18=data.under_18,
            vulnerable=data.vulnerable,
            approved_by=data.approved_by,
            state="active",
            state_at=now,
            status_checked_at=checked.status_checked_at,
            false_alerts=0,
            created_by=None if self.actor in ("console", "rig") else self.actor,
            created_at=now,
            sealed=seal_particulars(key, entry_id, data.particulars),
        )

    def _picture(self, key: OpenKey, entry_id: str, picture: AcceptedPicture) -> EntryPicture:
        reference = picture.enrolled.reference
        measures = msgspec.to_builtins(reference)
        for name in ("id", "file", "row"):
            del measures[name]
        return EntryPicture(
            id=reference.id,
            entry_id=entry_id,
            taken_on=picture.named.taken_on,
            file_digest=picture.file_digest,
            measures={**measures, "contract": self.contract},
            template=seal_template(key, reference.id, picture.enrolled.template),
        )

    def _finish(self, import_id: str) -> int:
        """Mark the import as done, once; how many pictures its entries have."""
        with self.database.write() as session:
            pictures = (
                session.scalar(
                    select(func.count())
                    .select_from(EntryPicture)
                    .join(ImportRow, ImportRow.entry_id == EntryPicture.entry_id)
                    .where(ImportRow.import_id == import_id)
                )
                or 0
            )
            found = session.get_one(Import, import_id)
            if found.finished_at is None:
                now = self.now()
                rows = _rows_done(session, import_id)
                codes = Counter(
                    finding.code for row in rows for finding in row.findings if finding.refuses != "nothing"
                )
                accepted = sum(row.accepted for row in rows)
                append(
                    session,
                    self.actor,
                    Kind.ENTRIES_IMPORTED,
                    {
                        "deployment": self.deployment_id,
                        "import": import_id,
                        "accepted": accepted,
                        "rejected": len(rows) - accepted,
                        "pictures": pictures,
                        "codes": dict(codes.most_common(MOST_CODES)),
                    },
                    now,
                )
                found.finished_at = now
        return pictures


def _rows_done(session: Session, import_id: str) -> tuple[RowResult, ...]:
    rows = session.scalars(select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.row))
    return tuple(
        RowResult(row.row, row.result == "accepted", row.entry_id, msgspec.convert(row.findings, tuple[Finding, ...]))
        for row in rows
    )
