"""Until when another reviewer may answer after the first "same": after that the alert ends, and nobody is engaged."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.policy import pin
from records.schema import Adjudication, Alert, Deployment


def ends_at(alert: Alert) -> datetime | None:
    """The policy's `review.second_seconds` after the first "same"; None where no second look is open."""
    if alert.state != "second_review":
        return None
    first = min((made.made_at for made in alert.adjudications if made.verdict == "same"), default=None)
    return None if first is None else first + limit(alert.deployment.policy)


def overdue_second_looks(session: Session, now: datetime) -> Sequence[Alert]:
    """Alerts whose second look is over. Reads only."""
    waiting = session.execute(
        select(Alert.id, Deployment.policy, func.min(Adjudication.made_at))
        .join(Deployment, Deployment.id == Alert.deployment_id)
        .join(Adjudication, Adjudication.alert_id == Alert.id)
        .where(Alert.state == "second_review", Adjudication.verdict == "same")
        .group_by(Alert.id, Deployment.policy)
    )
    return [session.get_one(Alert, alert) for alert, policy, first in waiting if now >= first + limit(policy)]


def limit(policy: str) -> timedelta:
    """Of a pinned policy's text."""
    return timedelta(seconds=pin(policy).policy.review.second_seconds)
