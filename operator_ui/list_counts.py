"""A deployment's list in numbers: by category, source and age of picture. Counts only: nobody is in here."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from operator_ui.language import translated
from operator_ui.words import ENTRY_STATES, PICTURE_AGES, RESPONSES
from records.policy import Policy
from records.schema import BuiltList, Deployment, Entry, Import, ImportRow, Person

TREND = 8
"""Earlier lists that a new one is compared with."""


class Count(msgspec.Struct, frozen=True):
    words: str
    count: int


class Earlier(msgspec.Struct, frozen=True):
    name: str
    built_at: datetime
    entries: int


class Building(msgspec.Struct, frozen=True):
    at: datetime
    by: str | None
    hash: str
    entries: int
    pictures: int
    above_cap: str | None
    erased_at: datetime | None
    categories: list[Count]
    sources: list[Count]
    responses: list[Count]
    ages: list[Count]
    under_18: int
    vulnerable: int
    rejected: int
    """Rows of the imports that were not taken."""


class ListSummary(msgspec.Struct, frozen=True):
    entries: int
    """Rows in the record, whatever their state."""
    states: list[Count]
    categories: list[Count]
    responses: list[Count]
    sources: list[Count]
    rejected: int
    cap: int | None
    imports: int
    built: Building | None
    earlier: list[Earlier]
    """Lists of earlier deployments of the same kind, the oldest first."""

    @property
    def largest(self) -> int:
        """Of the trend, this one included; at least 1."""
        sizes = [one.entries for one in self.earlier]
        return max([*sizes, self.built.entries if self.built else self.entries, 1])


def list_summary(session: Session, deployment: Deployment, policy: Policy | None) -> ListSummary:
    built = session.get(BuiltList, deployment.id)
    categories = {item.code: item.words for item in policy.categories} if policy else {}
    sources = {item.code: item.words for item in policy.source_systems} if policy else {}
    stated = msgspec.json.decode(deployment.document).get("purpose")
    purpose = policy.purpose(stated) if policy and isinstance(stated, str) else None

    def counted(column: "object", words: dict[str, str]) -> list[Count]:
        found = session.execute(
            select(column, func.count()).where(Entry.deployment_id == deployment.id).group_by(column)  # type: ignore[call-overload]
        )
        return _sorted({row[0]: row[1] for row in found}, words)

    states, answers = counted(Entry.state, _in_language(ENTRY_STATES)), _in_language(RESPONSES)
    rejected = (
        select(func.count())
        .select_from(ImportRow)
        .join(Import, ImportRow.import_id == Import.id)
        .where(Import.deployment_id == deployment.id, ImportRow.result == "rejected")
    )
    return ListSummary(
        entries=sum(one.count for one in states),
        states=states,
        categories=counted(Entry.category, categories),
        responses=counted(Entry.response, answers),
        sources=counted(Entry.source_system, sources),
        rejected=session.scalar(rejected) or 0,
        cap=purpose.cap if purpose else None,
        imports=session.scalar(select(func.count()).where(Import.deployment_id == deployment.id)) or 0,
        built=None if built is None else _building(session, built, categories, sources),
        earlier=_earlier(session, deployment, built),
    )


def _building(session: Session, built: BuiltList, categories: dict[str, str], sources: dict[str, str]) -> Building:
    by = session.get(Person, built.built_by) if built.built_by else None
    counts = built.counts
    return Building(
        at=built.built_at,
        by=by.name if by else None,
        hash=built.hash,
        entries=built.entries,
        pictures=built.pictures,
        above_cap=built.above_cap,
        erased_at=built.erased_at,
        categories=_sorted(counts.get("categories", {}), categories),
        sources=_sorted(counts.get("sources", {}), sources),
        responses=_sorted(counts.get("responses", {}), _in_language(RESPONSES)),
        ages=[
            Count(translated(words), counts["ages"][code])
            for code, words in PICTURE_AGES.items()
            if code in counts.get("ages", {})
        ],
        under_18=counts.get("under_18", 0),
        vulnerable=counts.get("vulnerable", 0),
        rejected=counts.get("rejected", 0),
    )


def _earlier(session: Session, deployment: Deployment, built: BuiltList | None) -> list[Earlier]:
    found = select(BuiltList, Deployment.name).join(Deployment, Deployment.id == BuiltList.deployment_id)
    found = found.where(Deployment.kind == deployment.kind, Deployment.id != deployment.id)
    if built is not None:
        found = found.where(BuiltList.built_at <= built.built_at)
    rows = session.execute(found.order_by(BuiltList.built_at.desc()).limit(TREND)).all()
    return [Earlier(name, one.built_at, one.entries) for one, name in reversed(rows)]


def _in_language(words: Mapping[str, str]) -> dict[str, str]:
    return {code: translated(sentence) for code, sentence in words.items()}


def _sorted(counts: dict[str, int], words: dict[str, str]) -> list[Count]:
    """The largest first."""
    return [Count(words.get(code, code), count) for code, count in Counter(counts).most_common()]
