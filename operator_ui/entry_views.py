"""Entries as the tablet lists them: anonymous rows. Who somebody is stands in no row; that takes a reason."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from operator_ui.language import translated
from operator_ui.words import ENTRY_STATES, PICTURE_AGES, RESPONSES
from records.policy import Policy
from records.schema import ENTRY_STATES as STATES
from records.schema import Entry
from watchlist.building import age_band

ON_A_PAGE = 50


class EntryRow(msgspec.Struct, frozen=True):
    id: str
    tail: str
    """The last signs of its id, by which people tell entries apart."""
    category: str
    response: str
    response_words: str
    state: str
    state_words: str
    state_reason: str | None
    expires_at: datetime
    status_checked_at: datetime
    false_alerts: int
    age: str
    """Of the newest picture."""
    old: bool
    """Whether the policy warns of a picture of this age."""
    pictures: int


class EntriesPage(msgspec.Struct, frozen=True):
    rows: list[EntryRow]
    state: str | None
    page: int
    pages: int
    counts: dict[str, int]
    """By state, of the whole list."""


def entries_page(
    session: Session, deployment_id: str, policy: Policy, state: str | None, page: int, today: date
) -> EntriesPage:
    """`page` counts from 1; one behind the last is the last. Quarantined entries stand first: they wait for people."""
    counted = select(Entry.state, func.count()).where(Entry.deployment_id == deployment_id).group_by(Entry.state)
    found = {row[0]: row[1] for row in session.execute(counted)}
    counts = {name: found.get(name, 0) for name in STATES}
    total = counts[state] if state else sum(counts.values())
    pages = max(1, -(-total // ON_A_PAGE))
    page = min(max(page, 1), pages)
    query = select(Entry).where(Entry.deployment_id == deployment_id)
    if state:
        query = query.where(Entry.state == state)
    query = (
        query.options(selectinload(Entry.pictures))
        .order_by((Entry.state != "quarantined"), (Entry.state != "active"), Entry.id)
        .offset((page - 1) * ON_A_PAGE)
        .limit(ON_A_PAGE)
    )
    rows = [entry_row(entry, policy, today) for entry in session.scalars(query)]
    return EntriesPage(rows, state, page, pages, counts)


def entry_row(entry: Entry, policy: Policy, today: date) -> EntryRow:
    category = policy.category(entry.category)
    newest = max((picture.taken_on for picture in entry.pictures), default=None)
    return EntryRow(
        id=entry.id,
        tail=tail_of(entry.id),
        category=category.words if category else entry.category,
        response=entry.response,
        response_words=RESPONSES[entry.response],
        state=entry.state,
        state_words=ENTRY_STATES[entry.state],
        state_reason=_reason(entry, {reason.code: reason.words for reason in policy.withdrawal_reasons}),
        expires_at=entry.expires_at,
        status_checked_at=entry.status_checked_at,
        false_alerts=entry.false_alerts,
        age=translated(PICTURE_AGES[age_band(newest, today)]) if newest else translated("no picture"),
        old=newest is not None and (today - newest).days > policy.lists.old_picture_years * 365.25,
        pictures=len(entry.pictures),
    )


def tail_of(entry_id: str) -> str:
    return entry_id[-6:]


def _reason(entry: Entry, withdrawn_for: Mapping[str, str]) -> str | None:
    if entry.state == "quarantined":
        return translated("False alerts: {number}").format(number=entry.false_alerts)
    return withdrawn_for.get(entry.state_reason or "", entry.state_reason)
