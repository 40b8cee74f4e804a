"""Signing for a deployment: authorise, refuse, ratify. Each function is one step inside one transaction.

Each checks the officer's level, who did what before, and the state; tells the ledger; and the database checks again
(`records.rules.deployments`). A refusal of the moment or the person is `Refused`, bad input `ApplicationError`.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.application import ApplicationError, missing
from alerts.authority import authority_needed
from alerts.decisions import Refused
from alerts.deployments import end_for
from alerts.reasons import RATIFICATION_REFUSED
from alerts.steps import acting, application_of, get_deployment, in_state, tell, text_of
from records.canonical import Json
from records.facts import REFERENCE, Kind
from records.policy import pin
from records.schema import AUTHORITY, BEGUN, BuiltList, Deployment, Person
from records.times import to_text

OFFICERS = ("authorising_officer",)


def authorise(
    session: Session,
    deployment_id: str,
    person: Person,
    seen: str,
    now: datetime,
    reference: str | None = None,
) -> Deployment:
    """Sign for a submitted application. `seen` is the hash of the document that the officer has read.

    What is urgent is allowed by a lower level for the policy's hours, and must be ratified by another officer.
    """
    found = get_deployment(session, deployment_id)
    officer = _officer(session, found, person, "authorise")
    in_state(found, ("submitted",), "authorised")
    application, pinned = application_of(found), pin(found.policy)
    rules = pinned.policy.authority
    if seen != found.document_hash:
        raise Refused("the application was changed since you read it: read it again")
    faults = missing(application, pinned.policy, now)
    if faults:
        raise Refused("the application is not fit any more: " + "; ".join(faults))
    _of_level(officer, authority_needed(application, pinned)[1], "authorise")
    reference = _reference(reference)
    if rules.reference_required and reference is None and not application.urgent:
        raise ApplicationError("authorising takes the reference of the outside authority's decision")
    _builder_is_another(session, found, officer)
    same_name = (Deployment.name == found.name, Deployment.state.in_(("authorised", *BEGUN)))
    if session.scalar(select(Deployment.id).where(*same_name)):
        raise Refused(f"another deployment named {found.name!r} is authorised and not over: end that one first")
    found.state, found.authorised_by, found.authorised_at = "authorised", officer.id, now
    found.authorisation_reference = reference
    facts: dict[str, Json] = {"document": found.document_hash, "urgent": application.urgent, "reference": reference}
    if application.urgent:
        found.ratify_by = now + timedelta(hours=rules.ratify_hours)
        facts["ratify_by"] = to_text(found.ratify_by)
    return tell(session, found, officer.id, Kind.DEPLOYMENT_AUTHORISED, facts, now)


def refuse(session: Session, deployment_id: str, person: Person, reason: str, now: datetime) -> Deployment:
    """Refuse a submitted application, or take back an authority before it was used."""
    found = get_deployment(session, deployment_id)
    officer = _officer(session, found, person, "refuse")
    in_state(found, ("submitted", "authorised"), "refused")
    facts: dict[str, Json] = {"reason": text_of(reason, "say why it is refused")}
    found.state = "refused"
    return tell(session, found, officer.id, Kind.DEPLOYMENT_REFUSED, facts, now)


def ratify(
    session: Session, deployment_id: str, person: Person, now: datetime, reference: str | None = None
) -> Deployment:
    """Another officer, of the full level, signs for what was allowed as urgent."""
    found, officer = _to_ratify(session, deployment_id, person)
    if found.ratify_by is None or now >= found.ratify_by:
        raise Refused("the time to ratify it is over: it ends by itself")
    if officer.id == found.authorised_by:
        raise Refused("you authorised it: another officer must ratify it")
    reference = _reference(reference)
    if reference is not None and found.authorisation_reference not in (None, reference):
        raise Refused("it has a reference already, which stays")
    found.authorisation_reference = found.authorisation_reference or reference
    if pin(found.policy).policy.authority.reference_required and found.authorisation_reference is None:
        raise ApplicationError("ratifying takes the reference of the outside authority's decision")
    found.ratified_by, found.ratified_at = officer.id, now
    facts: dict[str, Json] = {"document": found.document_hash, "reference": found.authorisation_reference}
    return tell(session, found, officer.id, Kind.DEPLOYMENT_RATIFIED, facts, now)


def refuse_ratification(session: Session, deployment_id: str, person: Person, reason: str, now: datetime) -> Deployment:
    """Ends it at once; what it took in and put out is erased (`PURGED_FOR`)."""
    found, officer = _to_ratify(session, deployment_id, person)
    facts: dict[str, Json] = {"reason": text_of(reason, "say why it is refused")}
    tell(session, found, officer.id, Kind.DEPLOYMENT_REFUSED, facts, now)
    return end_for(session, found, officer.id, RATIFICATION_REFUSED, now)


def lists_before(session: Session, found: Deployment) -> list[tuple[str, datetime, int]]:
    """Name, begin and number of entries of the last lists for the same purpose, newest first, at most five.

    Whoever signs should see whether lists grow.
    """
    purpose = application_of(found).purpose
    earlier = session.execute(
        select(Deployment, BuiltList.entries)
        .join(BuiltList, BuiltList.deployment_id == Deployment.id)
        .where(Deployment.kind == "operational", Deployment.id != found.id, Deployment.created_at <= found.created_at)
        .order_by(Deployment.begins_at.desc())
        .limit(50)
    )
    same = [(one.name, one.begins_at, size) for one, size in earlier if application_of(one).purpose == purpose]
    return same[:5]


def _officer(session: Session, found: Deployment, person: Person, what: str) -> Person:
    officer = acting(session, person, OFFICERS, f"{what} a deployment")
    if officer.id == found.drafted_by:
        raise Refused(f"you drafted it: another officer must {what} it")
    return officer


def _of_level(officer: Person, level: int, what: str) -> None:
    if (officer.authority or 0) < level:
        raise Refused(f"to {what} this deployment takes an officer of the {AUTHORITY[level]} level ({level})")


def _to_ratify(session: Session, deployment_id: str, person: Person) -> tuple[Deployment, Person]:
    found = get_deployment(session, deployment_id)
    officer = _officer(session, found, person, "ratify")
    in_state(found, ("authorised", *BEGUN), "ratified")
    if not found.urgent or found.ratified_by is not None:
        raise Refused("it was not urgent: there is nothing to ratify" if not found.urgent else "it is ratified already")
    _of_level(officer, authority_needed(application_of(found), pin(found.policy))[0], "ratify")
    return found, officer


def _builder_is_another(session: Session, found: Deployment, officer: Person) -> None:
    built = session.get(BuiltList, found.id)
    if built is not None and built.built_by == officer.id:
        raise Refused("you built its list: another officer must authorise it")


def _reference(reference: str | None) -> str | None:
    if reference is not None and not REFERENCE.accepts(reference):
        raise ApplicationError(f"the authority's reference must be {REFERENCE.what}")
    return reference
