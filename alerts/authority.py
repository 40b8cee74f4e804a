"""Whether the rig may search now: `obstacles` names everything that stands in the way (invariant 1).

Pure but for `read_facts`. What cannot be known counts as an obstacle: the search fails closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.application import Application, ApplicationError, Document, document_hash, read_document
from alerts.places import is_inside
from alerts.position import Reading
from alerts.steps import get_deployment
from records.policy import PinnedPolicy, PolicyError, pin
from records.schema import (
    BuiltList,
    CameraCount,
    Deployment,
    Entry,
    Person,
    SignageCheck,
)

CLOCK_SLACK = timedelta(seconds=5)
"""A clock that follows a time server is set back by less than this; more is an obstacle."""


@dataclass(frozen=True)
class Obstacle:
    code: str
    sentence: str
    """Names what is missing, and what to do where somebody can do something."""


@dataclass(frozen=True)
class Rig:
    """What the rig knows of itself, beside the record."""

    contract: str | None = None
    """Embedding contract of the models that are loaded; None where the asker has not loaded any."""
    cameras: tuple[str, ...] | None = None
    """Those that the rig file names; None where the asker has none."""
    position: Reading | None = None
    """None where no position source is configured."""
    status_source: bool = False
    """Whether a status source is configured."""


@dataclass(frozen=True)
class ListFacts:
    hash: str
    contract: str
    built_at: datetime
    built_by: str | None
    entries: int
    pictures: int
    """Reference pictures: what each passer-by is compared with, and so what the threshold depends on."""
    explained: bool
    """Whether its size above the policy's cap is justified in writing."""
    erased: bool


@dataclass(frozen=True)
class Facts:
    deployment: Deployment
    document: Document | None
    """None where it cannot be read, or is not what its hash says."""
    policy: PinnedPolicy | None
    """As `document`."""
    built: ListFacts | None
    signer_authority: int | None
    ratifier_authority: int | None
    signage: frozenset[str]
    """Codes of the items that were checked."""
    standing_entries: int
    """Those that may be found now: active, unexpired, and checked with their source in time where there is one."""
    witnessed: datetime
    """The latest time that the record knows of for this deployment: the clock was there already."""
    rig: Rig


def obstacles(facts: Facts, now: datetime) -> tuple[Obstacle, ...]:
    """Everything that stands between the deployment and a search at this moment; empty where it may search."""
    state = facts.deployment.state
    found = [] if state == "running" else [Obstacle("not_running", _STATE_WORDS[state])]
    return (*found, *obstacles_to_running(facts, now))


def obstacles_to_running(facts: Facts, now: datetime) -> tuple[Obstacle, ...]:
    """The same, but for the state: what must be gone before somebody starts or resumes it."""
    document, policy = facts.document, facts.policy
    if document is None or policy is None:
        return (Obstacle("altered", "the application or its policy is not what was signed for: draft another one"),)
    found = [*_terms(facts, document, policy), *_window(facts, now), *_list(facts, document, policy, now)]
    if isinstance(document, Application):
        found += [*_signatures(facts, document, policy, now), *_signage(facts, policy), *_place(facts, document)]
    if facts.built is not None and not facts.standing_entries:
        found.append(
            Obstacle(
                "nobody_listed",
                "no entry of its list may be found now: each is withdrawn, expired, in quarantine,"
                " or was not checked with its source in time",
            )
        )
    return tuple(found)


_STATE_WORDS = {
    "draft": "it is a draft: submit it",
    "submitted": "it is not authorised: an authorising officer who did not draft it must sign",
    "authorised": "it has not been started: an operator starts it in its window",
    "refused": "it was refused: draft another one",
    "running": "",
    "paused": "it is paused: a person must resume it",
    "ended": "it has ended: draft another one",
    "erased": "it has ended, and its list is erased: draft another one",
}


def _terms(facts: Facts, document: Document, policy: PinnedPolicy) -> list[Obstacle]:
    deployment = facts.deployment
    found = []
    is_test = not isinstance(document, Application)
    told = (document.name, document.begins, document.ends, isinstance(document, Application) and document.urgent)
    kept = (deployment.name, deployment.begins_at, deployment.ends_at, deployment.urgent)
    if told != kept or is_test != (deployment.kind == "test"):
        found.append(
            Obstacle("altered", "its name, window or kind is not what its application says: draft another one")
        )
    if policy.policy.test != is_test or deployment.confirmations < policy.policy.confirmations:
        found.append(
            Obstacle("policy", f"the policy {policy.policy.name!r} is not for this deployment: draft another one")
        )
    if deployment.threshold is None or deployment.threshold < document.threshold:
        found.append(Obstacle("threshold", f"its threshold is below the {document.threshold:g} that was asked for"))
    for camera in facts.rig.cameras or ():
        if camera not in document.cameras:
            found.append(
                Obstacle("camera", f"the camera {camera!r} is not of the application: take it off the rig file")
            )
    return found


def _window(facts: Facts, now: datetime) -> list[Obstacle]:
    deployment, found = facts.deployment, []
    if now < deployment.begins_at:
        found.append(Obstacle("before_window", f"its window begins at {_words(deployment.begins_at)}"))
    if now >= deployment.ends_at:
        found.append(Obstacle("after_window", f"its window ended at {_words(deployment.ends_at)}: draft another one"))
    if now < facts.witnessed - CLOCK_SLACK:
        found.append(
            Obstacle(
                "clock_back",
                f"the clock says {_words(now)}, but the record was written at {_words(facts.witnessed)}: set the clock",
            )
        )
    return found


def _list(facts: Facts, document: Document, policy: PinnedPolicy, now: datetime) -> list[Obstacle]:
    built = facts.built
    if built is None or built.hash != facts.deployment.list_hash:
        return [Obstacle("no_list", "no list is built for it: openlfr watchlist build")]
    found = []
    within = timedelta(hours=policy.policy.lists.built_within_hours)
    if built.erased:
        found.append(Obstacle("list_erased", "its list is erased: draft another one"))
    if now - built.built_at > within:
        found.append(
            Obstacle("list_old", f"its list was built at {_words(built.built_at)}, more than {_hours(within)} ago")
        )
    if facts.rig.contract not in (None, built.contract):
        found.append(Obstacle("contract", "its list was built with other models than those of this rig"))
    if isinstance(document, Application):
        if built.contract != document.calibration.contract:
            found.append(Obstacle("contract", "its list was built with other models than those of the calibration"))
        if max(built.entries, built.pictures) > document.calibration.entries:
            found.append(
                Obstacle(
                    "list_long",
                    f"its list has {built.pictures} reference pictures, and its threshold was measured with"
                    f" {document.calibration.entries}: measure again, or shorten the list",
                )
            )
        purpose = policy.policy.purpose(document.purpose)
        if purpose is not None and built.entries > purpose.cap and not built.explained:
            found.append(
                Obstacle(
                    "list_above_cap", f"its list has {built.entries} entries, above the cap of {purpose.cap}: say why"
                )
            )
    return found


def _signatures(facts: Facts, document: Application, policy: PinnedPolicy, now: datetime) -> list[Obstacle]:
    deployment = facts.deployment
    if deployment.authorised_by is None or deployment.authorised_at is None:
        return [Obstacle("not_authorised", "no authorising officer has signed for it")]
    found = []
    full, first = authority_needed(document, policy)
    if (facts.signer_authority or 0) < first or deployment.authorised_by == deployment.drafted_by:
        found.append(Obstacle("authority", f"it takes an authorising officer of level {first} who did not draft it"))
    if facts.built is not None and deployment.authorised_by == facts.built.built_by:
        found.append(Obstacle("authority", "nobody authorises a list that he or she built"))
    if facts.built is not None and facts.built.built_by is None:
        found.append(Obstacle("no_builder", "nobody has signed for building its list: build it under your name"))
    if policy.policy.authority.reference_required and not deployment.authorisation_reference and not document.urgent:
        found.append(Obstacle("no_reference", "the reference of the outside authority's decision is missing"))
    if document.urgent and deployment.ratified_by is None:
        if deployment.ratify_by is None or now >= deployment.ratify_by:
            found.append(Obstacle("not_ratified", "it was urgent, and was not ratified in time"))
    elif document.urgent and (
        (facts.ratifier_authority or 0) < full
        or deployment.ratified_by in (deployment.drafted_by, deployment.authorised_by)
    ):
        found.append(Obstacle("authority", f"it takes another authorising officer of level {full} to ratify it"))
    return found


def authority_needed(document: Application, policy: PinnedPolicy) -> tuple[int, int]:
    """Levels for signing in the end, and for signing first; they differ only for what is urgent and not sensitive."""
    rules = policy.policy.authority
    full = rules.sensitive if document.sensitive else rules.standard
    return full, rules.urgent if document.urgent and not document.sensitive else full


def _signage(facts: Facts, policy: PinnedPolicy) -> list[Obstacle]:
    return [
        Obstacle("signage", f"nobody has checked the signage: {item.words} ({item.code})")
        for item in policy.policy.signage
        if item.code not in facts.signage
    ]


def _place(facts: Facts, document: Application) -> list[Obstacle]:
    reading = facts.rig.position
    if reading is None:
        return []
    fix = reading.fresh
    if fix is None:
        return [Obstacle("no_position", "where the rig is is not known: see that the position source has a fix")]
    if not is_inside(document.place, fix.latitude, fix.longitude):
        return [Obstacle("outside", f"the rig is outside its place, {document.place.name!r}: bring it back")]
    return []


def read_facts(session: Session, deployment_id: str, rig: Rig, now: datetime) -> Facts:
    """What the record knows of the deployment. Raises NotFound."""
    deployment = get_deployment(session, deployment_id)
    document, policy = _read(deployment.document, deployment.document_hash), _pinned(deployment)
    built = session.get(BuiltList, deployment_id)
    signer = session.get(Person, deployment.authorised_by) if deployment.authorised_by else None
    ratifier = session.get(Person, deployment.ratified_by) if deployment.ratified_by else None
    checks = session.scalars(select(SignageCheck).where(SignageCheck.deployment_id == deployment_id)).all()
    standing = select(func.count()).where(
        Entry.deployment_id == deployment_id, Entry.state == "active", Entry.expires_at > now
    )
    if rig.status_source and policy is not None:
        # Each entry that the source was silent about is withheld by itself (`watchlist.standing.withheld`).
        oldest = now - timedelta(minutes=policy.policy.lists.status_within_minutes)
        standing = standing.where(Entry.status_checked_at >= oldest)
    counted = session.scalar(select(func.max(CameraCount.at)).where(CameraCount.deployment_id == deployment_id))
    times = (
        deployment.created_at,
        deployment.submitted_at,
        deployment.authorised_at,
        deployment.ratified_at,
        deployment.started_at,
        None if built is None else built.built_at,
        counted,
        *(check.checked_at for check in checks),
    )
    return Facts(
        deployment=deployment,
        document=document,
        policy=policy,
        built=None
        if built is None
        else ListFacts(
            hash=built.hash,
            contract=built.contract,
            built_at=built.built_at,
            built_by=built.built_by,
            entries=built.entries,
            pictures=built.pictures,
            explained=bool((built.above_cap or "").strip()),
            erased=built.erased_at is not None,
        ),
        signer_authority=signer.authority if signer else None,
        ratifier_authority=ratifier.authority if ratifier else None,
        signage=frozenset(check.item for check in checks),
        standing_entries=session.scalar(standing) or 0,
        witnessed=max(time for time in times if time is not None),
        rig=rig,
    )


@lru_cache(maxsize=16)
def _read(text: str, expected: str) -> Document | None:
    try:
        return read_document(text) if document_hash(text) == expected else None
    except ApplicationError:
        return None


@lru_cache(maxsize=16)
def _pin(text: str, expected: str) -> PinnedPolicy | None:
    try:
        pinned = pin(text)
    except PolicyError:
        return None
    return pinned if pinned.hash == expected else None


def _pinned(deployment: Deployment) -> PinnedPolicy | None:
    return _pin(deployment.policy, deployment.policy_hash)


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _hours(duration: timedelta) -> str:
    return f"{duration.total_seconds() / 3600:g} hours"
