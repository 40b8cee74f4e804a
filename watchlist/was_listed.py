""" "Was I listed?": answered from keyed digests, for as long as the record and the vault's key exist."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.facts import Kind
from records.ledger import append
from records.schema import Deployment, Entry
from records.vault import Vault
from watchlist.people import require
from watchlist.references import digest

ASKERS = ("auditor",)


@dataclass(frozen=True)
class Listing:
    """One deployment for which the person was listed. What was written about him or her may be erased."""

    deployment_id: str
    deployment: str
    entry_id: str
    category: str
    response: str
    state: str
    listed_at: datetime
    erased: bool


def was_listed(vault: Vault, session: Session, reference: str, auditor: str, now: datetime) -> list[Listing]:
    """All deployments that listed this reference, inside a writing transaction: that it was asked is in the ledger.

    Raises NotAllowed for anybody but an auditor.
    """
    require(session, auditor, ASKERS, "ask whether a person was listed")
    key = vault.reference_key()
    found = []
    for deployment in session.scalars(select(Deployment).order_by(Deployment.created_at)):
        entry = session.scalars(
            select(Entry).where(
                Entry.deployment_id == deployment.id,
                Entry.reference_digest == digest(key, deployment.id, reference),
            )
        ).one_or_none()
        if entry is not None:
            found.append(
                Listing(
                    deployment.id,
                    deployment.name,
                    entry.id,
                    entry.category,
                    entry.response,
                    entry.state,
                    entry.created_at,
                    entry.sealed is None or deployment.erased_at is not None,
                )
            )
    append(session, auditor, Kind.LISTING_ASKED, {"deployments": len(found)}, now)
    return found
