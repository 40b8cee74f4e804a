"""Raising a deployment's threshold: one person proposes with a reason, another seconds; it is never lowered."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.application import ApplicationError
from alerts.decisions import NotFound, Refused
from alerts.steps import acting, get_deployment, in_state, tell, text_of
from records.facts import Kind
from records.ids import new_id
from records.schema import BEGUN, Person, ThresholdChange

RAISERS = ("operator", "authorising_officer")
RAISED_IN = ("authorised", *BEGUN)


def propose_threshold(
    session: Session, deployment_id: str, person: Person, after: float, reason: str, now: datetime
) -> ThresholdChange:
    """Counts for nothing until another person seconds it."""
    found = get_deployment(session, deployment_id)
    proposer = acting(session, person, RAISERS, "propose a threshold")
    in_state(found, RAISED_IN, "given another threshold")
    before = found.threshold
    if before is None or not before < after < 1:
        raise ApplicationError(f"a threshold is only raised: name one above {before} and below 1")
    if f"{before:.4f}" == f"{after:.4f}":
        raise ApplicationError("a threshold is raised by 0.0001 at least: smaller steps are not recorded")
    change = ThresholdChange(
        id=new_id(),
        deployment_id=found.id,
        before=before,
        after=after,
        reason=text_of(reason, "say why the threshold is raised"),
        proposed_by=proposer.id,
        proposed_at=now,
    )
    session.add(change)
    facts = {"before": f"{before:.4f}", "after": f"{after:.4f}", "reason": change.reason}
    tell(session, found, proposer.id, Kind.THRESHOLD_PROPOSED, dict(facts), now)
    return change


def second_threshold(session: Session, change_id: str, person: Person, now: datetime) -> ThresholdChange:
    """Another person agrees: the threshold is raised with this."""
    change = session.get(ThresholdChange, change_id)
    if change is None:
        raise NotFound(f"there is no proposal {change_id}")
    found = get_deployment(session, change.deployment_id)
    seconder = acting(session, person, RAISERS, "second a threshold")
    in_state(found, RAISED_IN, "given another threshold")
    if change.seconded_by is not None:
        raise Refused("this proposal is seconded already")
    if seconder.id == change.proposed_by:
        raise Refused("you proposed it: another person must second it")
    if change.before != found.threshold:
        raise Refused("the threshold was raised since this was proposed: propose it again")
    change.seconded_by, change.seconded_at = seconder.id, now
    session.flush()
    found.threshold = change.after
    facts = {"before": f"{change.before:.4f}", "after": f"{change.after:.4f}", "reason": change.reason}
    tell(session, found, change.proposed_by, Kind.THRESHOLD_RAISED, {**facts, "seconded_by": seconder.id}, now)
    return change


def open_proposals(session: Session, deployment_id: str) -> list[ThresholdChange]:
    """Those that can still be seconded, oldest first."""
    found = get_deployment(session, deployment_id)
    waiting = select(ThresholdChange).where(
        ThresholdChange.deployment_id == deployment_id,
        ThresholdChange.seconded_by.is_(None),
        ThresholdChange.before == found.threshold,
    )
    return list(session.scalars(waiting.order_by(ThresholdChange.proposed_at)))
