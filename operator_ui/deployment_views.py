"""Deployments as the tablet shows them: rows in, plain values out."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.application import Application, Document, warnings
from alerts.authority import Facts, Rig, authority_needed, read_facts
from alerts.reasons import DONE
from alerts.thresholds import open_proposals
from operator_ui.deployment_acts import Act, Actor, acts_for
from operator_ui.deployment_checks import Check, checklist
from operator_ui.language import told, translated
from operator_ui.list_counts import ListSummary, list_summary
from operator_ui.settings import UiSettings
from operator_ui.steps import Viewer
from operator_ui.words import DEPLOYMENT_STATES, REASONS, STALE, SUPPRESSED
from records.policy import Named, PinnedPolicy, Policy
from records.schema import Alert, Deployment, Person, SignageCheck, Stop, Suppressed, ThresholdChange


class Row(msgspec.Struct, frozen=True):
    """A deployment in the list of all."""

    id: str
    name: str
    kind: str
    state: str
    state_words: str
    begins_at: datetime
    ends_at: datetime
    place: str | None
    urgent: bool
    drafted_by: str | None
    authorised_by: str | None


class Signature(msgspec.Struct, frozen=True):
    what: str
    who: str
    at: datetime | None
    note: str | None = None


class SignageItem(msgspec.Struct, frozen=True):
    code: str
    words: str
    checked_by: str | None
    checked_at: datetime | None


class Proposal(msgspec.Struct, frozen=True):
    id: str
    before: float
    after: float
    reason: str
    proposed_by: str
    proposed_at: datetime
    seconded_by: str | None
    mine: bool
    open: bool


class Counters(msgspec.Struct, frozen=True):
    alerts: int
    stops: int
    stale: int
    """Candidates that became no alert because their entry had gone stale."""
    suppressed: dict[str, int]
    """All such candidates, by the reason in words."""


class DeploymentView(Row, frozen=True):
    application: Document | None = None
    """None where it is not what was signed for."""
    application_hash: str = ""
    purpose: str = ""
    sensitive: list[str] = []
    policy: str = ""
    policy_hash: str = ""
    confirmations: int = 1
    threshold: float | None = None
    level_needed: int | None = None
    """Of the officer who signs next."""
    reference_required: bool = False
    reason: str | None = None
    """Why it is paused, or has ended."""
    ratify_by: datetime | None = None
    """Until when an urgent one must be ratified; None where that is not open."""
    checks: list[Check] = []
    warnings: list[str] = []
    signatures: list[Signature] = []
    signage: list[SignageItem] = []
    proposals: list[Proposal] = []
    counters: Counters | None = None
    watchlist: ListSummary | None = None
    acts: list[Act] = []
    pause_reasons: dict[str, str] = {}
    end_reasons: dict[str, str] = {}

    @property
    def ready(self) -> bool:
        """Whether nothing but a start or a resumption is missing."""
        return all(check.done for check in self.checks if check.code != "started")


def stamp_of(view: DeploymentView) -> str:
    """Another one whenever something of what this viewer sees has changed; as an HTTP entity tag."""
    return f'"{hashlib.sha256(msgspec.json.encode(view)).hexdigest()[:32]}"'


def rig_of(settings: UiSettings) -> Rig:
    """What the tablet's process knows of the rig. Where the rig is, the alerts service knows, and refuses by it."""
    return Rig(contract=settings.contract, cameras=settings.cameras, status_source=settings.status_source)


def rows(session: Session) -> list[Row]:
    """All deployments, the newest first."""
    names = names_of(session)
    found = session.scalars(select(Deployment).order_by(Deployment.created_at.desc(), Deployment.id.desc()))
    return [Row(**_row(deployment, names)) for deployment in found]


def deployment_view(session: Session, deployment_id: str, viewer: Viewer, rig: Rig, now: datetime) -> DeploymentView:
    """Raises NotFound."""
    facts, names = read_facts(session, deployment_id, rig, now), names_of(session)
    found, document = facts.deployment, facts.document
    policy = facts.policy.policy if facts.policy else None
    application = document if isinstance(document, Application) else None
    person = session.get_one(Person, viewer.person_id)
    actor = Actor(person.id, person.role, person.authority)
    unratified = found.urgent and found.ratified_by is None and found.ended_at is None
    words = _codes(policy.pause_reasons) if policy else {}
    reason = found.paused_for or found.ended_for
    purpose = policy.purpose(application.purpose) if policy and application else None
    sites = _codes(policy.sensitive_sites) if policy else {}
    return DeploymentView(
        **_row(found, names),
        application=document,
        application_hash=found.document_hash,
        purpose=purpose.words if purpose else application.purpose if application else "",
        sensitive=[sites.get(code, code) for code in application.sensitive] if application else [],
        policy=_policy_words(policy) if policy else "",
        policy_hash=found.policy_hash,
        confirmations=found.confirmations,
        threshold=found.threshold,
        level_needed=_level(facts, application),
        reference_required=bool(policy and policy.authority.reference_required and not found.urgent),
        reason=None if reason is None else words.get(reason) or translated(REASONS.get(reason, reason)),
        ratify_by=found.ratify_by if unratified else None,
        checks=checklist(facts, now),
        warnings=[told(warning) for warning in warnings(application, policy, now)] if policy and application else [],
        signatures=_signatures(facts, names),
        signage=_signage(session, found, policy, names),
        proposals=_proposals(session, found, viewer, names),
        counters=_counters(session, found) if found.started_at else None,
        watchlist=list_summary(session, found, policy),
        acts=list(acts_for(facts, actor, now)),
        pause_reasons=words,
        end_reasons={DONE: translated(REASONS[DONE]), **words},
    )


def names_of(session: Session) -> dict[str, str]:
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name))}


def _row(found: Deployment, names: Mapping[str, str]) -> dict[str, Any]:
    # Not read as an Application: the list must be drawn whatever stands in one row.
    place = msgspec.json.decode(found.document).get("place") or {}
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "state": found.state,
        "state_words": DEPLOYMENT_STATES[found.state],
        "begins_at": found.begins_at,
        "ends_at": found.ends_at,
        "place": place.get("name"),
        "urgent": found.urgent,
        "drafted_by": names.get(found.drafted_by or ""),
        "authorised_by": names.get(found.authorised_by or ""),
    }


def _policy_words(policy: Policy) -> str:
    return translated("{policy}, version {version}").format(policy=policy.name, version=policy.version)


def _codes(named: tuple[Named, ...]) -> dict[str, str]:
    return {item.code: item.words for item in named}


def _level(facts: Facts, application: Application | None) -> int | None:
    policy: PinnedPolicy | None = facts.policy
    if application is None or policy is None:
        return None
    full, first = authority_needed(application, policy)
    return full if facts.deployment.authorised_by else first


def _signatures(facts: Facts, names: Mapping[str, str]) -> list[Signature]:
    """Who did what, in the order of the law."""
    found, built = facts.deployment, facts.built
    signed = [
        (translated("Drafted"), found.drafted_by, found.created_at, None),
        (translated("Submitted"), found.drafted_by if found.submitted_at else None, found.submitted_at, None),
        (translated("List built"), built.built_by if built else None, built.built_at if built else None, None),
        (translated("Authorised"), found.authorised_by, found.authorised_at, found.authorisation_reference),
        (translated("Ratified"), found.ratified_by, found.ratified_at, None),
    ]
    return [Signature(what, names.get(who, who), at, note) for what, who, at, note in signed if who is not None]


def _signage(session: Session, found: Deployment, policy: Policy | None, names: Mapping[str, str]) -> list[SignageItem]:
    checks = session.scalars(select(SignageCheck).where(SignageCheck.deployment_id == found.id))
    made = {check.item: check for check in checks}
    return [
        SignageItem(
            item.code,
            item.words,
            names.get(made[item.code].checked_by) if item.code in made else None,
            made[item.code].checked_at if item.code in made else None,
        )
        for item in (policy.signage if policy else ())
    ]


def _proposals(session: Session, found: Deployment, viewer: Viewer, names: Mapping[str, str]) -> list[Proposal]:
    waiting = {change.id for change in open_proposals(session, found.id)}
    changes = session.scalars(
        select(ThresholdChange)
        .where(ThresholdChange.deployment_id == found.id)
        .order_by(ThresholdChange.proposed_at.desc())
    )
    return [
        Proposal(
            id=change.id,
            before=change.before,
            after=change.after,
            reason=change.reason,
            proposed_by=names[change.proposed_by],
            proposed_at=change.proposed_at,
            seconded_by=names.get(change.seconded_by or ""),
            mine=change.proposed_by == viewer.person_id,
            open=change.id in waiting,
        )
        for change in changes
    ]


def _counters(session: Session, found: Deployment) -> Counters:
    counted = select(Suppressed.reason, func.count()).where(Suppressed.deployment_id == found.id)
    reasons = {row[0]: row[1] for row in session.execute(counted.group_by(Suppressed.reason))}
    suppressed: dict[str, int] = {}
    for code, count in reasons.items():
        words = translated(SUPPRESSED.get(code, code))
        suppressed[words] = suppressed.get(words, 0) + count
    stops = select(func.count(Stop.id)).join(Alert).where(Alert.deployment_id == found.id)
    return Counters(
        alerts=session.scalar(select(func.count()).where(Alert.deployment_id == found.id)) or 0,
        stops=session.scalar(stops) or 0,
        stale=sum(reasons.get(code, 0) for code in STALE),
        suppressed=suppressed,
    )
