"""A whole application over a real record, with people who can sign in and alerts as the alerts service stores them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from alerts.people import add_person
from alerts.store import store_candidate
from operator_ui.app import make_app
from operator_ui.changes import NoAnnouncements
from operator_ui.settings import UiSettings
from records.database import Database
from records.ids import new_id
from records.schema import Deployment
from records.times import Now
from tests.operator_ui.drawn import DrawnEntries, drawn_looks
from wire.messages import Candidate

PASSWORD = "correct horse battery"
LABEL = "Zebulon Quackenbush"
SIMILARITY = 0.6173
THRESHOLD = 0.4271
SUBJECT = "subject-7f3a"
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


def settings_of(database: Database) -> UiSettings:
    return UiSettings(record=str(database.path), watchlist="none", contract="c", changes="ipc:///none")


@dataclass
class Stage:
    """One rig's record and its application; `client()` is one browser. Its clock stands, unless `now` is given."""

    database: Database
    confirmations: int = 1
    kind: str = "test"
    now: Now | None = None
    settings: UiSettings | None = None
    deployment: str = ""

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.time = self.now or self.clock
        self.entries = DrawnEntries({SUBJECT: LABEL, "subject-2": "Another Name"})
        with self.database.write() as session:
            made = Deployment(
                id=new_id(),
                name="Trial at the station",
                kind=self.kind,
                confirmations=self.confirmations,
                created_at=self.time(),
            )
            session.add(made)
            session.flush()
            self.deployment = made.id
        self.app = make_app(
            self.database,
            self.entries,
            self.settings or settings_of(self.database),
            NoAnnouncements(),
            self.time,
            tick_s=0.05,
        )

    def person(self, name: str, role: str = "operator") -> str:
        with self.database.write() as session:
            return add_person(session, name, role, PASSWORD, self.time()).id

    def alert(self, subject: str = SUBJECT, camera: str = "north gate") -> str:
        candidate = Candidate(
            id=new_id(),
            deployment=self.deployment,
            camera=camera,
            track=4,
            subject=subject,
            similarity=SIMILARITY,
            threshold=THRESHOLD,
            looks=3,
            frame=12,
            captured_at=int(self.time().timestamp()) * 1_000_000_000,
            raised_at=int(self.time().timestamp()) * 1_000_000_000,
            engine="exact",
            contract="c",
            list_hash="h",
        )
        looks = drawn_looks()
        with self.database.write() as session:
            assert store_candidate(session, candidate, looks, looks[0], self.time()) == "alert"
        return candidate.id

    @contextmanager
    def client(self, name: str | None = None, role: str = "operator") -> Iterator["Browser"]:
        """Signed in under this name (the person is made); not signed in where no name is given."""
        if name is not None:
            self.person(name, role)
        browser = Browser(TestClient(self.app, base_url="http://rig", follow_redirects=False))
        if name is not None:
            assert browser.sign_in(name).headers["location"] == "/"
        yield browser
        browser.http.close()


class Browser:
    """One person's session over HTTP."""

    def __init__(self, http: TestClient) -> None:
        self.http = http

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        page = self.http.get("/sign-in").text
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token is not None
        return self.http.post("/sign-in", data={"form_token": token[1], "name": name, "password": password})

    @property
    def csrf(self) -> str:
        return str(self.http.get("/api/session").json()["csrf"])

    def get(self, address: str) -> httpx2.Response:
        return self.http.get(address)

    def post(self, address: str, body: object, csrf: str | None = None) -> httpx2.Response:
        return self.http.post(address, json=body, headers={"X-CSRF-Token": self.csrf if csrf is None else csrf})

    def judge(self, alert: str, verdict: str = "same") -> httpx2.Response:
        body = {"verdict": verdict, "similarities": ["nose"], "differences": ["hair"]}
        return self.post(f"/api/alerts/{alert}/adjudications", body)


def record_at(folder: Path) -> Database:
    database = Database(folder / "record.db")
    database.migrate()
    return database
