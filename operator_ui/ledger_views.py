"""The ledger as the tablet shows it: rows in, plain values out. It holds nobody's face, name or score to begin with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from operator_ui.deployment_views import names_of
from operator_ui.language import translated
from operator_ui.ledger_words import fact_name, sentence, value_words
from records.canonical import Json
from records.facts import SYSTEM_ACTORS, Kind
from records.ledger import facts_of
from records.schema import Alert, Checkpoint, Deployment, LedgerEntry
from records.signing import key_id

ON_A_PAGE = 50

_PEOPLE = ("person", "seconded_by")
"""Facts that are the id of a person with an account."""
_ALERT_AT = len('{"alert":"') + 1
"""Where an alert's id stands in the canonical JSON of facts: no kind that has one has a fact that comes before it."""


Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
"""Of an entry."""


class Wanted(msgspec.Struct, frozen=True):
    kind: Annotated[Kind | None, msgspec.Meta(description="none: every kind")] = None
    day: Annotated[date | None, msgspec.Meta(description="in UTC")] = None
    deployment: Annotated[str | None, msgspec.Meta(description="id; its alerts' entries count as its own")] = None
    actor: Annotated[str | None, msgspec.Meta(description="id of a person, or rig, or console")] = None
    before: Annotated[Number | None, msgspec.Meta(description="only entries with a smaller number")] = None


class FactView(msgspec.Struct, frozen=True):
    name: str
    label: str
    words: str
    value: Any
    """As the ledger has it, and as its hash covers it."""


class EntryView(msgspec.Struct, frozen=True):
    seq: int
    at: datetime
    actor: str
    actor_words: str
    kind: str
    sentence: str
    facts: list[FactView]
    previous: str
    hash: str


class Signed(msgspec.Struct, frozen=True):
    """The last checkpoint: the rig's signature on everything up to an entry."""

    seq: int
    at: datetime
    hash: str
    key: str


class LedgerPage(msgspec.Struct, frozen=True):
    entries: list[EntryView]
    total: int
    """Of the whole ledger."""
    older: int | None
    """`before` of the next page; None on the last."""
    signed: Signed | None


def ledger_page(session: Session, wanted: Wanted) -> LedgerPage:
    """The newest first."""
    names = names_of(session)
    query = select(LedgerEntry).where(*_conditions(wanted)).order_by(LedgerEntry.seq.desc()).limit(ON_A_PAGE + 1)
    found = list(session.scalars(query))
    shown = found[:ON_A_PAGE]
    last = session.scalars(select(Checkpoint).order_by(Checkpoint.seq.desc()).limit(1)).first()
    return LedgerPage(
        entries=[_entry(entry, names) for entry in shown],
        total=session.scalar(select(func.max(LedgerEntry.seq))) or 0,
        older=shown[-1].seq if len(found) > ON_A_PAGE else None,
        signed=Signed(last.seq, last.at, last.hash, key_id(bytes.fromhex(last.public_key))) if last else None,
    )


def actors(session: Session) -> dict[str, str]:
    """Whose entries can be asked for: id -> name."""
    known = sorted(names_of(session).items(), key=lambda item: item[1].casefold())
    return {actor: actor_words(actor, {}) for actor in SYSTEM_ACTORS} | dict(known)


def deployments(session: Session) -> dict[str, str]:
    """The newest first: id -> name and day."""
    rows = session.execute(
        select(Deployment.id, Deployment.name, Deployment.created_at).order_by(Deployment.created_at.desc())
    )
    return {row.id: f"{row.name}, {row.created_at:%d %b %Y}" for row in rows}


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    known = {"rig": translated("The rig by itself"), "console": translated("Somebody at the command line")}
    return known.get(actor) or names.get(actor, actor)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(LedgerEntry.kind == str(wanted.kind))
    if wanted.actor is not None:
        found.append(LedgerEntry.actor == wanted.actor)
    if wanted.before is not None:
        found.append(LedgerEntry.seq < wanted.before)
    if wanted.day is not None:
        begins = datetime.combine(wanted.day, time(), UTC)
        found.append(LedgerEntry.at >= begins)
        if wanted.day < date.max:
            found.append(LedgerEntry.at < begins + timedelta(days=1))
    if wanted.deployment is not None:
        alerts = select(Alert.id).where(Alert.deployment_id == wanted.deployment)
        found.append(
            or_(
                LedgerEntry.facts.contains(f'"deployment":"{wanted.deployment}"', autoescape=True),
                func.substr(LedgerEntry.facts, _ALERT_AT, 36).in_(alerts),
            )
        )
    return found


def _entry(entry: LedgerEntry, names: Mapping[str, str]) -> EntryView:
    facts = facts_of(entry)
    return EntryView(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        actor_words=actor_words(entry.actor, names),
        kind=entry.kind,
        sentence=sentence(entry.kind, facts),
        facts=[FactView(name, fact_name(name), _words(name, value, names), value) for name, value in facts.items()],
        previous=entry.previous,
        hash=entry.hash,
    )


def _words(name: str, value: Json, names: Mapping[str, str]) -> str:
    if name in _PEOPLE and isinstance(value, str):
        return names.get(value, value)
    return value_words(name, value)
