"""What only people may read of an entry: who it is and why. Sealed with the list's key; every look is in the ledger."""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from records.facts import Kind
from records.ledger import append
from records.policy import pin
from records.schema import Deployment, Entry
from records.sealing import wipe
from records.vault import OpenKey, Vault
from watchlist.errors import NoSuchEntry, NotAllowed
from watchlist.people import require

VIEWERS = ("list_builder", "authorising_officer", "operator", "engagement_officer", "auditor")
"""An administrator keeps accounts and sees nobody."""

_KIND = "particulars"


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    """In the source system."""
    name: str
    reason: str
    """Why this person is listed."""
    look_alike_note: str = ""
    """A caution: who is easily mistaken for this person, for example a twin."""
    offence_code: str = ""


def seal_particulars(key: OpenKey, entry_id: str, particulars: Particulars) -> bytes:
    return key.seal(_KIND, entry_id, msgspec.json.encode(particulars))


def read_particulars(key: OpenKey, entry: Entry) -> Particulars:
    """With a key that is open already, for many entries. Raises NotAllowed once erased, SealBroken."""
    if entry.sealed is None:
        raise NotAllowed(f"entry {entry.id} was erased: nothing of it is left")
    plain = key.open(_KIND, entry.id, entry.sealed)
    try:
        return msgspec.json.decode(plain, type=Particulars)
    finally:
        wipe(plain)


def open_particulars(vault: Vault, session: Session, entry: Entry) -> Particulars:
    """For a caller that records the look by itself, as the reveal of an alert does.

    Raises NotAllowed, NoDataKey, KeyDestroyed or SealBroken.
    """
    with vault.key(session, entry.deployment_id, "list") as key:
        return read_particulars(key, entry)


def view_entry(
    vault: Vault, session: Session, entry_id: str, viewer: str, reason_code: str, now: datetime
) -> tuple[Entry, Particulars]:
    """A person looks at an entry, for a reason of the policy's `view_reasons`; the ledger tells of it.

    Inside a writing transaction. Raises NoSuchEntry or NotAllowed.
    """
    entry = session.get(Entry, entry_id)
    if entry is None:
        raise NoSuchEntry(f"there is no entry {entry_id}")
    require(session, viewer, VIEWERS, "look at an entry")
    policy = pin(session.get_one(Deployment, entry.deployment_id).policy).policy
    known = [reason.code for reason in policy.view_reasons]
    if reason_code not in known:
        raise NotAllowed(f"looking at an entry takes a reason, one of: {', '.join(known)}")
    found = open_particulars(vault, session, entry)
    told = {"deployment": entry.deployment_id, "entry": entry.id, "reason": reason_code}
    append(session, viewer, Kind.ENTRY_VIEWED, told, now)
    return entry, found
