"""Volunteers of a test walk past its cameras, and people note when: the truth that the rig is measured against.

A pass is never rewritten: who erred takes it back and logs another. The database refuses passes of anything but a test
(`records.rules.bluelist`). What a volunteer says of himself or herself stands with the pass, never with the entry, and
is not in the ledger.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.bluelist_figures import Capture, Judged, Walk, judge, touch
from alerts.decisions import NotFound, Refused
from alerts.people import get_person
from alerts.steps import acting, get_deployment, in_state
from records.canonical import Json
from records.errors import RecordsError
from records.facts import SYSTEM_ACTORS, Kind
from records.ids import new_id
from records.ledger import append
from records.schema import Alert, Deployment, Entry, Sighting, VolunteerPass

LIGHTS = ("day", "dusk", "night", "indoor", "backlit")
GROUP = re.compile(r"[a-z_]{1,20}")
LOGGERS = ("list_builder", "engagement_officer")
"""Who walks with the volunteers knows who passes, and could not judge the alert blindly: no operator logs passes."""
READERS = (*LOGGERS, "authorising_officer", "auditor")
LONGEST = timedelta(minutes=5)
"""Who stands longer before a camera does not walk past it: found would say little."""
AHEAD = timedelta(seconds=60)
"""A pass that is noted while it goes on ends this much later at most. What is only planned is no truth."""


class PassError(RecordsError):
    """A pass that is not logged; the message says what is wrong with it."""


@dataclass(frozen=True)
class Pass:
    """A logged pass that was not taken back."""

    id: str
    judged: Judged
    logged_by: str | None
    """None: a schedule, or somebody at the rig's own keyboard."""
    logged_at: datetime


def log_pass(
    session: Session, deployment_id: str, walk: Walk, cameras: Sequence[str], actor: str, now: datetime
) -> VolunteerPass:
    """`cameras` are the rig's; `actor` is a person's id or one of `SYSTEM_ACTORS`. Raises PassError or Refused."""
    deployment = get_deployment(session, deployment_id)
    _must_be_a_test(deployment)
    logged_by = _person(session, actor, "log a pass")
    in_state(deployment, ("running", "paused", "ended"), "measured")
    entry = session.get(Entry, walk.entry)
    if entry is None or entry.deployment_id != deployment.id:
        raise PassError("no such volunteer is on this test's list")
    if entry.state == "withdrawn" or (entry.state != "active" and entry.state_at <= walk.ended):
        raise PassError("this volunteer is not searched for any more: the entry was withdrawn, expired or quarantined")
    _check(walk, deployment, cameras, now)
    if any(touch(walk, other) for other in _walks_near(session, deployment.id, walk)):
        raise PassError("this volunteer has a pass at this camera at that time already: one alert would count twice")
    found = VolunteerPass(
        id=new_id(),
        deployment_id=deployment.id,
        entry_id=entry.id,
        camera=walk.camera,
        began_at=walk.began,
        ended_at=walk.ended,
        light=walk.light,
        group=walk.group,
        logged_by=logged_by,
        logged_at=now,
        withdrawn_at=None,
    )
    session.add(found)
    session.flush()
    told: dict[str, Json] = {"camera": walk.camera, "light": walk.light}
    append(session, actor, Kind.PASS_LOGGED, {**_named(found), **told}, now)
    return found


def withdraw_pass(session: Session, pass_id: str, actor: str, now: datetime) -> VolunteerPass:
    """Take it back: it is not counted any more. Raises NotFound or Refused."""
    found = session.get(VolunteerPass, pass_id)
    if found is None:
        raise NotFound(f"there is no pass {pass_id}")
    _person(session, actor, "take a pass back")
    if found.withdrawn_at is not None:
        raise Refused("this pass was taken back already")
    found.withdrawn_at = now
    session.flush()
    append(session, actor, Kind.PASS_WITHDRAWN, _named(found), now)
    return found


def read_passes(session: Session, deployment_id: str, now: datetime) -> list[Pass]:
    """Those that count, the newest first, each with what the cameras made of it. Raises NotFound or Refused."""
    _must_be_a_test(get_deployment(session, deployment_id))
    captures: dict[tuple[str, str], list[Capture]] = {}
    for capture in _captures(session, deployment_id):
        captures.setdefault((capture.entry, capture.camera), []).append(capture)
    return [
        Pass(
            row.id,
            judge(walk := _walk(row), captures.get((walk.entry, walk.camera), ()), now),
            row.logged_by,
            row.logged_at,
        )
        for row in session.scalars(_counting(deployment_id).order_by(VolunteerPass.began_at.desc(), VolunteerPass.id))
    ]


def _must_be_a_test(deployment: Deployment) -> None:
    if deployment.kind != "test":
        raise Refused("passes are logged for volunteers of a test, never in an operational deployment")


def _person(session: Session, actor: str, what: str) -> str | None:
    return None if actor in SYSTEM_ACTORS else acting(session, get_person(session, actor), LOGGERS, what).id


def _check(walk: Walk, deployment: Deployment, cameras: Sequence[str], now: datetime) -> None:
    if walk.camera not in cameras:
        raise PassError(f"no camera is named {walk.camera!r:.60}; there are: {', '.join(cameras)}")
    if walk.light not in LIGHTS:
        raise PassError(f"the light is one of {', '.join(LIGHTS)}, not {walk.light!r:.60}")
    if walk.group is not None and GROUP.fullmatch(walk.group) is None:
        raise PassError("a group is a code of 1 to 20 small letters and _, as the volunteer says it")
    if not timedelta(0) < walk.ended - walk.began <= LONGEST:
        raise PassError(f"a pass ends after it began, and within {LONGEST.seconds // 60} minutes")
    if walk.ended > now + AHEAD:
        raise PassError("it lies in the future: log a pass when it has happened")
    over = min(deployment.ends_at, deployment.ended_at or deployment.ends_at)
    if not deployment.begins_at <= walk.began < over:
        raise PassError("it lies outside the test's window")


def _named(found: VolunteerPass) -> dict[str, Json]:
    return {"deployment": found.deployment_id, "entry": found.entry_id, "pass": found.id}


def _counting(deployment_id: str) -> Select[VolunteerPass]:
    return select(VolunteerPass).where(
        VolunteerPass.deployment_id == deployment_id, VolunteerPass.withdrawn_at.is_(None)
    )


def _walks_near(session: Session, deployment_id: str, walk: Walk) -> list[Walk]:
    near = _counting(deployment_id).where(
        VolunteerPass.entry_id == walk.entry,
        VolunteerPass.camera == walk.camera,
        VolunteerPass.ended_at >= walk.began - LONGEST,
        VolunteerPass.began_at <= walk.ended + LONGEST,
    )
    return [_walk(row) for row in session.scalars(near)]


def _walk(row: VolunteerPass) -> Walk:
    return Walk(row.entry_id, row.camera, row.began_at, row.ended_at, row.light, row.group)


def _captures(session: Session, deployment_id: str) -> list[Capture]:
    """Alerts, and sightings while one of the same person was open, also by other cameras."""
    alerts = select(Alert.subject_id, Alert.camera, Alert.captured_at).where(Alert.deployment_id == deployment_id)
    sightings = (
        select(Alert.subject_id, Sighting.camera, Sighting.captured_at)
        .join(Alert, Alert.id == Sighting.alert_id)
        .where(Alert.deployment_id == deployment_id)
    )
    return [Capture(*row) for query in (alerts, sightings) for row in session.execute(query)]
