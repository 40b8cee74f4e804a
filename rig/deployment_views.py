"""What `openlfr deployment show | list | check` prints, in 80 columns or as JSON."""

import argparse
import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.application import Application, Document, missing, read_document, warnings
from alerts.authority import obstacles, read_facts
from alerts.signing import lists_before
from alerts.thresholds import open_proposals
from records.policy import pin
from records.schema import BuiltList, Deployment, Person, SignageCheck
from records.times import to_text, utc_now
from rig.config import load
from rig.deployment_acts import find, rig_now
from rig.opening import open_record
from rig.wrapped import say

_LABEL = 16


def show(options: argparse.Namespace) -> int:
    with open_record(load(options.rig)) as database, database.read() as session:
        found = find(session, options.deployment)
        if options.json:
            print(json.dumps(_told(session, found), indent=2))
        else:
            _show(session, found)
    return 0


def show_all(options: argparse.Namespace) -> int:
    with open_record(load(options.rig)) as database, database.read() as session:
        found = session.scalars(select(Deployment).order_by(Deployment.created_at.desc())).all()
        if options.json:
            print(json.dumps([_row(one) for one in found], indent=2))
            return 0
    if not found:
        print("No deployment yet. Begin with: openlfr deployment draft FILE --as NAME")
    for one in found:
        name = one.name if len(one.name) <= 19 else one.name[:18] + "…"
        print(f"{one.id} {name:19} {one.state:10} {one.begins_at:%m-%d %H:%M}")
    return 0


def check(options: argparse.Namespace) -> int:
    config, now = load(options.rig), utc_now()
    rig = rig_now(config)
    with open_record(config) as database, database.read() as session:
        found = find(session, options.deployment)
        in_the_way = [obstacle.sentence for obstacle in obstacles(read_facts(session, found.id, rig, now), now)]
        document = read_document(found.document)
        if found.state == "draft" and isinstance(document, Application):
            in_the_way += missing(document, pin(found.policy).policy, now)
        cautions = _warnings(found, document, now)
    for sentence in cautions:
        say(sentence, "Warning: ")
    if not in_the_way:
        say(f"{found.name} may be searched now.")
        return 0
    say(f"Between {found.name} and a search:")
    for sentence in in_the_way:
        say(sentence, "- ")
    return 1


def _show(session: Session, found: Deployment) -> None:
    document, policy = read_document(found.document), pin(found.policy).policy
    _line("name", found.name)
    _line("id", found.id)
    _line("kind", found.kind + (", urgent" if found.urgent else ""))
    _line("state", " ".join(part for part in (found.state, _why(found)) if part))
    _line("document", found.document_hash)
    _line("policy", f"{policy.name} {policy.version}, {found.policy_hash[:16]}")
    _line("window", f"{found.begins_at:%Y-%m-%d %H:%M} to {found.ends_at:%Y-%m-%d %H:%M} UTC")
    _line("cameras", ", ".join(document.cameras))
    _line("threshold", f"{found.threshold:g}" if found.threshold is not None else "none")
    for change in open_proposals(session, found.id):
        _line("", f"{change.after:g} is proposed: {change.reason}")
    if isinstance(document, Application):
        _show_application(session, found, document)
    built = session.get(BuiltList, found.id)
    _line("list", "not built" if built is None else f"{built.entries} entries, built {_minute(built.built_at)}")
    if built is not None and built.above_cap:
        _line("above its cap", built.above_cap)
    checks = {check.item: check for check in _checks(session, found)}
    for item in policy.signage:
        done = checks.get(item.code)
        _line("signage", f"{item.code}: {'missing' if done is None else _minute(done.checked_at)}")
    for sentence in _warnings(found, document, utc_now()):
        _line("warning", sentence)


def _show_application(session: Session, found: Deployment, document: Application) -> None:
    policy = pin(found.policy).policy
    purpose, measured, place = policy.purpose(document.purpose), document.calibration, document.place
    _line("purpose", document.purpose if purpose is None else purpose.words)
    for label in ("necessity", "proportionality", "alternatives"):
        _line(label, getattr(document, label))
    _line("why there", document.where_reason)
    if document.urgent:
        _line("why urgent", document.urgent_reason)
    where = f"{len(place.polygon)} corners" if place.polygon else f"{place.radius_m:g} m around"
    _line("place", place.name + f" ({where})")
    _line("sensitive sites", ", ".join(document.sensitive) or "none")
    _line(
        "calibration",
        f"{measured.threshold:g} for a false positive rate of {measured.fpir:g} among {measured.entries} entries,"
        f" on {measured.data_set}",
    )
    _line("assessment", f"{document.dpia.version}, review by {document.dpia.review_by}, {document.dpia.hash[:16]}")
    for label, person, at in (
        ("drafted by", found.drafted_by, found.created_at),
        ("authorised by", found.authorised_by, found.authorised_at),
        ("ratified by", found.ratified_by, found.ratified_at),
    ):
        if person is not None and at is not None:
            _line(label, f"{session.get_one(Person, person).name}, {_minute(at)}")
    if found.authorisation_reference:
        _line("reference", found.authorisation_reference)
    for name, begins, entries in lists_before(session, found):
        _line("earlier list", f"{entries} entries, {begins:%Y-%m-%d}, {name}")


def _told(session: Session, found: Deployment) -> dict[str, object]:
    document = read_document(found.document)
    return {
        **_row(found),
        "document": json.loads(found.document),
        "document_hash": found.document_hash,
        "policy_hash": found.policy_hash,
        "threshold": found.threshold,
        "list_hash": found.list_hash,
        "paused_for": found.paused_for,
        "ended_for": found.ended_for,
        "signage": {check.item: to_text(check.checked_at) for check in _checks(session, found)},
        "warnings": list(_warnings(found, document, utc_now())),
    }


def _row(found: Deployment) -> dict[str, object]:
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "state": found.state,
        "urgent": found.urgent,
        "begins_at": to_text(found.begins_at),
        "ends_at": to_text(found.ends_at),
    }


def _checks(session: Session, found: Deployment) -> list[SignageCheck]:
    return list(session.scalars(select(SignageCheck).where(SignageCheck.deployment_id == found.id)))


def _warnings(found: Deployment, document: Document, now: datetime) -> tuple[str, ...]:
    return warnings(document, pin(found.policy).policy, now) if isinstance(document, Application) else ()


def _why(found: Deployment) -> str | None:
    reason = found.paused_for or found.ended_for
    if reason is not None:
        return f"({reason})"
    if found.ratify_by is not None and found.ratified_by is None and found.state not in ("ended", "erased"):
        return f"(to be ratified before {_minute(found.ratify_by)})"
    return None


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _line(label: str, words: str) -> None:
    say(words, f"{label:{_LABEL}}")
