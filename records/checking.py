"""Checking the ledger where it lies: the chain of hashes and the signatures on it, between two entries.

Whoever can write to the database and to this program can make both agree: an export, checked elsewhere with
`records.verify` and a public key from a trusted hand, says more.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.canonical import decode
from records.chain import GENESIS, checkpoint_text, entry_hash
from records.errors import NotCanonical
from records.schema import Checkpoint, LedgerEntry
from records.signing import key_id, signed_by
from records.times import to_text

AT_ONCE = 1000


@dataclass(frozen=True)
class ChainCheck:
    """What was found between two entries; counts are those before the first fault."""

    first: int
    last: int
    entries: int
    checkpoints: int
    signed_to: int
    """The last entry that a signature among these covers; 0 where there is none."""
    fault: str | None
    """The first fault, as a sentence; None where everything is in order."""


class _Fault(Exception):
    """The first fault."""


def check_chain(session: Session, first: int, last: int) -> ChainCheck:
    """Check entries `first` to `last`, each with the one before it, and the signatures among them."""
    entries = checkpoints = signed_to = 0
    made = {
        one.seq: one
        for one in session.scalars(select(Checkpoint).where(Checkpoint.seq >= first, Checkpoint.seq <= last))
    }
    seq = first - 1
    fault = None
    try:
        previous = _hash_of(session, seq)
        query = (
            select(
                LedgerEntry.seq,
                LedgerEntry.at,
                LedgerEntry.actor,
                LedgerEntry.kind,
                LedgerEntry.facts,
                LedgerEntry.previous,
                LedgerEntry.hash,
            )
            .where(LedgerEntry.seq >= first, LedgerEntry.seq <= last)
            .order_by(LedgerEntry.seq)
            .execution_options(yield_per=AT_ONCE)
        )
        for row in session.execute(query):
            if row.seq != seq + 1:
                raise _Fault(f"entry {row.seq} follows entry {seq}: what was between is gone")
            if row.previous != previous:
                raise _Fault(f"entry {row.seq} does not continue the one before it: one of the two was replaced")
            if _told(row.seq, to_text(row.at), row.actor, row.kind, row.facts, previous) != row.hash:
                raise _Fault(f"entry {row.seq} was altered: its hash does not fit what it says")
            seq, previous = row.seq, row.hash
            entries += 1
            if seq in made:
                _check_signature(made[seq], row.hash)
                signed_to = seq
                checkpoints += 1
        if seq != last:
            raise _Fault(f"the ledger ends with entry {seq}: those after it are gone")
    except _Fault as found:
        fault = str(found)
    return ChainCheck(first, last, entries, checkpoints, signed_to, fault)


def _hash_of(session: Session, seq: int) -> str:
    if seq == 0:
        return GENESIS
    found = session.scalar(select(LedgerEntry.hash).where(LedgerEntry.seq == seq))
    if found is None:
        raise _Fault(f"entry {seq} is gone")
    return found


def _told(seq: int, at: str, actor: str, kind: str, facts: str, previous: str) -> str | None:
    try:
        return entry_hash(seq, at, actor, kind, decode(facts.encode()), previous)
    except NotCanonical:
        return None


def _check_signature(made: Checkpoint, final: str) -> None:
    public = bytes.fromhex(made.public_key)
    text = checkpoint_text(made.seq, made.hash, to_text(made.at), key_id(public))
    if not signed_by(public, bytes.fromhex(made.signature), text):
        raise _Fault(f"the signature at entry {made.seq} was altered")
    if made.hash != final:
        raise _Fault(f"entry {made.seq} is not the one that the rig signed")
