"""Whether an entry still stands: withdrawn, expired, quarantined, restored. Inside the caller's writing transaction.

Taking an entry out is easy, and nothing but a quarantine is ever taken back: the way back leads through an
authorising officer. The database holds the same rules (`records.rules.entries`). Each change tells the tablets, which
draw anew what is shown of the list and of its alerts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from records.canonical import Json
from records.events import add_event
from records.facts import SYSTEM_ACTORS, Kind
from records.ledger import append
from records.policy import pin
from records.schema import Deployment, Entry
from watchlist.errors import NoSuchEntry, NotAllowed
from watchlist.people import require

WITHDRAWERS = ("list_builder", "authorising_officer", "operator", "engagement_officer")
RESTORERS = ("authorising_officer",)
STANDING = ("active", "quarantined")
CHANGED = "entry"
"""Kind of the event after which entries stand otherwise than before."""


def withdraw(session: Session, entry_id: str, actor: str, reason_code: str, now: datetime) -> bool:
    """Take an entry out for good; False where it was out already, and nothing changes.

    `actor` is a person's id, `rig` or `console`. `reason_code`: one of the policy's `withdrawal_reasons`. Raises
    NoSuchEntry or NotAllowed.
    """
    entry = _entry(session, entry_id)
    if actor not in SYSTEM_ACTORS:
        require(session, actor, WITHDRAWERS, "withdraw an entry")
    policy = pin(session.get_one(Deployment, entry.deployment_id).policy).policy
    known = [reason.code for reason in policy.withdrawal_reasons]
    if reason_code not in known:
        raise NotAllowed(f"withdrawing takes a reason, one of: {', '.join(known)}")
    return take_out(session, entry, actor, reason_code, now)


def take_out(session: Session, entry: Entry, actor: str, reason_code: str, now: datetime) -> bool:
    """Withdraw for a reason that is not a person's, as the status source's word; else as `withdraw`."""
    if entry.state not in STANDING:
        return False
    _move(session, entry, "withdrawn", actor, Kind.ENTRY_WITHDRAWN, {"reason": reason_code}, reason_code, now)
    add_event(session, CHANGED, None, now)
    return True


def expire_due(session: Session, deployment_id: str, now: datetime) -> list[str]:
    """Entries whose time has come expire; returns their ids."""
    due = session.scalars(
        select(Entry).where(Entry.deployment_id == deployment_id, Entry.state.in_(STANDING), Entry.expires_at <= now)
    ).all()
    for entry in due:
        _move(session, entry, "expired", "rig", Kind.ENTRY_EXPIRED, {}, None, now)
    if due:
        add_event(session, CHANGED, None, now)
    return [entry.id for entry in due]


def count_false_alert(session: Session, entry_id: str, now: datetime) -> bool:
    """One more alert about this entry was false; True where that quarantines it.

    The count stays when an entry is restored: one more false alert, and it is quarantined again. Raises NoSuchEntry.
    """
    entry = _entry(session, entry_id)
    entry.false_alerts += 1
    limit = pin(session.get_one(Deployment, entry.deployment_id).policy).policy.lists.false_alerts_to_quarantine
    if entry.state != "active" or entry.false_alerts < limit:
        session.flush()
        return False
    told: dict[str, Json] = {"false_alerts": entry.false_alerts}
    _move(session, entry, "quarantined", "rig", Kind.ENTRY_QUARANTINED, told, "false_alerts", now)
    add_event(session, CHANGED, None, now)
    return True


def restore(session: Session, entry_id: str, officer: str, reason: str, now: datetime) -> None:
    """An authorising officer puts a quarantined entry back, in a few words that the ledger keeps for good.

    Raises NoSuchEntry or NotAllowed, LedgerError where the ledger does not take the words.
    """
    entry = _entry(session, entry_id)
    require(session, officer, RESTORERS, "restore an entry")
    if entry.state != "quarantined":
        raise NotAllowed(f"this entry is {entry.state}: only a quarantined one is restored")
    if entry.expires_at <= now:
        raise NotAllowed("this entry has expired: it cannot be restored")
    if not reason.strip():
        raise NotAllowed("say in a few words why this entry is restored, without a name")
    _move(session, entry, "active", officer, Kind.ENTRY_RESTORED, {"reason": reason.strip()}, None, now)
    add_event(session, CHANGED, None, now)


def withheld(
    session: Session, deployment_id: str, now: datetime, status_within: timedelta | None = None
) -> frozenset[str]:
    """Ids of the entries that must not alert now: withdrawn, expired or quarantined.

    `status_within`: give it where a status source is configured; then entries about which the source was silent for
    longer are withheld too.
    """
    out = or_(Entry.state != "active", Entry.expires_at <= now)
    if status_within is not None:
        out = or_(out, Entry.status_checked_at < now - status_within)
    return frozenset(session.scalars(select(Entry.id).where(Entry.deployment_id == deployment_id, out)))


def _entry(session: Session, entry_id: str) -> Entry:
    found = session.get(Entry, entry_id)
    if found is None:
        raise NoSuchEntry(f"there is no entry {entry_id}")
    return found


def _move(
    session: Session,
    entry: Entry,
    state: str,
    actor: str,
    kind: Kind,
    facts: Mapping[str, Json],
    reason: str | None,
    now: datetime,
) -> None:
    # First the ledger, which may refuse a person's words.
    append(session, actor, kind, {"deployment": entry.deployment_id, "entry": entry.id, **facts}, now)
    entry.state, entry.state_reason, entry.state_at = state, reason, now
    session.flush()
