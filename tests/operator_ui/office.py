"""Operational deployments on a stage: people with accounts, an application, a list with sealed entries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from alerts import deployments, sign_ins, signing
from alerts.authority import Rig
from alerts.passwords import hash_password
from alerts.people import named
from operator_ui.access import cookie_name
from operator_ui.portrait import to_jpeg
from operator_ui.settings import UiSettings
from records.database import Database
from records.ids import new_id
from records.schema import BuiltList, Deployment, Entry, EntryPicture, Person
from records.times import Now
from tests.alerts.applied import application
from tests.operator_ui.drawn import drawn_face
from tests.operator_ui.stage import PASSWORD, START, Browser, Stage, record_at
from tests.records.made import HASH, POLICIES, policy
from watchlist.particulars import Particulars, seal_particulars
from watchlist.portraits import folder_of, write_portraits

PEOPLE = {
    "Beryl": ("list_builder", 2),
    "Orla": ("authorising_officer", 2),
    "Petra": ("authorising_officer", 3),
    "Ned": ("authorising_officer", 1),
    "Ann": ("operator", 2),
    "Cid": ("engagement_officer", 2),
    "Vera": ("auditor", 2),
    "Adam": ("administrator", 2),
}
"""Name -> role, authority (of an officer)."""
WINDOW = timedelta(hours=4)
NAME = "Zebulon Quackenbush"
REASON = "Failed to appear at the crown court"
NOTE = "Has a twin brother"
SECRETS = (NAME, REASON, NOTE, "custody-8812")
SOURCES = ("custody", "court_warrants", "custody")
TAKEN = (date(2026, 3, 2), date(2023, 6, 9), date(2012, 1, 15))


def settings(database: Database, which: str = "uk") -> UiSettings:
    return UiSettings(
        vault=f"{database.address}.vault",
        changes="ipc:///none",
        policy=str(POLICIES / f"{which}.toml"),
        cameras=("north",),
        contract=HASH,
    )


@dataclass
class Office:
    """`now` for a real clock; else everybody's stands at the beginning of the window."""

    folder: Path
    now: Now | None = None
    stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        database = record_at(self.folder)
        self.stage = Stage(database, settings=settings(database), now=self.now, deployment="none")
        with database.write() as session:
            for name, (role, authority) in PEOPLE.items():
                session.add(
                    Person(
                        id=new_id(),
                        name=name,
                        role=role,
                        authority=authority if role == "authorising_officer" else None,
                        password_hash=_hashed(),
                        active=True,
                        created_at=self.time,
                        qualified_until=self.time + timedelta(days=365) if role == "operator" else None,
                    )
                )

    @property
    def time(self) -> datetime:
        return self.stage.time()

    def browser(self, name: str) -> Browser:
        """A session of this person, begun as a password would begin it, without its work."""
        token = self.act(name, lambda session, person: sign_ins.begin(session, person, "password", self.time))
        http = TestClient(self.stage.app, base_url="http://rig", follow_redirects=False)
        http.cookies.set(cookie_name(tls=False), token.secret)
        return Browser(http)

    def act(self, name: str, step: Callable[[Session, Person], Any]) -> Any:
        with self.stage.database.write() as session:
            made = step(session, named(session, name))
            return made.id if isinstance(made, Deployment) else made

    def state(self, deployment: str) -> str:
        with self.stage.database.read() as session:
            return session.get_one(Deployment, deployment).state

    def draft(self, by: str = "Beryl", which: str = "uk", **changes: Any) -> str:
        begins = changes.pop("begins", self.time - timedelta(minutes=20))
        asked = application(begins=begins, ends=changes.pop("ends", begins + WINDOW), **changes)
        made: str = self.act(
            by, lambda session, person: deployments.draft(session, asked, policy(which), person, self.time)
        )
        return made

    def submitted(self, **changes: Any) -> str:
        made = self.draft(**changes)
        self.act("Beryl", lambda session, person: deployments.submit(session, made, person, self.time))
        return made

    def authorised(self, officer: str = "Orla", **changes: Any) -> str:
        made = self.submitted(**changes)
        self.list_people(made)
        self.act(
            officer,
            lambda session, person: signing.authorise(
                session, made, person, session.get_one(Deployment, made).document_hash, self.time, "order 7"
            ),
        )
        return made

    def signed_posted(self, **changes: Any) -> str:
        """Authorised, its signage checked: nothing but the start is missing."""
        made = self.authorised(**changes)
        for item in policy("uk").policy.signage:
            self.post_sign(made, item.code)
        return made

    def post_sign(self, deployment: str, item: str) -> None:
        self.act(
            "Cid",
            lambda session, person: deployments.check_signage(session, deployment, item, person, self.time),
        )

    def running(self, **changes: Any) -> str:
        made = self.signed_posted(**changes)
        self.act("Ann", lambda session, person: deployments.start(session, made, person, Rig(), self.time))
        return made

    def paused(self, reason: str = "welfare", **changes: Any) -> str:
        made = self.running(**changes)
        self.act("Cid", lambda session, person: deployments.pause(session, made, person, reason, self.time))
        return made

    def list_people(self, deployment: str, entries: int = 3, built: bool = True) -> list[str]:
        """Entries whose particulars and portraits are sealed; the first one's are those of SECRETS."""
        database, vault = self.stage.database, self.stage.vault
        folder = folder_of(Path(settings(database).vault), deployment)
        with database.write() as session:
            vault.create_key(session, deployment, "list", "rig", self.time)
            builder = named(session, "Beryl").id
            with vault.key(session, deployment, "list") as key:
                ids = [self._entry(session, deployment, number, folder, key) for number in range(entries)]
        if built:
            with database.write() as session:
                session.add(
                    BuiltList(
                        deployment_id=deployment,
                        hash=HASH,
                        contract=HASH,
                        built_by=builder,
                        built_at=self.time,
                        entries=entries,
                        pictures=entries,
                        counts={
                            "categories": {"wanted_by_court": entries},
                            "sources": {"custody": entries - entries // 3, "court_warrants": entries // 3},
                            "responses": {"act": entries},
                            "ages": {"up_to_1_year": entries - entries // 2, "over_10_years": entries // 2},
                            "under_18": 0,
                            "vulnerable": 0,
                            "rejected": 2,
                        },
                    )
                )
                session.flush()
                session.get_one(Deployment, deployment).list_hash = HASH
        return ids

    def _entry(self, session: Session, deployment: str, number: int, folder: Path, key: Any) -> str:
        entry_id, picture_id = new_id(), new_id()
        particulars = Particulars(
            reference="custody-8812" if number == 0 else f"custody-{number}",
            name=NAME if number == 0 else f"Person {number}",
            reason=REASON,
            look_alike_note=NOTE if number == 0 else "",
        )
        picture, points = drawn_face(tilt=4.0 * (number % 3))
        write_portraits(folder, key, {picture_id: to_jpeg(picture)})
        session.add(
            Entry(
                id=entry_id,
                deployment_id=deployment,
                reference_digest=new_id(),
                category="wanted_by_court",
                response="act",
                lawful_basis="court",
                source_system=SOURCES[number % 3],
                retention_status="convicted",
                review_on=date(2030, 1, 1),
                expires_at=self.time + timedelta(days=7),
                under_18=False,
                vulnerable=False,
                state="active",
                state_at=self.time,
                status_checked_at=self.time,
                false_alerts=0,
                created_at=self.time,
                sealed=seal_particulars(key, entry_id, particulars),
            )
        )
        session.flush()
        session.add(
            EntryPicture(
                id=picture_id,
                entry_id=entry_id,
                taken_on=TAKEN[number % 3],
                file_digest=new_id(),
                measures={"landmarks": msgspec.to_builtins(points.tolist())},
                template=b"sealed",
            )
        )
        session.flush()
        return entry_id


def form_of(**changes: Any) -> dict[str, Any]:
    """A complete application as the API takes it."""
    plain: dict[str, Any] = msgspec.to_builtins(application(begins=START, ends=START + WINDOW))
    return {**plain, **changes}


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)
