"""The deployment that a rig file names: begun at the first start, taken up again by every later one."""

from sqlalchemy import select

from records.database import Database
from records.ids import new_id
from records.schema import Deployment
from records.times import utc_now
from rig.config import ConfigError, RigConfig


def take_up(database: Database, config: RigConfig) -> Deployment:
    """Find or begin it. Raises ConfigError where the rig file asks for other rules than it began with."""
    asked = config.deployment
    with database.write() as session:
        found = session.scalar(select(Deployment).where(Deployment.name == asked.name, Deployment.ended_at.is_(None)))
        if found is None:
            found = Deployment(
                id=new_id(),
                name=asked.name,
                kind=asked.kind,
                confirmations=asked.confirmations,
                created_at=utc_now(),
            )
            session.add(found)
    if (found.kind, found.confirmations) != (asked.kind, asked.confirmations):
        raise ConfigError(
            f"deployment {asked.name!r} began as {found.kind} with {found.confirmations} confirmation(s):"
            " these never change; give a new deployment a new name"
        )
    return found
