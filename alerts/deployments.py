"""A deployment from the draft to its end, one function a step, each inside one transaction (signing: `alerts.signing`).

Each checks the person's role, who did what before, and the state; tells the ledger; and the database checks again
(`records.rules.deployments`). A refusal of the moment or the person is `Refused`, bad input `ApplicationError`.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.application import (
    Application,
    ApplicationError,
    ApplicationOfTest,
    Document,
    document,
    document_hash,
    missing,
)
from alerts.authority import Rig, obstacles_to_running, read_facts
from alerts.counts import add_up
from alerts.decisions import Refused
from alerts.reasons import DONE, STOP_RULE
from alerts.steps import acting, application_of, get_deployment, in_state, note_of, tell
from alerts.store import RIG
from records.canonical import Json
from records.facts import Kind
from records.ids import new_id
from records.policy import PinnedPolicy, pin
from records.schema import BEGUN, Alert, BuiltList, CameraCount, Deployment, Person, SignageCheck, Stop, Suppressed
from records.times import to_text

DRAFTERS = ("list_builder", "operator", "authorising_officer")
CHECKERS = ("operator", "engagement_officer")
STARTERS = ("operator",)
PAUSERS = ("operator", "engagement_officer", "authorising_officer")
ENDERS = ("operator", "authorising_officer")

LONGEST_NAME = 80


def draft(
    session: Session, application: Application, pinned: PinnedPolicy, person: Person, now: datetime
) -> Deployment:
    """Keep an application, complete or not, under a policy pinned word for word."""
    drafter = acting(session, person, DRAFTERS, "draft a deployment")
    if pinned.policy.test:
        raise ApplicationError(
            f"the policy {pinned.policy.name!r} is for tests with volunteers: name an operational one"
        )
    found = _new(application, pinned, now, drafter.id)
    session.add(found)
    return _drafted(session, found, drafter.id, now)


def redraft(
    session: Session,
    deployment_id: str,
    application: Application,
    pinned: PinnedPolicy,
    person: Person,
    now: datetime,
) -> Deployment:
    """The drafter puts another application, or a newer policy, in the place of a draft."""
    found = _of_drafter(session, deployment_id, person, "change it")
    in_state(found, ("draft",), "changed")
    if pinned.policy.test:
        raise ApplicationError(
            f"the policy {pinned.policy.name!r} is for tests with volunteers: name an operational one"
        )
    if found.confirmations != pinned.policy.confirmations:
        raise Refused("its policy asks for another number of confirmations: draft a new deployment")
    new = _new(application, pinned, now, person.id)
    for column in (
        "name",
        "policy",
        "policy_hash",
        "document",
        "document_hash",
        "begins_at",
        "ends_at",
        "threshold",
        "urgent",
    ):
        setattr(found, column, getattr(new, column))
    return _drafted(session, found, person.id, now)


def submit(session: Session, deployment_id: str, person: Person, now: datetime) -> Deployment:
    """Ask for authority. Raises ApplicationError, which names everything that is missing."""
    found = _of_drafter(session, deployment_id, person, "submit it")
    in_state(found, ("draft",), "submitted")
    application, pinned = application_of(found), pin(found.policy)
    faults = missing(application, pinned.policy, now)
    if faults:
        raise ApplicationError("the application cannot be submitted: " + "; ".join(faults))
    found.state, found.submitted_at = "submitted", now
    facts: dict[str, Json] = {
        "document": found.document_hash,
        "purpose": application.purpose,
        "necessity": application.necessity,
        "proportionality": application.proportionality,
        "alternatives": application.alternatives,
        "where_reason": application.where_reason,
        "begins": to_text(application.begins),
        "ends": to_text(application.ends),
        "cameras": len(application.cameras),
        "threshold": f"{application.threshold:.4f}",
        "policy": found.policy_hash,
        "dpia": application.dpia.hash,
        "sensitive": list(application.sensitive),
        "urgent": application.urgent,
    }
    return tell(session, found, person.id, Kind.DEPLOYMENT_SUBMITTED, facts, now)


def take_back(session: Session, deployment_id: str, person: Person, now: datetime) -> Deployment:
    """The drafter makes a submitted application a draft again."""
    found = _of_drafter(session, deployment_id, person, "take it back")
    in_state(found, ("submitted",), "taken back")
    found.state, found.submitted_at = "draft", None
    return tell(session, found, person.id, Kind.DEPLOYMENT_TAKEN_BACK, {}, now)


def check_signage(session: Session, deployment_id: str, item: str, person: Person, now: datetime) -> Deployment:
    """A person has seen that an item of the policy's signage checklist is in place."""
    found = get_deployment(session, deployment_id)
    checker = acting(session, person, CHECKERS, "check signage")
    in_state(found, ("authorised", *BEGUN), "checked for signage")
    known = [named.code for named in pin(found.policy).policy.signage]
    if item not in known:
        raise ApplicationError(f"signage item {item!r} is not of the policy: use one of {', '.join(known) or 'none'}")
    if session.get(SignageCheck, (found.id, item)):
        raise Refused(f"the signage item {item} is checked already")
    session.add(SignageCheck(deployment_id=found.id, item=item, checked_by=checker.id, checked_at=now))
    return tell(session, found, checker.id, Kind.SIGNAGE_CHECKED, {"item": item}, now)


def start(session: Session, deployment_id: str, person: Person, rig: Rig, now: datetime) -> Deployment:
    """The search begins. Refused with everything that stands in its way."""
    found = get_deployment(session, deployment_id)
    operator = acting(session, person, STARTERS, "start a deployment")
    in_state(found, ("authorised",), "started")
    if operator.id == found.authorised_by:
        raise Refused("you authorised it: another person must start it")
    _clear(session, found, rig, now)
    if session.get_one(BuiltList, found.id).built_by == operator.id:
        raise Refused("you built its list: another person must start it")
    return _start(session, found, operator.id, now)


def pause(
    session: Session, deployment_id: str, person: Person, reason: str, now: datetime, note: str | None = None
) -> Deployment:
    """`reason` is a code of the policy's pause reasons."""
    found = get_deployment(session, deployment_id)
    pauser = acting(session, person, PAUSERS, "pause a deployment")
    known = [named.code for named in pin(found.policy).policy.pause_reasons]
    if reason not in known:
        raise ApplicationError(f"pause reason {reason!r} is not of the policy: use one of {', '.join(known)}")
    return _pause(session, found, pauser.id, reason, now, note)


def pause_by_rig(session: Session, deployment_id: str, reason: str, now: datetime) -> Deployment:
    return _pause(session, get_deployment(session, deployment_id), RIG, reason, now, None)


def resume(
    session: Session, deployment_id: str, person: Person, rig: Rig, now: datetime, note: str | None = None
) -> Deployment:
    """The search goes on, where nothing stands in its way. After the stop rule an authorising officer must say so."""
    found = get_deployment(session, deployment_id)
    in_state(found, ("paused",), "resumed")
    held = found.paused_for == STOP_RULE and found.kind == "operational"
    resumer = acting(session, person, ("authorising_officer",) if held else STARTERS, "resume it after this pause")
    _clear(session, found, rig, now)
    facts: dict[str, Json] = {"reason": found.paused_for, "note": note_of(note)}
    found.state, found.paused_for = "running", None
    return tell(session, found, resumer.id, Kind.DEPLOYMENT_RESUMED, facts, now)


def end(session: Session, deployment_id: str, person: Person, reason: str, now: datetime) -> Deployment:
    """For good. `reason` is `done`, or a code of the policy's pause reasons."""
    found = get_deployment(session, deployment_id)
    ender = acting(session, person, ENDERS, "end a deployment")
    known = [DONE, *(named.code for named in pin(found.policy).policy.pause_reasons)]
    if reason not in known:
        raise ApplicationError(f"reason {reason!r} for an end is not known: use one of {', '.join(known)}")
    return end_for(session, found, ender.id, reason, now)


def end_by_rig(session: Session, deployment_id: str, reason: str, now: datetime) -> Deployment:
    return end_for(session, get_deployment(session, deployment_id), RIG, reason, now)


def begin_test(
    session: Session, terms: ApplicationOfTest, pinned: PinnedPolicy, now: datetime, confirmations: int | None = None
) -> Deployment:
    """The rig drafts a test with volunteers; its list is built next, then `run_test`."""
    if not pinned.policy.test:
        raise ApplicationError(f"the policy {pinned.policy.name!r} is no test policy: draft an operational deployment")
    found = _new(terms, pinned, now, None)
    found.confirmations = max(confirmations or 1, pinned.policy.confirmations)
    session.add(found)
    return _drafted(session, found, RIG, now)


def run_test(session: Session, deployment_id: str, rig: Rig, now: datetime) -> Deployment:
    """The test begins by itself, once its list is built."""
    found = get_deployment(session, deployment_id)
    if found.kind != "test":
        raise Refused("only a test begins by itself: an operator starts this deployment")
    in_state(found, ("draft",), "started")
    _clear(session, found, rig, now)
    return _start(session, found, RIG, now)


def _new(application: Document, pinned: PinnedPolicy, now: datetime, drafted_by: str | None) -> Deployment:
    if not (0 < len(application.name.strip()) <= LONGEST_NAME and application.name.isprintable()):
        raise ApplicationError(f"the name of a deployment is printable and of at most {LONGEST_NAME} characters")
    text = document(application)
    return Deployment(
        id=new_id(),
        name=application.name,
        kind="operational" if isinstance(application, Application) else "test",
        state="draft",
        qualified_only=pinned.policy.operators.qualification,
        confirmations=pinned.policy.confirmations,
        policy=pinned.text,
        policy_hash=pinned.hash,
        document=text,
        document_hash=document_hash(text),
        begins_at=application.begins,
        ends_at=application.ends,
        threshold=application.threshold,
        urgent=isinstance(application, Application) and application.urgent,
        drafted_by=drafted_by,
        created_at=now,
    )


def _drafted(session: Session, found: Deployment, actor: str, now: datetime) -> Deployment:
    facts: dict[str, Json] = {"kind": found.kind, "document": found.document_hash}
    return tell(session, found, actor, Kind.DEPLOYMENT_DRAFTED, facts, now)


def _start(session: Session, found: Deployment, actor: str, now: datetime) -> Deployment:
    built = session.get_one(BuiltList, found.id)
    found.state, found.started_at = "running", now
    facts: dict[str, Json] = {
        "list": built.hash,
        "contract": built.contract,
        "policy": found.policy_hash,
        "threshold": f"{found.threshold:.4f}",
    }
    return tell(session, found, actor, Kind.DEPLOYMENT_STARTED, facts, now)


def _pause(session: Session, found: Deployment, actor: str, reason: str, now: datetime, note: str | None) -> Deployment:
    in_state(found, ("running",), "paused")
    facts: dict[str, Json] = {"reason": reason, "note": note_of(note)}
    found.state, found.paused_for = "paused", reason
    return tell(session, found, actor, Kind.DEPLOYMENT_PAUSED, facts, now)


def end_for(session: Session, found: Deployment, actor: str, reason: str, now: datetime) -> Deployment:
    in_state(found, ("authorised", *BEGUN), "ended")
    found.state, found.ended_at, found.ended_for, found.paused_for = "ended", now, reason, None
    facts: dict[str, Json] = {"reason": reason, "counts": _counts(session, found.id)}
    return tell(session, found, actor, Kind.DEPLOYMENT_ENDED, facts, now)


def _counts(session: Session, deployment_id: str) -> dict[str, Json]:
    def count(table: type[Alert] | type[Suppressed]) -> int:
        return session.scalar(select(func.count()).where(table.deployment_id == deployment_id)) or 0

    stops = select(func.count(Stop.id)).join(Alert).where(Alert.deployment_id == deployment_id)
    seen = add_up(session.scalars(select(CameraCount).where(CameraCount.deployment_id == deployment_id)))
    return {
        "alerts": count(Alert),
        "suppressed": count(Suppressed),
        "stops": session.scalar(stops) or 0,
        "faces": seen.faces,
        "passages": seen.passages,
    }


def _of_drafter(session: Session, deployment_id: str, person: Person, what: str) -> Deployment:
    found = get_deployment(session, deployment_id)
    drafter = acting(session, person, DRAFTERS, what)
    if found.drafted_by != drafter.id:
        raise Refused(f"only the person who drafted it can {what}")
    return found


def _clear(session: Session, found: Deployment, rig: Rig, now: datetime) -> None:
    in_the_way = obstacles_to_running(read_facts(session, found.id, rig, now), now)
    if in_the_way:
        raise Refused("it cannot search now: " + "; ".join(obstacle.sentence for obstacle in in_the_way))
