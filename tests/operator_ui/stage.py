"""A whole application over a real record, with people who can sign in and alerts as the alerts service stores them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from alerts.people import add_person
from alerts.store import Stored, store_candidate
from operator_ui.app import make_app
from operator_ui.changes import NoAnnouncements
from operator_ui.settings import UiSettings
from records.database import Database
from records.ids import new_id
from records.times import Now
from tests.operator_ui.drawn import DrawnEntries, drawn_looks
from tests.operator_ui.fitting import check_answer
from tests.records.made import HASH, make_deployment, make_vault
from wire.messages import Candidate, LookMeasures

PASSWORD = "correct horse battery"
LABEL = "Zebulon Quackenbush"
SIMILARITY = 0.6173
THRESHOLD = 0.4271
SUBJECT = "019383f0-7f3a-7000-8000-000000000001"
SUBJECT_2 = "019383f0-7f3a-7000-8000-000000000002"
UNNAMED = "019383f0-7f3a-7000-8000-000000000003"
"""Listed, but its particulars cannot be opened any more."""
OTHERS = [f"019383f0-7f3a-7000-8000-0000000001{number:02}" for number in range(40)]
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


@dataclass(frozen=True)
class Seen:
    id: str
    stored: Stored


def settings_of(database: Database) -> UiSettings:
    return UiSettings(vault="none", changes="ipc:///none")


@dataclass
class Stage:
    """One rig's record and its application; `client()` is one browser. Its clock stands, unless `now` is given."""

    database: Database
    confirmations: int = 1
    kind: str = "test"
    now: Now | None = None
    settings: UiSettings | None = None
    calibration: str | None = None
    """Of the models of the list, as `inference.calibration.basis_text` writes it."""
    policy: str | None = None
    """Text of the policy of the deployment; else one that ships."""
    deployment: str = ""
    """The running one; none is begun where another's id is given."""

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.time = self.now or self.clock
        self.entries = DrawnEntries({SUBJECT: LABEL, SUBJECT_2: "Another Name"})
        self.vault = make_vault(self.database, self.time())
        if not self.deployment:
            self._begin()
        self.app = make_app(
            self.database,
            self.vault,
            self.entries,
            self.settings or settings_of(self.database),
            NoAnnouncements(),
            self.time,
            tick_s=0.05,
        )

    def _begin(self) -> None:
        with self.database.write() as session:
            self.deployment = make_deployment(
                session,
                self.time(),
                kind=self.kind,
                confirmations=self.confirmations,
                subjects=(SUBJECT, SUBJECT_2, UNNAMED, *OTHERS),
                calibration=self.calibration,
                policy_text=self.policy,
            )
            self.vault.create_key(session, self.deployment, "alerts", "rig", self.time())

    def person(self, name: str, role: str = "operator", level: int = 2) -> str:
        """`level` is an authorising officer's authority."""
        with self.database.write() as session:
            authority = level if role == "authorising_officer" else None
            return add_person(session, name, role, PASSWORD, self.time(), authority=authority).id

    def alert(self, subject: str = SUBJECT, camera: str = "north gate", measures: Sequence[LookMeasures] = ()) -> str:
        seen = self.candidate(subject, camera, measures)
        assert seen.stored == "alert"
        return seen.id

    def candidate(self, subject: str, camera: str, measures: Sequence[LookMeasures] = ()) -> Seen:
        """Somebody of the list is seen, once more perhaps."""
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
            contract=HASH,
            list_hash=HASH,
            measures=list(measures),
        )
        looks = drawn_looks()
        with (
            self.database.write() as session,
            self.vault.key(session, self.deployment, "alerts") as key,
        ):
            return Seen(candidate.id, store_candidate(session, candidate, looks, looks[0], key, self.time()))

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
        return self._fitting(self.http.get(address))

    def post(self, address: str, body: object, csrf: str | None = None) -> httpx2.Response:
        token = self.csrf if csrf is None else csrf
        return self._fitting(self.http.post(address, json=body, headers={"X-CSRF-Token": token}))

    def _fitting(self, answer: httpx2.Response) -> httpx2.Response:
        """Every answer that any test gets is as the API's description says."""
        check_answer(self.http.app, answer)
        return answer

    def judge(self, alert: str, verdict: str = "same") -> httpx2.Response:
        body = {"verdict": verdict, "similarities": ["nose"], "differences": ["hair"]}
        return self.post(f"/api/alerts/{alert}/adjudications", body)


def record_at(folder: Path) -> Database:
    database = Database(folder / "record.db")
    database.migrate()
    return database
