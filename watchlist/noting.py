"""A look-alike note for an entry that resembles another, before the list is built."""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from records.facts import Kind
from records.ledger import append
from records.schema import Entry
from records.vault import Vault
from watchlist.errors import NoSuchEntry, NotAllowed
from watchlist.open_lists import open_deployment
from watchlist.particulars import read_particulars, seal_particulars
from watchlist.row_checks import LONGEST


def note_look_alike(vault: Vault, session: Session, entry_id: str, actor: str, note: str, now: datetime) -> None:
    """Inside a writing transaction. Only the note of an entry is ever changed. Raises NoSuchEntry or NotAllowed."""
    entry = session.get(Entry, entry_id)
    if entry is None:
        raise NoSuchEntry(f"there is no entry {entry_id}")
    open_deployment(session, entry.deployment_id, actor)
    plain = " ".join(note.split())
    if not plain or len(plain) > LONGEST["look_alike_note"] or not plain.isprintable():
        raise NotAllowed(f"a look-alike note has 1 to {LONGEST['look_alike_note']} characters")
    with vault.key(session, entry.deployment_id, "list") as key:
        changed = msgspec.structs.replace(read_particulars(key, entry), look_alike_note=plain)
        entry.sealed = seal_particulars(key, entry.id, changed)
    session.flush()
    append(session, actor, Kind.ENTRY_NOTED, {"deployment": entry.deployment_id, "entry": entry.id}, now)
