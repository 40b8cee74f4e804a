"""What `openlfr evidence` and `openlfr complaint` do: open the record, find out who acts, take the step, say it."""

import argparse
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from alerts import complaints, retention
from alerts.decisions import NotFound
from records.schema import Person
from records.times import to_text, utc_now
from rig.acting import acting
from rig.config import load
from rig.deployment_acts import find
from rig.failures import UsageError
from rig.opening import open_record
from rig.wrapped import say


def hold(options: argparse.Namespace) -> int:
    # Beyond this a time cannot be counted; the policy allows far less.
    if not 0 < options.days <= 10_000:
        raise UsageError(f"--days {options.days:g}: a hold lasts some days from now")

    def step(session: Session, person: Person) -> str:
        now = utc_now()
        until = now + timedelta(days=options.days)
        alert = retention.hold(session, options.alert, person, options.reference, until, now)
        return f"alert {alert.id} is held for {alert.held_for} until {to_text(until)}"

    return _act(options, step)


def release(options: argparse.Namespace) -> int:
    def step(session: Session, person: Person) -> str:
        alert = retention.release(session, options.alert, person, utc_now())
        return f"alert {alert.id} is held no more"

    return _act(options, step)


def list_held(options: argparse.Namespace) -> int:
    with open_record(load(options.rig)) as database, database.read() as session:
        kept = retention.held(session, utc_now())
        for one in kept:
            until = f"until {to_text(one.until)}" if one.until else "while its complaint is open"
            say(f"{one.alert.id} for {one.reference}, {until}")
        if not kept:
            say("Nothing is held.")
    return 0


def open_complaint(options: argparse.Namespace) -> int:
    def step(session: Session, person: Person) -> str:
        deployment = find(session, options.deployment)
        made = complaints.open_complaint(
            session, deployment.id, options.reference, person, utc_now(), alert_id=options.alert
        )
        return f"complaint {made.id} is recorded" + (", and its alert's pictures stay" if options.alert else "")

    return _act(options, step)


def close_complaint(options: argparse.Namespace) -> int:
    def step(session: Session, person: Person) -> str:
        made = complaints.close_complaint(session, options.complaint, options.outcome, person, utc_now())
        return f"complaint {made.id} is closed: {made.outcome}"

    return _act(options, step)


def list_complaints(options: argparse.Namespace) -> int:
    with open_record(load(options.rig)) as database, database.read() as session:
        found = complaints.complaints(session)
        for one in found:
            about = f"alert {one.alert_id}" if one.alert_id else f"deployment {one.deployment_id}"
            say(f"{one.id} {one.reference}, about {about}: {one.outcome or 'open'}")
        if not found:
            say("There is no complaint.")
    return 0


def _act(options: argparse.Namespace, step: Callable[[Session, Person], str]) -> int:
    with open_record(load(options.rig)) as database:
        person = acting(database, options.name)
        try:
            with database.write() as session:
                done = step(session, person)
        except NotFound as error:
            raise UsageError(str(error)) from error
    say(done)
    return 0
