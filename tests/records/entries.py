"""A ledger to test with: entries of many kinds, as a short deployment leaves them, and two checkpoints."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from records.canonical import Json
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.ledger import append, checkpoint
from records.signing import Signer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HASH = "5a" * 32


def facts(deployment: str) -> Iterator[tuple[Kind, dict[str, Json]]]:
    """Six entries for each alert."""
    while True:
        alert, entry = new_id(), new_id()
        yield (
            Kind.ALERT_RAISED,
            {
                "alert": alert,
                "deployment": deployment,
                "entry": entry,
                "camera": "north",
                "list": HASH,
                "contract": HASH,
                "threshold": "0.4213",
                "engine": "exact",
            },
        )
        yield Kind.ALERT_VIEWED, {"alert": alert, "reason": "review"}
        yield Kind.ALERT_ADJUDICATED, {"alert": alert, "verdict": "same"}
        yield Kind.DEPLOYMENT_REFUSED, {"deployment": deployment, "reason": 'Where is "the square" — Müllplatz?\nSay.'}
        yield Kind.SIGN_IN_FAILED, {"reason": "wrong_password"}
        yield Kind.ALERTS_ERASED, {"deployment": deployment, "alerts": 3, "pictures": 14}


def fill(database: Database, signer: Signer, count: int = 60) -> None:
    """`count` entries; checkpoints after a third and after two thirds of them."""
    told = facts(new_id())
    with database.write() as session:
        for number in range(1, count + 1):
            kind, values = next(told)
            now = NOW + timedelta(seconds=number)
            append(session, new_id() if number % 2 else "rig", kind, values, now)
            if number in (count // 3, 2 * count // 3):
                checkpoint(session, signer, now)
