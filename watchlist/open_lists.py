"""A deployment whose list still takes entries, and who may work on it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from records.policy import Policy, pin
from records.schema import BuiltList, Deployment
from watchlist.errors import NotAllowed
from watchlist.people import require

BUILDERS = ("list_builder",)
OPEN_STATES = ("draft", "submitted", "authorised")


@dataclass(frozen=True)
class OpenDeployment:
    deployment: Deployment
    policy: Policy


def open_deployment(session: Session, deployment_id: str, actor: str) -> OpenDeployment:
    """The deployment, if its list is not built and this actor may build it.

    `actor`: the id of a list builder; `console` and `rig` build lists of tests only. Raises NotAllowed.
    """
    found = session.get(Deployment, deployment_id)
    if found is None:
        raise NotAllowed(f"there is no deployment {deployment_id}: see `openlfr deployment list`")
    if session.get(BuiltList, deployment_id) is not None:
        raise NotAllowed("the list of this deployment is built: it takes no more entries")
    if found.state not in OPEN_STATES:
        raise NotAllowed(f"this deployment is {found.state}: it takes no more entries")
    if found.kind != "test" or actor not in ("console", "rig"):
        require(session, actor, BUILDERS, "work on a watchlist")
    return OpenDeployment(found, pin(found.policy).policy)
