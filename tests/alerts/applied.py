"""Applications, people and lists for tests of deployments."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from alerts import deployments, signing
from alerts.application import Application, Assessment, Calibration
from alerts.authority import Rig
from alerts.places import Place
from records.ids import new_id
from records.policy import PinnedPolicy
from records.schema import BuiltList, Deployment, Person
from tests.records.made import HASH, make_entry, policy

BEGINS = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=4)
EARLIER = BEGINS - timedelta(hours=2)
DURING = BEGINS + timedelta(hours=1)
MIDDLE = (51.5152, -0.1419)

COMPLETE = Application(
    name="Station Square",
    purpose="wanted_on_warrant",
    necessity="Warrants rose by a third.",
    proportionality="One square for four hours.",
    alternatives="Home visits found too few people.",
    where_reason="Most were last seen near here.",
    place=Place(name="Station Square", latitude=MIDDLE[0], longitude=MIDDLE[1], radius_m=120),
    begins=BEGINS,
    ends=ENDS,
    cameras=("north",),
    threshold=0.42,
    calibration=Calibration(data_set="volunteers", fpir=0.0001, entries=10_000, threshold=0.42, contract=HASH),
    dpia=Assessment(hash=HASH, version="3", review_by=date(2027, 1, 1)),
    sensitive=(),
)


def application(**changes: Any) -> Application:
    return msgspec.structs.replace(COMPLETE, **changes)


def person(
    session: Session, role: str, authority: int | None = None, name: str | None = None, now: datetime = EARLIER
) -> Person:
    found = Person(
        id=new_id(),
        name=name or new_id(),
        role=role,
        authority=authority,
        password_hash="x",
        active=True,
        created_at=now,
    )
    session.add(found)
    session.flush()
    return found


def add_list(session: Session, found: Deployment, builder: Person | None, at: datetime, entries: int = 3) -> None:
    """As `watchlist build` leaves it; one entry at least can be found."""
    make_entry(session, found.id, at)
    session.add(
        BuiltList(
            deployment_id=found.id,
            hash=HASH,
            contract=HASH,
            built_by=None if builder is None else builder.id,
            built_at=at,
            entries=entries,
            pictures=entries,
            counts={},
        )
    )
    session.flush()
    found.list_hash = HASH
    session.flush()


def authorised(session: Session, asked: Application = COMPLETE, pinned: PinnedPolicy | None = None) -> Deployment:
    """Drafted, submitted and authorised at the lowest level, its list built: by three different people, at EARLIER."""
    pinned = pinned or policy("uk")
    builder = person(session, "list_builder")
    level = 1 if asked.urgent else 3 if asked.sensitive else 2
    found = deployments.draft(session, asked, pinned, builder, EARLIER)
    deployments.submit(session, found.id, builder, EARLIER)
    reference = "order 7" if pinned.policy.authority.reference_required else None
    officer = person(session, "authorising_officer", level)
    signing.authorise(session, found.id, officer, found.document_hash, EARLIER, reference)
    add_list(session, found, builder, EARLIER)
    return found


def check_all_signage(session: Session, found: Deployment, at: datetime = EARLIER) -> None:
    checker = person(session, "engagement_officer")
    for item in policy("uk").policy.signage:
        deployments.check_signage(session, found.id, item.code, checker, at)


def running(
    session: Session, asked: Application = COMPLETE, at: datetime = DURING, rig: Rig | None = None
) -> Deployment:
    found = authorised(session, asked)
    check_all_signage(session, found)
    return deployments.start(session, found.id, person(session, "operator"), rig or Rig(), at)
