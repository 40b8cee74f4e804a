"""Which deployment is meant where none is named."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.schema import BEGUN, Deployment


def present_deployment(session: Session) -> Deployment | None:
    """The running or paused deployment, or the last that has ended where there is none. Drafts search nothing."""
    begun = Deployment.state.in_(BEGUN)
    return session.scalars(
        select(Deployment)
        .where(begun | Deployment.ended_at.is_not(None))
        .order_by(begun.desc(), (Deployment.state == "running").desc(), Deployment.created_at.desc())
        .limit(1)
    ).first()
