"""A test with volunteers takes over a plain list (`openlfr enrol`): its entries, its sealed pictures, and the build."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

from records.database import Database
from records.ids import new_id
from records.schema import Entry, EntryPicture
from records.times import Now
from records.vault import OpenKey, Vault
from watchlist.building import ListBuild
from watchlist.entries import Reference, Subject, WatchList
from watchlist.open_lists import open_deployment
from watchlist.particulars import Particulars, seal_particulars
from watchlist.portraits import folder_of, write_portraits
from watchlist.references import digest, file_digest
from watchlist.sealed_templates import seal_template

ACTOR = "rig"
CONSENT_LASTS = timedelta(days=1)
"""A volunteer's entry expires by itself, also where the test was forgotten."""


def adopt(
    database: Database,
    vault: Vault,
    vault_folder: Path,
    deployment_id: str,
    plain: WatchList,
    now: Now,
    calibration: str | None = None,
) -> Mapping[str, str]:
    """List the subjects as volunteers of this test, by their labels, and build its list; label by entry id.

    A plain list does not say when its pictures were taken: they count as taken on the day it was made.
    `calibration`: see `ListBuild`. Raises NotAllowed for a deployment that is no test, or has a list.
    """
    key_of_references = vault.reference_key()
    with database.write() as session:
        open_deployment(session, deployment_id, ACTOR)
        vault.create_key(session, deployment_id, "list", ACTOR, now())
    entries: dict[str, Subject] = {new_id(): subject for subject in plain.subjects}
    pictures = {reference.id: new_id() for subject in plain.subjects for reference in subject.pictures}
    with database.read() as session, vault.key(session, deployment_id, "list") as key:
        write_portraits(
            folder_of(vault_folder, deployment_id),
            key,
            {pictures[picture]: jpeg for picture, jpeg in plain.portraits.items() if picture in pictures},
        )
        rows: list[Entry | EntryPicture] = []
        for entry_id, subject in entries.items():
            rows.append(_entry(key, key_of_references, deployment_id, entry_id, subject, now))
            rows += [
                EntryPicture(
                    id=pictures[reference.id],
                    entry_id=entry_id,
                    taken_on=plain.created_at.date(),
                    file_digest=file_digest(key_of_references, deployment_id, plain.portraits[reference.id]),
                    measures=_measures(reference, plain.contract),
                    template=seal_template(key, pictures[reference.id], plain.templates[reference.row]),
                )
                for reference in subject.pictures
            ]
    with database.write() as session:
        session.add_all(rows)
    ListBuild(database, vault, vault_folder, deployment_id, plain.contract, ACTOR, now, calibration=calibration).run()
    return {entry_id: subject.label for entry_id, subject in entries.items()}


def _entry(
    key: OpenKey, key_of_references: bytes, deployment_id: str, entry_id: str, subject: Subject, now: Now
) -> Entry:
    at = now()
    particulars = Particulars(
        reference=subject.label, name=subject.label, reason="Takes part in a test, and consented to it."
    )
    return Entry(
        id=entry_id,
        deployment_id=deployment_id,
        reference_digest=digest(key_of_references, deployment_id, subject.label),
        category="volunteer",
        response="act",
        lawful_basis="consent",
        source_system="volunteer",
        retention_status="consented",
        review_on=(at + CONSENT_LASTS).date(),
        expires_at=at + CONSENT_LASTS,
        under_18=False,
        vulnerable=False,
        approved_by=None,
        state="active",
        state_at=at,
        status_checked_at=at,
        false_alerts=0,
        created_by=None,
        created_at=at,
        sealed=seal_particulars(key, entry_id, particulars),
    )


def _measures(reference: Reference, contract: str) -> dict[str, object]:
    measures: dict[str, object] = msgspec.to_builtins(reference)
    for name in ("id", "file", "row"):
        del measures[name]
    return {**measures, "contract": contract}
