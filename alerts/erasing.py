"""Erasing what a deployment leaves behind: its list once it is over, its alerts' key once their pictures have gone.

The key first, so that nothing can be opened any more from that moment on; then the sealed files, then the rows. Every
step may be repeated: killed anywhere, the next round goes on.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from alerts.retention import is_purged
from alerts.store import RIG
from records.canonical import Json
from records.database import Database
from records.events import add_event
from records.facts import Kind
from records.ledger import append
from records.schema import Alert, BuiltList, DataKey, Deployment, Entry, EntryPicture, Picture
from records.secret_files import sync_folder
from records.signing import Signer
from records.vault import Vault

OVER = ("ended", "refused")
NOT_BEGUN = ("draft", "submitted", "authorised")
NEVER_BEGUN = timedelta(hours=24)
"""A list whose deployment was never begun goes this long after its window: by then it is too old in any case."""


@dataclass(frozen=True)
class Eraser:
    database: Database
    vault: Vault
    vault_folder: Path
    signer: Signer

    def erase_list(self, deployment_id: str, now: datetime) -> None:
        """Destroy the list's key, remove its files, empty its rows. Raises VaultError or OSError: call it again."""
        with self.database.read() as session:
            counts = _listed(session, deployment_id)
            has_key = session.get(DataKey, (deployment_id, "list")) is not None
        if has_key:
            self.vault.destroy_key(deployment_id, "list", counts, RIG, self.signer, now)
        self.remove_files(deployment_id)
        with self.database.write() as session:
            _empty_rows(session, session.get_one(Deployment, deployment_id), now)

    def remove_files(self, deployment_id: str) -> None:
        folder = self.vault_folder / deployment_id
        if folder.is_dir():
            shutil.rmtree(folder)
            sync_folder(self.vault_folder)

    def erase_key_of_pictures(self, deployment_id: str, purpose: str, now: datetime) -> None:
        """Raises VaultError: call it again."""
        with self.database.read() as session:
            of_deployment = select(func.count()).select_from(Alert).where(Alert.deployment_id == deployment_id)
            counts = {"alerts": session.scalar(of_deployment) or 0, "pictures": _pictures(session, deployment_id)}
        self.vault.destroy_key(deployment_id, purpose, counts, RIG, self.signer, now)


def lists_due(session: Session, now: datetime) -> list[str]:
    """Deployments that still have something of a list, though they are over or were never begun in their window."""
    never_begun = Deployment.state.in_(NOT_BEGUN) & (Deployment.ends_at <= now - NEVER_BEGUN)
    found = session.execute(
        select(Deployment.id, Deployment.state).where(Deployment.state.in_(OVER) | never_begun).order_by(Deployment.id)
    )
    return [row.id for row in found if row.state == "ended" or _has_list(session, row.id)]


def keys_of_pictures_due(session: Session, now: datetime) -> list[tuple[str, str]]:
    """(deployment, purpose) of keys for pictures that are all gone, or must go though some are held."""
    rows = session.execute(
        select(DataKey.deployment_id, DataKey.purpose, Deployment)
        .join(Deployment, Deployment.id == DataKey.deployment_id)
        .where(DataKey.purpose != "list", DataKey.certificate.is_(None))
        .where(Deployment.state.in_(("ended", "erased")) | Deployment.erased_at.is_not(None))
        .order_by(DataKey.deployment_id, DataKey.purpose)
    )
    return [
        (deployment_id, purpose)
        for deployment_id, purpose, deployment in rows
        if is_purged(deployment, now) or not _pictures(session, deployment_id)
    ]


def files_left(session: Session, vault_folder: Path) -> list[str]:
    """Deployments whose list's key is destroyed though sealed files lie in the vault: an import was under way."""
    if not vault_folder.is_dir():
        return []
    names = [path.name for path in vault_folder.iterdir()]
    destroyed = select(DataKey.deployment_id).where(
        DataKey.purpose == "list", DataKey.destroyed_at.is_not(None), DataKey.deployment_id.in_(names)
    )
    return list(session.scalars(destroyed))


def _has_list(session: Session, deployment_id: str) -> bool:
    key = select(DataKey).where(DataKey.deployment_id == deployment_id, DataKey.purpose == "list")
    return bool(
        session.scalar(select(exists(key.where(DataKey.certificate.is_(None)))))
        or session.scalar(
            select(exists(select(Entry).where(Entry.deployment_id == deployment_id, Entry.sealed.is_not(None))))
        )
    )


def _listed(session: Session, deployment_id: str) -> dict[str, int]:
    entries = select(func.count()).select_from(Entry).where(Entry.deployment_id == deployment_id)
    pictures = select(func.count()).select_from(EntryPicture).join(Entry).where(Entry.deployment_id == deployment_id)
    return {"entries": session.scalar(entries) or 0, "pictures": session.scalar(pictures) or 0}


def _pictures(session: Session, deployment_id: str) -> int:
    of_deployment = select(func.count()).select_from(Picture).join(Alert).where(Alert.deployment_id == deployment_id)
    return session.scalar(of_deployment) or 0


def _empty_rows(session: Session, deployment: Deployment, now: datetime) -> None:
    counts = _listed(session, deployment.id)
    its = select(Entry.id).where(Entry.deployment_id == deployment.id)
    session.execute(
        update(EntryPicture)
        .where(EntryPicture.entry_id.in_(its), EntryPicture.template.is_not(None))
        .values(template=None)
    )
    session.execute(
        update(Entry).where(Entry.deployment_id == deployment.id, Entry.sealed.is_not(None)).values(sealed=None)
    )
    built = session.get(BuiltList, deployment.id)
    if built is not None and built.erased_at is None:
        built.erased_at = now
        facts: dict[str, Json] = {"deployment": deployment.id, "list": built.hash}
        append(session, RIG, Kind.LIST_ERASED, facts | {"entries": built.entries, "pictures": built.pictures}, now)
    if deployment.erased_at is None:
        deployment.erased_at = now
    if deployment.state in OVER:
        deployment.state = "erased"
    session.flush()
    told: dict[str, Json] = {"deployment": deployment.id, "counts": dict(counts)}
    append(session, RIG, Kind.DEPLOYMENT_ERASED, told, now)
    add_event(session, "deployment", None, now)
