"""Rows to test with, made the way the database lets them be made: in legal steps, complete, by different people."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from records.database import Database
from records.ids import new_id
from records.master import Costs, lock_with_passphrase, unlock_with_passphrase
from records.policy import PinnedPolicy, pin, read_policy
from records.schema import Alert, BuiltList, Deployment, Entry, EntryPicture, Person, VaultLock
from records.vault import Vault

CHEAP = Costs(passes=1, memory_kib=64, lanes=1)
"""Argon2id's least work, for vaults whose guessing is not what is tested."""
PASSPHRASE = "a horse, a café and a stapler"
POLICIES = Path(__file__).parent.parent.parent / "deploy" / "policy"
HASH = "5a" * 32


def policy(name: str = "test") -> PinnedPolicy:
    """One of the policies that ship: test, uk or eu-ai-act."""
    return read_policy(POLICIES / f"{name}.toml")


def make_vault(database: Database, now: datetime) -> Vault:
    """The record's vault, locked the first time. Close it."""
    with database.write() as session:
        if session.get(VaultLock, 1) is None:
            return Vault(database, lock_with_passphrase(session, PASSPHRASE, now, CHEAP))
        return Vault(database, unlock_with_passphrase(session, PASSPHRASE))


def make_person(
    session: Session, now: datetime, role: str = "operator", name: str | None = None, with_id: str | None = None
) -> str:
    found = with_id or new_id()
    session.add(
        Person(
            id=found,
            name=name or found,
            role=role,
            authority=3 if role == "authorising_officer" else None,
            password_hash="x",
            active=True,
            created_at=now,
            qualified_until=now + timedelta(days=365) if role == "operator" else None,
        )
    )
    session.flush()
    return found


def make_deployment(
    session: Session,
    now: datetime,
    *,
    kind: str = "test",
    state: str = "running",
    confirmations: int = 1,
    with_id: str | None = None,
    name: str = "Trial at the station",
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    threshold: float = 0.4,
    subjects: Sequence[str] = (),
    policy_text: str | None = None,
    calibration: str | None = None,
) -> str:
    """A deployment in one of the states draft, submitted, authorised, running, paused and ended; returns its id.

    `subjects` are ids of entries to list. Beyond the draft the list is built, and takes no more entries.
    """
    pinned = policy("test" if kind == "test" else "uk") if policy_text is None else pin(policy_text)
    drafted_by = None if kind == "test" else make_person(session, now, "list_builder")
    found = Deployment(
        id=with_id or new_id(),
        name=name,
        kind=kind,
        state="draft",
        confirmations=confirmations,
        qualified_only=kind != "test",
        policy=pinned.text,
        policy_hash=pinned.hash,
        document="{}",
        document_hash=HASH,
        begins_at=begins_at or now - timedelta(hours=1),
        ends_at=ends_at or now + timedelta(hours=8),
        threshold=threshold,
        list_hash=HASH,
        urgent=False,
        drafted_by=drafted_by,
        created_at=now,
    )
    session.add(found)
    session.flush()
    for subject in subjects:
        make_entry(session, found.id, now, with_id=subject)
    if state != "draft":
        session.add(
            BuiltList(
                deployment_id=found.id,
                hash=HASH,
                contract=HASH,
                built_by=drafted_by,
                built_at=now,
                entries=len(subjects),
                pictures=0,
                counts={},
                calibration=calibration,
            )
        )
        session.flush()
    way = ["running", "paused" if state == "paused" else "ended"]
    if kind != "test":
        way = ["submitted", "authorised", *way]
    for step in way[: way.index(state) + 1] if state in way else []:
        officer = make_person(session, now, "authorising_officer") if step == "authorised" else None
        found.state = step
        if step == "submitted":
            found.submitted_at = now
        elif step == "authorised":
            found.authorised_by, found.authorised_at = officer, now
        elif step == "running":
            found.started_at = now
        elif step == "paused":
            found.paused_for = "asked"
        elif step == "ended":
            found.ended_at, found.ended_for = now, "asked"
        session.flush()
    return found.id


def make_entry(
    session: Session,
    deployment_id: str,
    now: datetime,
    *,
    with_id: str | None = None,
    response: str = "act",
    expires_at: datetime | None = None,
    pictures: int = 0,
    sealed: bytes = b"sealed",
) -> str:
    """An active entry, sealed nonsense unless given, of a deployment whose list is not built yet; returns its id."""
    kind = session.get_one(Deployment, deployment_id).kind
    found = Entry(
        id=with_id or new_id(),
        deployment_id=deployment_id,
        reference_digest=new_id(),
        category="volunteer" if kind == "test" else "wanted_by_court",
        response=response,
        lawful_basis="consent" if kind == "test" else "court",
        source_system="volunteer" if kind == "test" else "custody",
        retention_status="consented" if kind == "test" else "convicted",
        review_on=date(2030, 1, 1),
        expires_at=expires_at or now + timedelta(days=7),
        under_18=False,
        vulnerable=False,
        state="active",
        state_at=now,
        status_checked_at=now,
        false_alerts=0,
        created_at=now,
        sealed=sealed,
    )
    session.add(found)
    session.flush()
    for _ in range(pictures):
        session.add(
            EntryPicture(
                id=new_id(),
                entry_id=found.id,
                taken_on=date(2026, 1, 1),
                file_digest=new_id(),
                measures={},
                template=b"sealed",
            )
        )
    session.flush()
    return found.id


def make_alert(
    session: Session, deployment_id: str, subject_id: str, now: datetime, *, with_id: str | None = None
) -> Alert:
    """A waiting alert about this entry, without pictures."""
    found = Alert(
        id=with_id or new_id(),
        deployment_id=deployment_id,
        subject_id=subject_id,
        camera="north",
        track=1,
        frame=1,
        similarity=0.5,
        threshold=0.4,
        engine="exact",
        contract=HASH,
        list_hash=HASH,
        captured_at=now,
        raised_at=now,
        stored_at=now,
        state="waiting",
    )
    session.add(found)
    session.flush()
    return found
