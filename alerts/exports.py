"""Handing out the ledger: who did, and why, stands as its last entry, under a signature."""

import logging
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from alerts.steps import acting
from records.canonical import Json
from records.errors import LedgerError
from records.export import export_ledger
from records.facts import Kind
from records.ledger import append, checkpoint
from records.schema import Person
from records.signing import Signer

log = logging.getLogger(__name__)

EXPORTERS = ("auditor", "authorising_officer", "administrator")
"""It names nobody who was listed or seen, so that whoever keeps copies safe may make one."""
REASONS = ("audit", "complaint", "court", "publication", "research", "safekeeping")


def hand_out_ledger(session: Session, file: Path, signer: Signer, person: Person, reason: str, now: datetime) -> int:
    """Write the whole ledger to a new file; how many entries. Inside a writing transaction.

    Raises Refused, or LedgerError for a reason that is not one of `REASONS` and a file that cannot be written.
    """
    note_export(session, signer, person, reason, now)
    return export_ledger(session, file, signer, now)


def note_export(
    session: Session,
    signer: Signer,
    person: Person,
    reason: str,
    now: datetime,
    *,
    what: str = "ledger",
    deployment: str | None = None,
    digest: str | None = None,
) -> None:
    """That the ledger, or a deployment's record, is handed out, and why, signed: for who then writes the files in a
    reading transaction, which takes a while. Inside a writing transaction. Raises as `hand_out_ledger` does.
    """
    exporter = acting(session, person, EXPORTERS, "export the ledger or a record")
    if reason not in REASONS:
        raise LedgerError(f"an export takes a reason, one of: {', '.join(REASONS)}")
    about: dict[str, Json] = {"deployment": deployment, "hash": digest}
    told = {name: value for name, value in about.items() if value is not None}
    append(session, exporter.id, Kind.EXPORT_MADE, {"what": what, "reason": reason, **told}, now)
    try:
        checkpoint(session, signer, now)
    except LedgerError as broken:
        # Evidence of what was done to it must be had; it is not signed as whole, and `openlfr verify` says where.
        log.error("%s", broken)
