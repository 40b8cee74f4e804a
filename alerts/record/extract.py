"""The part of the ledger that tells of one deployment, with the gaps between: `ledger.jsonl` of a bundle.

Each line is canonical JSON. `entry` is an entry whole, so that its hash can be taken again; `redacted` (public copies)
tells its kind and what may be published, with the hash of the whole; `gap` stands for entries about something else,
with the hash of the last of them; `checkpoint` is the rig's signature on everything up to it. Across a gap the hashes
can be compared with an export of the whole ledger, which the internal copy's reader can ask for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.record.errors import RecordRefused
from alerts.record.fields import Copy
from records.canonical import Json, decode, encode
from records.chain import GENESIS, entry_hash
from records.errors import NotCanonical
from records.facts import Kind
from records.schema import Checkpoint, LedgerEntry
from records.times import to_text

TOLD: Mapping[str, tuple[str, ...]] = {
    Kind.DEPLOYMENT_STARTED: ("threshold", "list", "contract", "policy"),
    Kind.DEPLOYMENT_PAUSED: ("reason",),
    Kind.DEPLOYMENT_RESUMED: ("reason",),
    Kind.DEPLOYMENT_ENDED: ("reason",),
    Kind.DEPLOYMENT_ERASED: (),
    Kind.THRESHOLD_RAISED: ("before", "after"),
    Kind.LIST_BUILT: ("list", "contract", "entries", "pictures"),
    Kind.ALERT_RAISED: (),
    Kind.ALERT_SIGHTED: (),
    Kind.ALERT_ADJUDICATED: ("verdict",),
    Kind.ALERT_CONFIRMED: (),
    Kind.ALERT_CLOSED: ("outcome",),
    Kind.ALERT_EXPIRED: (),
    Kind.OFFICER_DECIDED: ("decision",),
    Kind.STOP_LOGGED: (),
    Kind.STOP_CLOSED: ("outcome",),
    Kind.KEY_DESTROYED: ("purpose",),
}
"""What a public copy tells of the ledger; entries of other kinds are in its gaps. Of a stop's end also whether it was
an arrest, and of no other disposal: small numbers are hidden."""
ARRESTED = "arrested"


@dataclass(frozen=True)
class Told:
    """An entry of the ledger, whole or redacted."""

    seq: int
    at: str
    kind: str
    facts: Mapping[str, Json]
    hash: str


@dataclass
class Extract:
    """Entries about one deployment, and the last entry of all."""

    told: list[Told] = field(default_factory=list)
    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Row:
    """An entry as it is stored; `at` in the text form of `records.times`."""

    seq: int
    at: str
    actor: str
    kind: str
    facts: str
    previous: str
    hash: str


class _Lines:
    """Lines as they are written; what is not told becomes part of a gap."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._first: int | None = None
        self._last = (0, GENESIS)

    def skip(self, seq: int, own: str) -> None:
        self._first = self._first or seq
        self._last = seq, own

    def add(self, line: dict[str, Json]) -> None:
        self.close_gap()
        self._written += encode(line) + b"\n"

    def close_gap(self) -> None:
        if self._first is not None:
            last, own = self._last
            gap: Json = {"line": "gap", "first": self._first, "last": last, "hash": own}
            self._written += encode(gap) + b"\n"
            self._first = None

    def text(self) -> bytes:
        self.close_gap()
        return bytes(self._written)


class Reader:
    """Reads the ledger once, and goes on where it was: what came since is read in the transaction that signs it."""

    def __init__(self, deployment_id: str) -> None:
        self.extract = Extract()
        self.deployment = deployment_id
        self._alerts: set[str] = set()
        self._whole, self._redacted = _Lines(), _Lines()

    def lines(self, copy: Copy) -> bytes:
        """The content of `ledger.jsonl`."""
        return (self._whole if copy == "internal" else self._redacted).text()

    def go_on(self, session: Session) -> None:
        """To the ledger's end, chain and all. Raises RecordRefused where it is broken."""
        signed = session.scalars(select(Checkpoint).where(Checkpoint.seq > self.extract.seq))
        made = {one.seq: one for one in signed}
        last = max(made, default=0)
        columns = (LedgerEntry.seq, LedgerEntry.at, LedgerEntry.actor, LedgerEntry.kind, LedgerEntry.facts)
        rows = (
            select(*columns, LedgerEntry.previous, LedgerEntry.hash)
            .where(LedgerEntry.seq > self.extract.seq)
            .order_by(LedgerEntry.seq)
            .execution_options(yield_per=1000)
        )
        for seq, at, actor, kind, facts, previous, own in session.execute(rows):
            ours = self._take(Row(seq, to_text(at), actor, kind, facts, previous, own))
            if seq in made and (ours or seq == last):
                for lines in (self._whole, self._redacted):
                    lines.add(_checkpoint(made[seq]))

    def _take(self, row: Row) -> bool:
        """Whether it is about the deployment."""
        facts, found = _facts(row), self.extract
        own = entry_hash(row.seq, row.at, row.actor, row.kind, facts, row.previous)
        if (row.seq, row.previous, row.hash) != (found.seq + 1, found.hash, own):
            raise RecordRefused(f"the ledger is broken at entry {row.seq}: export it and verify it")
        found.seq, found.hash = row.seq, row.hash
        of_deployment = facts.get("deployment") == self.deployment
        if of_deployment and row.kind == Kind.ALERT_RAISED:
            self._alerts.add(str(facts["alert"]))
        ours = of_deployment or facts.get("alert") in self._alerts
        if ours:
            found.told.append(Told(row.seq, row.at, row.kind, facts, row.hash))
            self._whole.add(_entry(row, facts))
        else:
            self._whole.skip(row.seq, row.hash)
        if ours and row.kind in TOLD:
            self._redacted.add(_redacted(row, facts))
        else:
            self._redacted.skip(row.seq, row.hash)
        return ours


def _facts(row: Row) -> dict[str, Json]:
    try:
        facts = decode(row.facts.encode())
    except (NotCanonical, UnicodeEncodeError):
        facts = None
    if not isinstance(facts, dict):
        raise RecordRefused(f"the facts of ledger entry {row.seq} are damaged: export the ledger and verify it")
    return facts


def _entry(row: Row, facts: dict[str, Json]) -> dict[str, Json]:
    return {
        "line": "entry",
        "seq": row.seq,
        "at": row.at,
        "actor": row.actor,
        "kind": row.kind,
        "facts": facts,
        "previous": row.previous,
        "hash": row.hash,
    }


def _redacted(row: Row, facts: dict[str, Json]) -> dict[str, Json]:
    told: dict[str, Json] = {name: facts[name] for name in TOLD[row.kind] if name in facts}
    if row.kind == Kind.STOP_CLOSED and facts.get("disposal") == ARRESTED:
        told["disposal"] = ARRESTED
    return {
        "line": "redacted",
        "seq": row.seq,
        "at": to_minute(row.at),
        "kind": row.kind,
        "facts": told,
        "hash": row.hash,
    }


def _checkpoint(made: Checkpoint) -> dict[str, Json]:
    return {
        "line": "checkpoint",
        "seq": made.seq,
        "hash": made.hash,
        "at": to_text(made.at),
        "public_key": made.public_key,
        "signature": made.signature,
    }


def to_minute(at: str) -> str:
    """2026-11-23T10:31Z."""
    return f"{at[:16]}Z"


def by_kind(told: list[Told], *kinds: Kind) -> Iterator[Told]:
    return (one for one in told if one.kind in kinds)
