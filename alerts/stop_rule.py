"""When false alerts stop the search: too many confirmed ones within an hour, or a rate that lies above the authorised.

Two false alerts prove little, and a rate of one in a thousand takes many passages to see. So the rate is exceeded
only where as many false alerts, at the authorised rate, would come up by chance in less than 2.5 % of deployments: the
exact (Clopper-Pearson) 95 % interval then lies wholly above it.
"""

import math
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.counts import add_up
from records.facts import Kind
from records.policy import StopRule
from records.schema import Alert, CameraCount, LedgerEntry

FALSE = ("false", "confirmed_false")
HOUR = timedelta(hours=1)
TAIL = 0.025
"""Each side of a 95 % interval."""


def rate_is_exceeded(false_alerts: int, passages: int, rate: float) -> bool:
    """Whether the 95 % interval of false alerts by passages lies wholly above `rate` (0 < rate < 1)."""
    if false_alerts == 0:
        return False
    passages = max(passages, false_alerts)
    fewer = math.fsum(_chance(count, passages, rate) for count in range(false_alerts))
    return 1 - fewer < TAIL


def must_stop(session: Session, deployment_id: str, rule: StopRule, now: datetime) -> bool:
    """Whether the search is to be paused. After somebody resumed it, only further false alerts stop it again."""
    of_deployment = (Alert.deployment_id == deployment_id, Alert.outcome.in_(FALSE))
    false_alerts = session.scalar(select(func.count()).where(*of_deployment)) or 0
    if false_alerts == 0:
        return False
    resumed = _resumed_at(session, deployment_id)
    since = [] if resumed is None else [Alert.closed_at > resumed]
    confirmed = select(func.count()).where(
        Alert.deployment_id == deployment_id,
        Alert.outcome == "confirmed_false",
        Alert.closed_at > now - HOUR,
        *since,
    )
    if (session.scalar(confirmed) or 0) >= rule.confirmed_false_per_hour:
        return True
    if not session.scalar(select(func.count()).where(*of_deployment, *since)):
        return False
    counted = add_up(session.scalars(select(CameraCount).where(CameraCount.deployment_id == deployment_id)))
    raised = session.scalar(select(func.count()).where(Alert.deployment_id == deployment_id)) or 0
    # A passage is counted at its end, and its alert may come before.
    return rate_is_exceeded(false_alerts, max(counted.passages, raised), rule.false_alert_rate)


def _resumed_at(session: Session, deployment_id: str) -> datetime | None:
    return session.scalar(
        select(func.max(LedgerEntry.at)).where(
            LedgerEntry.kind == Kind.DEPLOYMENT_RESUMED.value,
            LedgerEntry.facts.like(f'%"deployment":"{deployment_id}"%'),
        )
    )


def _chance(count: int, trials: int, rate: float) -> float:
    """Binomial probability of exactly this count."""
    ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
    return math.exp(ways + count * math.log(rate) + (trials - count) * math.log1p(-rate))
