"""The ledger: what was done, by whom and when, in a chain of hashes with the rig's signature on it.

It can show that nothing before a signed checkpoint was altered, removed or moved. It cannot show what happened to the
entries after the last checkpoint, nor bind someone who holds both the database and the rig's signing key: for that,
give checkpoints or exports away early, to somebody who keeps them.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.canonical import Json, decode, encode
from records.chain import GENESIS, checkpoint_text, entry_hash
from records.errors import LedgerError, NotCanonical
from records.facts import Kind, check
from records.schema import Checkpoint, LedgerEntry
from records.signing import Signer, key_id, signed_by
from records.times import to_text


def append(session: Session, actor: str, kind: Kind, facts: Mapping[str, Json], now: datetime) -> LedgerEntry:
    """Add an entry inside the caller's transaction, which must be a writing one: it stands or falls with what it tells.

    `actor` is the id of a person or one of `records.facts.SYSTEM_ACTORS`. Raises LedgerError for facts that
    `records.facts` does not allow.
    """
    check(actor, kind, facts)
    last = session.execute(select(LedgerEntry.seq, LedgerEntry.hash).order_by(LedgerEntry.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    told: Json = dict(facts)
    entry = LedgerEntry(
        seq=seq,
        at=now,
        actor=actor,
        kind=str(kind),
        facts=encode(told).decode(),
        previous=previous,
        hash=entry_hash(seq, to_text(now), actor, kind, told, previous),
    )
    session.add(entry)
    session.flush()
    return entry


def checkpoint(session: Session, signer: Signer, now: datetime) -> Checkpoint | None:
    """Sign the ledger as it stands; None where it is empty. Without a new entry, the last checkpoint is returned.

    Reads the entries since the last checkpoint again, so that a broken chain is never signed: raises LedgerError.
    """
    last = session.scalars(select(Checkpoint).order_by(Checkpoint.seq.desc()).limit(1)).first()
    final = _checked(session, last)
    if final is None or (last is not None and last.seq == final.seq):
        return last
    text = checkpoint_text(final.seq, final.hash, to_text(now), signer.id)
    made = Checkpoint(
        seq=final.seq,
        hash=final.hash,
        at=now,
        public_key=signer.public.hex(),
        signature=signer.sign(text).hex(),
    )
    session.add(made)
    session.flush()
    return made


def facts_of(entry: LedgerEntry) -> dict[str, Json]:
    """Raises LedgerError where the stored text is none that `append` wrote."""
    try:
        facts = decode(entry.facts.encode())
    except NotCanonical:
        facts = None
    if not isinstance(facts, dict):
        raise LedgerError(f"the facts of ledger entry {entry.seq} are damaged: restore the record from a copy")
    return facts


def _checked(session: Session, last: Checkpoint | None) -> LedgerEntry | None:
    """The last entry, after the chain from the last checkpoint to it was found whole."""
    if last is not None:
        public = bytes.fromhex(last.public_key)
        text = checkpoint_text(last.seq, last.hash, to_text(last.at), key_id(public))
        if not signed_by(public, bytes.fromhex(last.signature), text):
            raise LedgerError(f"the checkpoint at ledger entry {last.seq} is damaged: export the ledger and verify it")
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    final: LedgerEntry | None = session.get(LedgerEntry, seq)
    for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.seq > seq).order_by(LedgerEntry.seq)):
        told = entry_hash(entry.seq, to_text(entry.at), entry.actor, entry.kind, facts_of(entry), entry.previous)
        if (entry.seq, entry.previous, entry.hash) != (seq + 1, previous, told):
            raise LedgerError(f"the ledger is broken at entry {entry.seq}: export it and verify it")
        seq, previous, final = entry.seq, entry.hash, entry
    return final
