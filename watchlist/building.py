"""Building a list: every entry checked once more, the whole sealed under one hash, once for a deployment.

Whatever must be settled by a person first is an error that says so; nothing is left out in silence but what is
withdrawn or expired.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from records.canonical import Json
from records.database import Database
from records.facts import SYSTEM_ACTORS, TEXT, Kind
from records.ledger import append
from records.policy import Policy, Purpose
from records.schema import BuiltList, Deployment, Entry, Import, ImportRow
from records.times import Now, to_text
from records.vault import OpenKey, Vault
from watchlist.contradictions import resemblances
from watchlist.entries import Reference, Subject
from watchlist.errors import NotBuildable
from watchlist.open_lists import open_deployment
from watchlist.particulars import read_particulars
from watchlist.portraits import folder_of, read_portrait
from watchlist.sealed_list import Listed, content_of, write_list
from watchlist.sealed_templates import open_template
from watchlist.standing import expire_due
from watchlist.templates import Templates, check_templates
from watchlist.turns import one_at_a_time

AGES = ((1, "up_to_1_year"), (2, "up_to_2_years"), (5, "up_to_5_years"), (10, "up_to_10_years"))
OLDER = "over_10_years"
YEAR = 365.25

NAMED = 10
"""How many entries or pairs an error names; the others are counted."""


class Unsettled(NotBuildable):
    """Pairs of entries that resemble each other without a look-alike note on either."""

    def __init__(self, pairs: Sequence[tuple[str, str, float]]) -> None:
        self.pairs = tuple(pairs)
        """(entry, entry, similarity)."""
        named = "; ".join(f"{one} and {other} ({value:.2f})" for one, other, value in self.pairs[:NAMED])
        more = f"; and {len(self.pairs) - NAMED} more pairs" if len(self.pairs) > NAMED else ""
        super().__init__(
            f"{len(self.pairs)} pairs of entries look alike, one person twice or a wrong picture: withdraw one of each"
            f" pair, or give one a look-alike note (`openlfr watchlist note`): {named}{more}"
        )


@dataclass(frozen=True)
class Built:
    hash: str
    entries: int
    pictures: int
    counts: dict[str, Any]
    """As in the record (`BuiltList.counts`)."""
    look_alikes: int
    """Pairs that resemble each other and carry a note."""


@dataclass(frozen=True)
class ListBuild:
    """Which list is built, by whom and by which rules."""

    database: Database
    vault: Vault
    vault_folder: Path
    deployment_id: str
    contract: str
    """Embedding contract of the pack that the templates must come from."""
    actor: str
    now: Now
    look_alike: float | None = None
    """Cosine similarity from which two entries look alike: the pack's threshold for this many. None: they are not
    compared, which is for volunteers of a test only."""
    status_within: timedelta | None = None
    """How old the status source's last word may be; without a source it is the policy's `built_within_hours`."""
    calibration: str | None = None
    """Of those models: what the odds at the reveal come from, kept with the list as it is. None: no odds are told."""

    def run(self, above_cap: str | None = None) -> Built:
        """Build and seal the list. The status source, if there is one, was asked before.

        `above_cap`: why the list is larger than the policy's cap. Raises NotAllowed or NotBuildable.
        """
        folder = folder_of(self.vault_folder, self.deployment_id)
        with one_at_a_time(folder):
            return self._build(folder, above_cap)

    def _build(self, folder: Path, above_cap: str | None) -> Built:
        at = self.now()
        with self.database.write() as session:
            open_deployment(session, self.deployment_id, self.actor)
            expire_due(session, self.deployment_id, at)
        with self.database.read() as session:
            opened = open_deployment(session, self.deployment_id, self.actor)
            if self.look_alike is None and opened.deployment.kind != "test":
                raise NotBuildable("an operational list is built with a threshold for look-alikes")
            entries = _active(session, self.deployment_id)
            _check_entries(entries, opened.policy, at, self.status_within)
            excess = _excess(opened.deployment, opened.policy, len(entries), above_cap)
            with self.vault.key(session, self.deployment_id, "list") as key:
                gathered = _gather(entries, key, folder, self.contract)
                pairs = self._look_alikes(gathered, entries)
                content = content_of(
                    self.deployment_id, gathered.listed, gathered.templates, gathered.portraits, self.contract, at
                )
                list_hash = write_list(folder, key, content, gathered.templates)
            gathered.templates.fill(0.0)
            counts = _counts(entries, at.date()) | {"rejected": _rejected(session, self.deployment_id)}
            listed = [entry.id for entry in entries]
        built = Built(list_hash, len(listed), len(gathered.templates), counts, pairs)
        self._record(built, listed, excess)
        return built

    def _look_alikes(self, gathered: "_Gathered", entries: Sequence[Entry]) -> int:
        """How many pairs carry a note. Raises Unsettled for those that do not."""
        if self.look_alike is None:
            return 0
        pairs = resemblances(gathered.templates, np.asarray(gathered.owners, np.intp), self.look_alike)
        bare = [pair for pair in pairs if not (gathered.noted[pair.first] or gathered.noted[pair.second])]
        if bare:
            raise Unsettled([(entries[pair.first].id, entries[pair.second].id, pair.similarity) for pair in bare])
        return len(pairs)

    def _record(self, built: Built, entries: Sequence[str], above_cap: str | None) -> None:
        with self.database.write() as session:
            deployment, at = open_deployment(session, self.deployment_id, self.actor).deployment, self.now()
            if [entry.id for entry in _active(session, self.deployment_id)] != list(entries):
                raise NotBuildable("an entry was withdrawn or expired while the list was built: build it again")
            session.add(
                BuiltList(
                    deployment_id=deployment.id,
                    hash=built.hash,
                    contract=self.contract,
                    built_by=None if self.actor in SYSTEM_ACTORS else self.actor,
                    built_at=at,
                    entries=built.entries,
                    pictures=built.pictures,
                    counts=built.counts,
                    above_cap=above_cap,
                    calibration=self.calibration,
                )
            )
            deployment.list_hash = built.hash
            told: dict[str, Json] = {
                "deployment": deployment.id,
                "list": built.hash,
                "contract": self.contract,
                "entries": built.entries,
                "pictures": built.pictures,
                **{name: built.counts[name] for name in ("rejected", "categories", "sources", "ages")},
            }
            if above_cap is not None:
                told["above_cap"] = above_cap
            # Here, where the vault is open: the deployment is started by somebody who cannot open it.
            self.vault.create_key(session, deployment.id, "alerts", self.actor, at)
            append(session, self.actor, Kind.LIST_BUILT, told, at)


@dataclass(frozen=True)
class _Gathered:
    """What the entries hold, opened."""

    listed: tuple[Listed, ...]
    templates: Templates
    owners: tuple[int, ...]
    """The entry of each template."""
    noted: tuple[bool, ...]
    """Whether an entry has a look-alike note."""
    portraits: dict[str, str]
    """SHA-256 of each portrait, by its id."""


def _active(session: Session, deployment_id: str) -> Sequence[Entry]:
    return session.scalars(
        select(Entry)
        .where(Entry.deployment_id == deployment_id, Entry.state == "active")
        .options(selectinload(Entry.pictures))
        .order_by(Entry.id)
    ).all()


def _check_entries(entries: Sequence[Entry], policy: Policy, now: datetime, within: timedelta | None) -> None:
    if not entries:
        raise NotBuildable("nobody is listed: import entries first (`openlfr watchlist import`)")
    oldest = now - (within or timedelta(hours=policy.lists.built_within_hours))
    _settle([entry.id for entry in entries if entry.status_checked_at < oldest], "have a status check that is too old")
    _settle([entry.id for entry in entries if entry.review_on < now.date()], "are overdue for their source's review")
    _settle([entry.id for entry in entries if not entry.pictures], "have no picture")


def _settle(ids: Sequence[str], what: str) -> None:
    if ids:
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        raise NotBuildable(
            f"{len(ids)} entries {what}: ask the source (`openlfr watchlist status`) or withdraw them:"
            f" {', '.join(ids[:NAMED])}{more}"
        )


def _excess(deployment: Deployment, policy: Policy, entries: int, above_cap: str | None) -> str | None:
    """The reason to record, where the list is above the cap. Raises NotBuildable without one."""
    purpose = _purpose(deployment, policy)
    if entries <= purpose.cap:
        return None
    if above_cap is None or not above_cap.strip():
        raise NotBuildable(
            f"{entries} entries are more than the {purpose.cap} that the policy allows for {purpose.code}: shorten the"
            " list, or say why it must be longer (--above-cap)"
        )
    if not TEXT.accepts(above_cap.strip()):
        raise NotBuildable(f"the reason for a list above the cap must be {TEXT.what}")
    return above_cap.strip()


def _purpose(deployment: Deployment, policy: Policy) -> Purpose:
    if deployment.kind == "test":
        return policy.purposes[0]
    stated = msgspec.json.decode(deployment.document).get("purpose")
    found = policy.purpose(stated) if isinstance(stated, str) else None
    if found is None:
        raise NotBuildable("the deployment's application names no purpose of the policy: draft it with one")
    return found


def _gather(entries: Sequence[Entry], key: OpenKey, folder: Path, contract: str) -> _Gathered:
    """Open everything once: what cannot be opened now could not be shown at an alert."""
    rows: list[Templates] = []
    owners: list[int] = []
    noted: list[bool] = []
    portraits: dict[str, str] = {}
    listed: list[Listed] = []
    for position, entry in enumerate(entries):
        particulars = read_particulars(key, entry)
        noted.append(bool(particulars.look_alike_note))
        references = []
        for picture in entry.pictures:
            if picture.template is None or picture.measures["contract"] != contract:
                raise NotBuildable("pictures were read with another model pack: build with the one they were read with")
            portraits[picture.id] = hashlib.sha256(read_portrait(folder, key, picture.id)).hexdigest()
            references.append(
                msgspec.convert({**picture.measures, "id": picture.id, "file": "", "row": len(rows)}, Reference)
            )
            rows.append(open_template(key, picture.id, picture.template))
            owners.append(position)
        listed.append(
            Listed(
                # No name on the way of a frame: the id stands for the entry until people ask for more.
                subject=Subject(id=entry.id, label=entry.id, pictures=tuple(references)),
                category=entry.category,
                response=entry.response,
                expires_at=to_text(entry.expires_at),
                particulars_sha256=hashlib.sha256(msgspec.json.encode(particulars)).hexdigest(),
            )
        )
    templates = check_templates(np.concatenate(rows), what="the list")
    return _Gathered(tuple(listed), templates, tuple(owners), tuple(noted), portraits)


def _counts(entries: Sequence[Entry], today: date) -> dict[str, Any]:
    return {
        "categories": dict(Counter(entry.category for entry in entries)),
        "sources": dict(Counter(entry.source_system for entry in entries)),
        "responses": dict(Counter(entry.response for entry in entries)),
        "ages": dict(Counter(age_band(max(p.taken_on for p in entry.pictures), today) for entry in entries)),
        "under_18": sum(entry.under_18 for entry in entries),
        "vulnerable": sum(entry.vulnerable for entry in entries),
    }


def age_band(taken_on: date, today: date) -> str:
    """Of an entry's newest picture."""
    years = (today - taken_on).days / YEAR
    return next((name for limit, name in AGES if years <= limit), OLDER)


def _rejected(session: Session, deployment_id: str) -> int:
    """Rows of all imports that were rejected; one that was tried twice counts twice."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ImportRow)
            .join(Import, ImportRow.import_id == Import.id)
            .where(Import.deployment_id == deployment_id, ImportRow.result == "rejected")
        )
        or 0
    )
