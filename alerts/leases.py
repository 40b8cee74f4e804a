"""Answering a worker that asks to search: a lease of at most a second, only while nothing stands in the way."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from alerts.authority import Rig, obstacles, read_facts
from alerts.decisions import NotFound
from records.times import to_ns
from watchlist.standing import withheld
from wire.messages import Lease, LeaseRequest

LASTS = timedelta(seconds=1)
"""So long at most a worker goes on when the service is gone, the deployment paused or an entry withdrawn."""


def answer(session: Session, request: LeaseRequest, rig: Rig, now: datetime) -> Lease:
    """`rig.contract` is not looked at: the worker says which models it has loaded."""
    told = Rig(contract=request.contract, cameras=rig.cameras, position=rig.position, status_source=rig.status_source)
    try:
        facts = read_facts(session, request.deployment, told, now)
    except NotFound as error:
        return _refused(request, str(error))
    found = obstacles(facts, now)
    if found:
        return _refused(request, "; ".join(obstacle.sentence for obstacle in found))
    deployment, policy = facts.deployment, facts.policy
    if request.list_hash != deployment.list_hash or deployment.threshold is None or policy is None:
        return _refused(request, "the worker has loaded another list than the deployment's")
    # A status source that is silent about an entry for too long withholds it, as withdrawing it would.
    within = timedelta(minutes=policy.policy.lists.status_within_minutes) if rig.status_source else None
    return Lease(
        deployment=request.deployment,
        list_hash=request.list_hash,
        until=to_ns(min(now + LASTS, deployment.ends_at)),
        threshold=deployment.threshold,
        withheld=sorted(withheld(session, request.deployment, now, within)),
        why="",
    )


def _refused(request: LeaseRequest, why: str) -> Lease:
    return Lease(
        deployment=request.deployment, list_hash=request.list_hash, until=0, threshold=1.0, withheld=[], why=why
    )
