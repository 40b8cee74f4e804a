"""What `openlfr deployment` does: opens the record, finds out who acts, takes the step, and says it in a line."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import deployments, signing, thresholds
from alerts.application import Application, missing, read_application, warnings
from alerts.authority import Rig
from alerts.position import Reading, open_source
from inference.catalogue import find_pack
from records.policy import PinnedPolicy, read_policy
from records.schema import BEGUN, Deployment, Person
from records.times import utc_now
from rig.acting import acting
from rig.config import RigConfig, load
from rig.failures import UsageError
from rig.opening import open_record
from rig.status_source import status_source
from rig.wrapped import say

FIRST_FIX_S = 5.0
"""How long a command waits for the position source's first fix."""

OVER = ("refused", "ended", "erased")

Step = Callable[[Session, Deployment, Person, RigConfig], str]


def draft(options: argparse.Namespace) -> int:
    config = load(options.rig)
    application, pinned = read_application(options.file), _policy(config)
    with open_record(config) as database:
        person = acting(database, options.name)
        with database.write() as session:
            if options.again is None:
                found = deployments.draft(session, application, pinned, person, utc_now())
            else:
                before = find(session, options.again)
                found = deployments.redraft(session, before.id, application, pinned, person, utc_now())
            say(f"{found.name} is drafted: {found.id}")
    _say_what_is_wrong(application, pinned)
    if application.name != config.deployment.name:
        say(f"the rig file serves {config.deployment.name!r}, not this name.", "Note: ")
    return 0


def submit(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.submit(session, found.id, person, utc_now())
        return "is submitted. An authorising officer who did not draft it must sign."

    return _take(options, step)


def take_back(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.take_back(session, found.id, person, utc_now())
        return "is a draft again."

    return _take(options, step)


def authorise(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        given = options.document
        seen = found.document_hash if len(given) >= 12 and found.document_hash.startswith(given) else given
        signing.authorise(session, found.id, person, seen, utc_now(), options.reference)
        if found.ratify_by is None:
            return "is authorised."
        return f"is authorised as urgent: another officer must ratify it before {found.ratify_by:%Y-%m-%d %H:%M} UTC."

    return _take(options, step)


def refuse(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        if found.state in BEGUN:
            signing.refuse_ratification(session, found.id, person, options.reason, utc_now())
            return "is not ratified: it has ended, and what it took in and put out is erased."
        signing.refuse(session, found.id, person, options.reason, utc_now())
        return "is refused."

    return _take(options, step)


def ratify(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        signing.ratify(session, found.id, person, utc_now(), options.reference)
        return "is ratified."

    return _take(options, step)


def signage(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        for item in options.item:
            deployments.check_signage(session, found.id, item, person, utc_now())
        return f"has {len(options.item)} signage items more in place."

    return _take(options, step)


def start(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.start(session, found.id, person, rig_now(config), utc_now())
        return f"is running, until {found.ends_at:%Y-%m-%d %H:%M} UTC at the latest."

    return _take(options, step)


def pause(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.pause(session, found.id, person, options.reason, utc_now(), options.note)
        return "is paused."

    return _take(options, step)


def resume(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.resume(session, found.id, person, rig_now(config), utc_now(), options.note)
        return "is running again."

    return _take(options, step)


def raise_threshold(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        thresholds.propose_threshold(session, found.id, person, options.threshold, options.reason, utc_now())
        return f"keeps its threshold {found.threshold:g} until another person seconds {options.threshold:g}."

    return _take(options, step)


def second_threshold(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        waiting = thresholds.open_proposals(session, found.id)
        same = [change for change in waiting if change.after == options.threshold]
        if not same:
            known = ", ".join(f"{change.after:g}" for change in waiting) or "none"
            raise UsageError(f"nobody proposed the threshold {options.threshold:g}; proposed: {known}")
        thresholds.second_threshold(session, same[0].id, person, utc_now())
        return f"has the threshold {found.threshold:g} now."

    return _take(options, step)


def end(options: argparse.Namespace) -> int:
    def step(session: Session, found: Deployment, person: Person, config: RigConfig) -> str:
        deployments.end(session, found.id, person, options.reason, utc_now())
        return "has ended."

    return _take(options, step)


def find(session: Session, asked: str) -> Deployment:
    """By id, or the newest of this name, one that is not over first. Raises UsageError."""
    found = session.get(Deployment, asked)
    if found is None:
        named = session.scalars(
            select(Deployment).where(Deployment.name == asked).order_by(Deployment.created_at.desc())
        ).all()
        found = next((one for one in named if one.state not in OVER), named[0] if named else None)
    if found is None:
        raise UsageError(f"there is no deployment {asked!r}: `openlfr deployment list` shows them")
    return found


def rig_now(config: RigConfig) -> Rig:
    """What the rig file says of this rig, and where it is."""
    return Rig(
        contract=find_pack(config.inference.pack).contract,
        cameras=tuple(camera.name for camera in config.camera),
        position=None if config.position is None else _reading(config.position.source),
        status_source=status_source(config) is not None,
    )


def _reading(source: str) -> Reading:
    opened = open_source(source)
    try:
        deadline = time.monotonic() + FIRST_FIX_S
        while (reading := opened.reading()).fresh is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return reading
    finally:
        opened.close()


def _take(options: argparse.Namespace, step: Step) -> int:
    config = load(options.rig)
    with open_record(config) as database:
        with database.read() as session:
            deployment_id = find(session, options.deployment).id
        person = acting(database, options.name)
        with database.write() as session:
            found = session.get_one(Deployment, deployment_id)
            done = step(session, found, person, config)
        say(f"{found.name} {done}")
    return 0


def _policy(config: RigConfig) -> PinnedPolicy:
    if config.policy is None:
        raise UsageError("a test rig's deployment begins by itself; to draft one, name policy.file in the rig file")
    return read_policy(Path(config.policy.file))


def _say_what_is_wrong(application: Application, pinned: PinnedPolicy) -> None:
    for sentence in warnings(application, pinned.policy, utc_now()):
        say(sentence, "Warning: ")
    faults = missing(application, pinned.policy, utc_now())
    if faults:
        print("Before it can be submitted:")
        for sentence in faults:
            say(sentence, "- ")
