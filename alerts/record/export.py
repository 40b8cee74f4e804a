"""Handing out the record of a deployment that is over: who took it, and why, stands in the ledger before it exists."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from sqlalchemy.orm import Session

from alerts.exports import note_export
from alerts.record.as_json import content_sha256
from alerts.record.errors import RecordRefused
from alerts.record.extract import Reader
from alerts.record.fields import FORMAT, Copy, Record
from alerts.record.gather import Gathered, gather
from alerts.record.public import REDACTIONS, redact
from alerts.record.reconcile import reconcile
from alerts.record.recount import compare
from alerts.record.standing import Publisher
from alerts.steps import get_deployment
from records.database import Database
from records.schema import Person
from records.signing import Signer
from records.times import to_text

OVER = ("ended", "erased", "refused")


@dataclass(frozen=True)
class Made:
    record: Record
    ledger: bytes
    certificates: dict[str, str]


def make_record(
    database: Database,
    deployment_id: str,
    copy: Copy,
    signer: Signer,
    person: Person,
    reason: str,
    now: datetime,
    publisher: Publisher,
) -> Made:
    """Gather, reconcile, count again from the ledger; then note the export and sign the ledger with it.

    The long part reads only: a rig that runs another deployment goes on meanwhile. Raises NotFound, Refused,
    LedgerError for a reason that is none, and RecordRefused where the figures do not add up: then nothing is noted.
    """
    reader = Reader(deployment_id)
    with database.read() as session:
        reader.go_on(session)
        gathered = _gathered(session, reader, publisher, now)
    with database.write() as session:
        known = len(reader.extract.told)
        reader.go_on(session)
        if len(reader.extract.told) != known:
            gathered = _gathered(session, reader, publisher, now)
        digest = content_sha256(gathered.content)
        what = f"record_{copy}"
        note_export(session, signer, person, reason, now, what=what, deployment=deployment_id, digest=digest)
        reader.go_on(session)
    content = redact(gathered.content) if copy == "public" else gathered.content
    reconcile(content)
    record = Record(
        format=FORMAT,
        copy=copy,
        made_at=to_text(now),
        made_for=reason,
        software=version("openlfr"),
        ledger_seq=reader.extract.seq,
        ledger_hash=reader.extract.hash,
        internal_sha256=digest,
        redactions=REDACTIONS if copy == "public" else (),
        content=content,
    )
    return Made(record, reader.lines(copy), gathered.certificates)


def _gathered(session: Session, reader: Reader, publisher: Publisher, now: datetime) -> Gathered:
    found = get_deployment(session, reader.deployment)
    if found.state not in OVER:
        raise RecordRefused(f"{found.name} is {found.state}: its record is made once it has ended")
    gathered = gather(session, found, reader.extract.told, publisher, now)
    reconcile(gathered.content)
    compare(gathered.content, reader.extract.told, "internal")
    return gathered
