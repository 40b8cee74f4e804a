"""A rig as somebody outside meets it: by its command line, its tablet, its record as a file, its folder and its clock.

One operational deployment that runs: three people listed by the command line, with real pictures, a sealed list and a
vault behind a key file; drafted, signed for, checked and started by different people.
"""

import contextlib
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import zmq
from sqlalchemy import select
from starlette.testclient import TestClient

from alerts.authority import Rig
from alerts.custodian import Custodian
from alerts.leases import answer
from alerts.people import add_person, named
from alerts.service import AlertsService
from alerts.store import Stored, store_candidate
from inference.catalogue import find_pack
from operator_ui.app import make_app
from operator_ui.changes import NoAnnouncements
from operator_ui.listed import ListedEntries
from operator_ui.settings import UiSettings
from records.database import Database
from records.facts import Kind
from records.ids import new_id
from records.ledger import facts_of
from records.schema import BuiltList, Deployment, Entry, LedgerEntry
from records.times import to_ns, to_text, utc_now
from records.vault import Vault
from rig.cli import main
from rig.config import load
from rig.opening import OpenRig, open_rig
from tests.alerts.applied import application
from tests.operator_ui.drawn import drawn_looks
from tests.operator_ui.stage import Browser
from tests.records.made import POLICIES
from tests.watchlist.tables import cells, save_face, write_table
from wire.messages import Candidate, Lease, LeaseRequest
from wire.sockets import Socket, send

PASSWORD = "seven green lamps at noon"
NAME = "Station Square"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
STOP = {"reason": "Same scar."}
CAMERA = "north"
PEOPLE = {
    "Beryl": ("list_builder", None),
    "Orla": ("authorising_officer", 2),
    "Petra": ("authorising_officer", 3),
    "Ann": ("operator", None),
    "Bob": ("operator", None),
    "Cid": ("engagement_officer", None),
    "Vera": ("auditor", None),
    "Adam": ("administrator", None),
}
"""Name -> role, authority. Beryl drafts and lists, Orla signs, Cid checks the signs, Ann starts."""
SIGNAGE = ("approach_signs", "vehicle_marked", "leaflets", "published")
REFERENCES = ("PNC-1", "PNC-2", "PNC-3")
WANTED, SOON_OVER, TO_INFORM = range(3)
"""Positions of the entries: one that stays, one that expires within the hour, one that never leads to a stop."""
EXPIRES_IN = timedelta(hours=1)
NAMES = tuple(f"Zebedee Quillfeather {reference}" for reference in REFERENCES)


def contract() -> str:
    """Embedding contract of the pack that the rig uses."""
    return find_pack("starter").contract


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def openlfr(*arguments: str | Path, said: str = f"{PASSWORD}\n") -> Ran:
    """The command in this process; what is typed comes through standard input."""
    out, err = io.StringIO(), io.StringIO()
    keyboard, sys.stdin = sys.stdin, io.StringIO(said)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        sys.stdin = keyboard
    return Ran(code, out.getvalue(), err.getvalue())


def make_rig(folder: Path) -> None:
    """A rig folder whose operational deployment runs, brought there by the command line alone. Copy it to use it."""
    (folder / "rig.toml").write_text(
        f'name = "van"\ndata = "data"\n[deployment]\nname = "{NAME}"\nkind = "operational"\n'
        f'[policy]\nfile = "{POLICIES / "uk.toml"}"\n[vault]\nkey_file = "data/keys/master.key"\n'
        '[status]\nfile = "status.csv"\n[inference]\npack = "starter"\n'
        f'[tablet]\nport = 0\n[[camera]]\nname = "{CAMERA}"\nsource = "usb:9"\n'
    )
    write_status(folder, dict.fromkeys(REFERENCES, "wanted"))
    database = Database(folder / "data" / "record.db")
    database.migrate()
    with database.write() as session:
        for name, (role, authority) in PEOPLE.items():
            add_person(session, name, role, PASSWORD, utc_now(), authority=authority)
    database.close()

    def done(*arguments: str | Path) -> Ran:
        ran = openlfr(*arguments, "--rig", folder / "rig.toml")
        assert ran.code == 0, ran.err
        return ran

    test_counts = str((utc_now() + timedelta(days=300)).date())
    for operator in ("Ann", "Bob"):
        done("people", "qualify", operator, "--until", test_counts, "--reference", "GFMT 2026/7", "--as", "Adam")
    rows = [row_of(folder, reference, number) for number, reference in enumerate(REFERENCES)]
    rows[SOON_OVER]["expires"] = to_text(utc_now() + EXPIRES_IN)
    rows[TO_INFORM] |= {"category": "court_order", "response": "inform"}
    table = write_table(folder / "brought" / "list.csv", rows)
    done("deployment", "draft", application_file(folder), "--as", "Beryl")
    done("watchlist", "import", NAME, table, "--as", "Beryl")
    done("watchlist", "build", NAME, "--as", "Beryl")
    done("deployment", "submit", NAME, "--as", "Beryl")
    document = json.loads(done("deployment", "show", NAME, "--json").out)["document_hash"]
    done("deployment", "authorise", NAME, "--document", document, "--as", "Orla")
    done("deployment", "signage", NAME, *SIGNAGE, "--as", "Cid")
    done("deployment", "start", NAME, "--as", "Ann")


def application_file(folder: Path, **changes: Any) -> Path:
    """A complete application for a window that is open now."""
    now = utc_now()
    asked = application(
        **{
            "name": NAME,
            "begins": now - timedelta(minutes=20),
            "ends": now + timedelta(hours=4),
            "calibration": msgspec.structs.replace(application().calibration, contract=contract()),
        }
        | changes
    )
    file = folder / "application.json"
    file.write_bytes(msgspec.json.encode(asked))
    return file


def row_of(folder: Path, reference: str, person: int, **changes: str) -> dict[str, str]:
    """A row of a list, and its picture beside the table."""
    now = utc_now()
    current = {
        "expires": to_text(now + timedelta(days=3)),
        "status_checked_at": to_text(now - timedelta(minutes=5)),
        "review_on": str(now.date() + timedelta(days=100)),
    }
    return cells(reference, save_face(folder / "brought" / f"{reference}.jpg", person), **current | changes)


def write_status(folder: Path, said: dict[str, str]) -> None:
    """What the status source says of each reference from now on."""
    lines = [f"{reference},{status},{to_text(utc_now())}" for reference, status in said.items()]
    (folder / "status.csv").write_text("\n".join(["reference,status,at", *lines]) + "\n")


@dataclass
class Outside:
    """A copy of the rig. `ahead` moves the clock of tablet, service and custodian; the command line has the real."""

    folder: Path
    rig: OpenRig
    ahead: timedelta = timedelta(0)
    deployment: str = field(init=False)
    entries: list[str] = field(init=False)
    """Their ids, in the order of REFERENCES."""
    list_hash: str = field(init=False)

    def __post_init__(self) -> None:
        with self.database.read() as session:
            self.deployment = session.scalars(select(Deployment.id)).one()
            self.entries = list(session.scalars(select(Entry.id).order_by(Entry.id)))
            self.list_hash = session.get_one(BuiltList, self.deployment).hash

    @property
    def database(self) -> Database:
        return self.rig.database

    @property
    def vault(self) -> Vault:
        return self.rig.vault

    @property
    def vault_folder(self) -> Path:
        return self.rig.config.vault_folder

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def cli(self, *arguments: str | Path, by: str | None = None, said: str = f"{PASSWORD}\n") -> Ran:
        person = () if by is None else ("--as", by)
        return openlfr(*arguments, "--rig", self.folder / "rig.toml", *person, said=said)

    @contextmanager
    def tablet(self, name: str) -> Iterator[Browser]:
        """One browser, signed in as this person."""
        settings = UiSettings(
            vault=str(self.vault_folder),
            changes="ipc:///none",
            policy=str(POLICIES / "uk.toml"),
            cameras=(CAMERA,),
            contract=contract(),
        )
        book = ListedEntries(self.database, self.vault, self.vault_folder)
        app = make_app(self.database, self.vault, book, settings, NoAnnouncements(), self.now)
        browser = Browser(TestClient(app, base_url="http://rig", follow_redirects=False))
        assert browser.sign_in(name, PASSWORD).status_code == 303
        yield browser
        browser.http.close()

    def sql(self, statement: str, *values: object) -> list[Any]:
        """In a plain connection to the file: none of our code, foreign keys off. Raises sqlite3.DatabaseError."""
        connection = sqlite3.connect(self.database.path, timeout=10)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def refuses(self, statement: str, *values: object) -> str:
        """What the record says to this statement; fails where it takes it."""
        try:
            self.sql(statement, *values)
        except sqlite3.IntegrityError as error:
            return str(error)
        raise AssertionError(f"the record took it: {statement}")

    def lease(self, now: datetime | None = None, cameras: tuple[str, ...] = (CAMERA,), **changes: str) -> Lease:
        """As a worker gets it that has loaded the list."""
        request = LeaseRequest(worker="w", deployment=self.deployment, list_hash=self.list_hash, contract=contract())
        request = msgspec.structs.replace(request, **changes)
        with self.database.read() as session:
            return answer(session, request, Rig(cameras=cameras, status_source=True), now or self.now())

    def may_search(self, now: datetime | None = None, cameras: tuple[str, ...] = (CAMERA,), **changes: str) -> bool:
        return self.lease(now, cameras, **changes).until > to_ns(now or self.now())

    def withheld(self) -> list[str]:
        """Entries that a worker must not find, though it may search."""
        lease = self.lease()
        assert not lease.why
        return lease.withheld

    def candidate(self, entry: str, **changes: Any) -> Candidate:
        fields: dict[str, Any] = {
            "id": new_id(),
            "deployment": self.deployment,
            "camera": CAMERA,
            "track": 4,
            "subject": entry,
            "similarity": 0.62,
            "threshold": 0.42,
            "looks": 3,
            "frame": 12,
            "captured_at": to_ns(self.now()),
            "raised_at": to_ns(self.now()),
            "engine": "exact",
            "contract": contract(),
            "list_hash": self.list_hash,
        }
        return Candidate(**fields | changes)

    def found(self, candidate: Candidate) -> Stored:
        """What becomes of a candidate that a worker sends."""
        looks = drawn_looks()
        with self.database.write() as session, self.vault.key(session, candidate.deployment, "alerts") as key:
            return store_candidate(session, candidate, looks, looks[0], key, self.now())

    def alert(self, position: int = WANTED) -> str:
        candidate = self.candidate(self.entries[position])
        assert self.found(candidate) == "alert"
        return candidate.id

    def custodian(self) -> Custodian:
        return Custodian(self.database, self.vault, self.vault_folder, self.rig.signer, self.now)

    def told(self, kind: Kind) -> list[tuple[str, dict[str, Any]]]:
        """(actor, facts) of the ledger's entries of this kind."""
        with self.database.read() as session:
            found = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.seq))
            return [(entry.actor, facts_of(entry)) for entry in found]

    def person(self, name: str) -> str:
        with self.database.read() as session:
            return named(session, name).id

    def state(self) -> str:
        with self.database.read() as session:
            return session.get_one(Deployment, self.deployment).state

    def bytes_on_disk(self) -> dict[Path, bytes]:
        """Everything that the rig has written; what was brought to it lies elsewhere."""
        return {path: path.read_bytes() for path in (self.folder / "data").rglob("*") if path.is_file()}


@contextmanager
def open_outside(folder: Path) -> Iterator[Outside]:
    with open_rig(load(folder / "rig.toml")) as rig:
        yield Outside(folder, rig)


def exported(outside: Outside, name: str = "ledger.jsonl") -> Path:
    file = outside.folder / name
    ran = outside.cli("ledger", "export", file, "--reason", "audit", by="Vera")
    assert ran.code == 0, ran
    return file


def drafted(outside: Outside, by: str = "Beryl", **changes: Any) -> str:
    """The id of another deployment, not signed for by anybody."""
    file = application_file(outside.folder, name="Elsewhere", **changes)
    assert outside.cli("deployment", "draft", file, by=by).code == 0
    found: list[tuple[str]] = outside.sql("SELECT id FROM deployments WHERE name = 'Elsewhere'")
    return found[0][0]


def answered(service: tuple[AlertsService, Socket]) -> None:
    """The service has answered something."""
    for _ in range(500):
        service[0].work(5)
        if service[1].poll(5):
            return
    pytest.fail("the service never answered")


def sent(socket: Socket, message: Any, parts: tuple[bytes, ...] = ()) -> None:
    for _ in range(500):
        if socket.poll(5, zmq.POLLOUT) and send(socket, message, parts):
            return
    pytest.fail("nobody took the message")
