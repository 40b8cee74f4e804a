"""The ledger as a file that anybody can check offline (`records.verify`): JSON lines, each in canonical form.

    header      format, how many entries and checkpoints follow, the last hash, public keys, and a signature on all this
    entry       one line each, in order
    checkpoint  directly after the entry that it signs

The header's signature covers count and last hash, so that no truncation goes unseen, not even one behind the last
checkpoint. An older export is still a true export of an older ledger: its header says when it was made.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.canonical import Json, encode
from records.chain import FORMAT, GENESIS, header_text
from records.errors import LedgerError
from records.ledger import facts_of
from records.schema import Checkpoint, LedgerEntry
from records.secret_files import sync_folder
from records.signing import Signer, key_id
from records.times import to_text


def export_ledger(session: Session, path: Path, signer: Signer, now: datetime) -> int:
    """Write the whole ledger as it stands in this transaction to a new file; returns the number of entries.

    Raises LedgerError where the file exists (evidence is never overwritten) or cannot be written.
    """
    try:
        with path.open("xb") as stream:
            try:
                entries = 0
                for line in _lines(session, signer, now):
                    stream.write(encode(line) + b"\n")
                    entries += line["line"] == "entry"
                stream.flush()
                os.fsync(stream.fileno())
            except BaseException:
                path.unlink()
                raise
        sync_folder(path.parent)
    except FileExistsError as error:
        raise LedgerError(f"{path} exists already: give the export a new name") from error
    except OSError as error:
        raise LedgerError(f"{path} cannot be written: {error.strerror}") from error
    return entries


def _lines(session: Session, signer: Signer, now: datetime) -> Iterator[dict[str, Json]]:
    checkpoints = {made.seq: made for made in session.scalars(select(Checkpoint))}
    yield _header(session, checkpoints, signer, now)
    entries = select(LedgerEntry).order_by(LedgerEntry.seq).execution_options(yield_per=1000)
    for entry in session.scalars(entries):
        yield {
            "line": "entry",
            "seq": entry.seq,
            "at": to_text(entry.at),
            "actor": entry.actor,
            "kind": entry.kind,
            "facts": facts_of(entry),
            "previous": entry.previous,
            "hash": entry.hash,
        }
        made = checkpoints.get(entry.seq)
        if made is not None:
            yield {
                "line": "checkpoint",
                "seq": made.seq,
                "hash": made.hash,
                "at": to_text(made.at),
                "key": key_id(bytes.fromhex(made.public_key)),
                "signature": made.signature,
            }


def _header(session: Session, checkpoints: dict[int, Checkpoint], signer: Signer, now: datetime) -> dict[str, Json]:
    count = session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
    final = session.scalar(select(LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)) or GENESIS
    publics = {signer.public.hex(), *(made.public_key for made in checkpoints.values())}
    header: dict[str, Json] = {
        "line": "header",
        "format": FORMAT,
        "at": to_text(now),
        "entries": count,
        "checkpoints": len(checkpoints),
        "final": final,
        "keys": {key_id(bytes.fromhex(public)): public for public in publics},
        "key": signer.id,
    }
    header["signature"] = signer.sign(header_text(header)).hex()
    return header
