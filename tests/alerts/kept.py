"""A deployment with everything that is erased later: a sealed list with files, alerts with pictures, both keys."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.custodian import Custodian
from alerts.store import store_candidate
from records.canonical import Json
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.ledger import facts_of
from records.schema import Alert, BuiltList, DataKey, Deployment, Entry, EntryPicture, LedgerEntry, Person, Picture
from records.signing import Signer
from records.times import to_ns
from records.vault import Vault
from tests.records.made import HASH, make_deployment, make_entry, make_person
from watchlist.particulars import Particulars, seal_particulars
from watchlist.portraits import folder_of, write_portraits
from watchlist.status import StatusSource
from wire.messages import Candidate

BEGAN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 a portrait"


@dataclass
class Kept:
    """`now` is the time that everybody in it reads."""

    database: Database
    vault_folder: Path
    vault: Vault
    signer: Signer
    now: datetime = BEGAN

    def custodian(self, source: StatusSource | None = None) -> Custodian:
        """A new process's."""
        return Custodian(self.database, self.vault, self.vault_folder, self.signer, lambda: self.now, source)

    def later(self, **how: float) -> None:
        self.now += timedelta(**how)

    def person(self, role: str = "authorising_officer") -> Person:
        with self.database.write() as session:
            return session.get_one(Person, make_person(session, self.now, role))

    def deployment(
        self,
        *,
        kind: str = "test",
        state: str = "running",
        entries: int = 2,
        expires_at: datetime | None = None,
        ratify_by: datetime | None = None,
    ) -> str:
        """With two pictures for an entry, sealed portraits, and both keys. `ratify_by`: of an urgent one."""
        with self.database.write() as session:
            made = make_deployment(session, self.now, kind=kind, state="draft", name=new_id())
            for purpose in ("list", "alerts"):
                self.vault.create_key(session, made, purpose, "rig", self.now)
            listed = [new_id() for _ in range(entries)]
            with self.vault.key(session, made, "list") as key:
                for entry in listed:
                    about = seal_particulars(key, entry, Particulars(reference=entry, name="N", reason="R"))
                    make_entry(session, made, self.now, with_id=entry, pictures=2, expires_at=expires_at, sealed=about)
                pictures = session.scalars(select(EntryPicture.id).where(EntryPicture.entry_id.in_(listed))).all()
                write_portraits(folder_of(self.vault_folder, made), key, dict.fromkeys(pictures, JPEG))
            found = session.get_one(Deployment, made)
            found.urgent = ratify_by is not None
            self._bring_to(session, found, state, ratify_by)
        return made

    def _bring_to(self, session: Session, found: Deployment, state: str, ratify_by: datetime | None) -> None:
        if state == "draft":
            return
        session.add(
            BuiltList(
                deployment_id=found.id,
                hash=HASH,
                contract=HASH,
                built_by=found.drafted_by,
                built_at=self.now,
                entries=2,
                pictures=4,
                counts={},
            )
        )
        session.flush()
        way = ["running"] if found.kind == "test" else ["submitted", "authorised", "running"]
        for step in way[: way.index(state) + 1]:
            if step == "authorised":
                found.authorised_by = make_person(session, self.now, "authorising_officer")
                found.authorised_at, found.ratify_by = self.now, ratify_by
            elif step == "running":
                found.started_at = self.now
            found.state = step
            session.flush()

    def alert(self, deployment: str, looks: int = 2) -> str:
        """A new alert of the deployment's next entry without an open one: `looks` pictures and a context."""
        with self.database.write() as session, self.vault.key(session, deployment, "alerts") as key:
            taken = select(Alert.subject_id).where(Alert.deployment_id == deployment)
            entry = session.scalars(
                select(Entry.id).where(Entry.deployment_id == deployment, Entry.id.not_in(taken))
            ).first()
            assert entry is not None
            candidate = Candidate(
                id=new_id(),
                deployment=deployment,
                camera="north",
                track=4,
                subject=entry,
                similarity=0.61,
                threshold=0.4,
                looks=looks,
                frame=12,
                captured_at=to_ns(self.now),
                raised_at=to_ns(self.now),
                engine="exact",
                contract=HASH,
                list_hash=HASH,
            )
            assert store_candidate(session, candidate, [JPEG] * looks, JPEG, key, self.now) == "alert"
            return candidate.id

    def signer_of(self, deployment: str) -> Person:
        """The officer who authorised it."""
        with self.database.read() as session:
            found = session.get_one(Person, session.get_one(Deployment, deployment).authorised_by)
            session.expunge(found)
            return found

    def close(self, alert: str) -> None:
        with self.database.write() as session:
            found = session.get_one(Alert, alert)
            found.state, found.outcome, found.closed_at = "expired", "undetermined", self.now

    def end(self, deployment: str, reason: str = "done") -> None:
        with self.database.write() as session:
            found = session.get_one(Deployment, deployment)
            found.state, found.ended_at, found.ended_for = "ended", self.now, reason

    def pictures(self, alert: str) -> int:
        with self.database.read() as session:
            return session.query(Picture).where(Picture.alert_id == alert).count()

    def state(self, deployment: str) -> str:
        with self.database.read() as session:
            return session.get_one(Deployment, deployment).state

    def key(self, deployment: str, purpose: str) -> DataKey:
        with self.database.read() as session:
            found = session.get_one(DataKey, (deployment, purpose))
            session.expunge(found)
            return found

    def files(self, deployment: str) -> list[Path]:
        return sorted(folder_of(self.vault_folder, deployment).rglob("*"))

    def told(self, kind: Kind) -> list[dict[str, Json]]:
        """The facts of the ledger's entries of a kind."""
        with self.database.read() as session:
            entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
            return [facts_of(entry) for entry in entries]
