"""`openlfr watchlist` as a person at the keyboard meets it: real processes, also killed ones."""

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from alerts.people import add_person
from inference.catalogue import find_pack
from records.database import Database
from records.master import lock_with_key_file, make_key_file
from records.schema import BuiltList, Deployment, Entry, EntryPicture, Import, ImportRow, LedgerEntry
from records.times import to_text, utc_now
from rig.cli import main
from tests.records.made import make_deployment
from tests.watchlist.tables import MOST, cells, save_face, write_table, zipped

PASSWORD = "quiet marble stairway"
KILLS = 10
ROWS = 150


class Ran(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Rig:
    """An operational rig with its people and a deployment that takes entries."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder, self.data, self.file = folder, folder / "data", folder / "rig.toml"
        self.file.write_text(
            'name = "van"\ndata = "data"\n'
            '[deployment]\nname = "Oxford Circus"\nkind = "operational"\n'
            f'[policy]\nfile = "{Path(__file__).parents[2] / "deploy" / "policy" / "uk.toml"}"\n'
            '[vault]\nkey_file = "master.key"\n[inference]\npack = "starter"\n'
            f'[[camera]]\nname = "north"\nsource = "usb:0"\n{more}'
        )
        self.database = Database(self.data / "record.db")
        self.database.migrate()
        make_key_file(folder / "master.key")
        now = utc_now()
        with self.database.write() as session:
            lock_with_key_file(session, folder / "master.key", now).close()
            add_person(session, "Beryl", "list_builder", PASSWORD, now)
            add_person(session, "Orla", "authorising_officer", PASSWORD, now, authority=3)
            add_person(session, "Otto", "auditor", PASSWORD, now)
            self.deployment = make_deployment(session, now, kind="operational", state="draft", name="Oxford Circus")
            found = session.get_one(Deployment, self.deployment)
            found.document, found.list_hash = '{"purpose":"wanted_on_warrant"}', None

    def command(self, action: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "rig", "watchlist", action, *arguments, "--rig", str(self.file)]

    def run(self, action: str, *arguments: str, said: str = f"{PASSWORD}\n") -> Ran:
        """In this process: what is typed comes from standard input, as in a pipe."""
        out, err = io.StringIO(), io.StringIO()
        keyboard, sys.stdin = sys.stdin, io.StringIO(said)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["watchlist", action, *arguments, "--rig", str(self.file)])
        finally:
            sys.stdin = keyboard
        return Ran(code, out.getvalue(), err.getvalue())

    def count(self, table: type) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def entries(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(Entry.id).order_by(Entry.id)))


def ended(process: "subprocess.Popen[bytes]", within: float) -> bool:
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def now_cells(reference: str, pictures: str, **changes: str) -> dict[str, str]:
    now = utc_now()
    times = {"expires": to_text(now + timedelta(days=3)), "status_checked_at": to_text(now - timedelta(minutes=5))}
    return cells(reference, pictures, **times | {"review_on": str(now.date() + timedelta(days=100))} | changes)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Rig]:
    return lambda more="": Rig(tmp_path, more)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    folder = tmp_path / "brought"
    rows = [now_cells(f"PNC-{n}", save_face(folder / f"{n}.jpg", n)) for n in range(2)]
    return write_table(folder / "list.csv", [*rows, now_cells("PNC-8", "gone.jpg"), now_cells("PNC-9", "0.jpg")])


def test_a_list_from_the_table_to_the_seal(made: Callable[..., Rig], table: Path, tmp_path: Path) -> None:
    rig = made()
    dry = rig.run("import", "Oxford Circus", str(table), "--dry-run", "--as", "Beryl")
    assert dry.returncode == 0, dry.stderr
    assert "4 rows, 2 would be accepted, 2 rejected" in dry.stdout
    assert (rig.count(Entry), rig.count(ImportRow), (rig.data / "vault").exists()) == (0, 0, False)

    report = tmp_path / "report.json"
    wet = rig.run("import", rig.deployment, str(table), "--as", "Beryl", "--report", str(report))
    assert wet.returncode == 0, wet.stderr
    assert "4 rows, 2 accepted, 2 rejected" in wet.stdout
    assert "delete them from this machine" in wet.stdout
    assert max(len(line) for line in wet.stdout.splitlines() if str(report) not in line) <= 90
    told = json.loads(report.read_text())
    assert [row["row"] for row in told["rows"] if row["result"] == "rejected"] == [4, 5]
    assert "Quillfeather" not in report.read_text() + wet.stdout + wet.stderr

    again = rig.run("import", rig.deployment, str(table), "--as", "Beryl")
    assert "4 of the rows were done before" in again.stdout

    built = rig.run("build", "Oxford Circus", "--as", "Beryl")
    assert built.returncode == 0, built.stderr
    assert "2 entries, 2 pictures, hash" in built.stdout
    with rig.database.read() as session:
        kept = session.get_one(BuiltList, rig.deployment).calibration
    assert kept is not None
    assert kept == find_pack("starter").odds_text
    shown = rig.run("show", "Oxford Circus")
    assert shown.returncode == 0, shown.stderr
    assert "state: active" in shown.stdout
    assert "Quillfeather" not in shown.stdout


def test_looking_at_one_entry_takes_a_person_and_a_reason_and_is_recorded(
    made: Callable[..., Rig], table: Path
) -> None:
    rig = made()
    rig.run("import", "Oxford Circus", str(table), "--as", "Beryl")
    entry = rig.entries()[0]
    before = rig.count(LedgerEntry)
    for arguments, says in (
        ((), "--reason"),
        (("--reason", "list_check"), "--as NAME"),
        (("--reason", "curious", "--as", "Beryl"), "one of: review, list_check"),
    ):
        refused = rig.run("show", "Oxford Circus", "--entry", entry, *arguments)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert says in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert rig.count(LedgerEntry) == before
    wrong = rig.run("show", "Oxford Circus", "--entry", entry, "--reason", "list_check", "--as", "Beryl", said="no\n")
    assert wrong.returncode == 2
    assert "another password" in wrong.stderr
    shown = rig.run("show", "Oxford Circus", "--entry", entry, "--reason", "list_check", "--as", "Otto")
    assert "Zebedee Quillfeather PNC-0" in shown.stdout
    with rig.database.read() as session:
        last = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        assert last is not None
        assert (last.kind, entry in last.facts, '"list_check"' in last.facts) == ("entry_viewed", True, True)


def test_withdrawing_restoring_and_asking_whether_listed(made: Callable[..., Rig], table: Path) -> None:
    rig = made()
    rig.run("import", "Oxford Circus", str(table), "--as", "Beryl")
    first, second = rig.entries()
    noted = rig.run("note", second, "--as", "Beryl", said=f"{PASSWORD}\nHas a twin\n")
    assert noted.returncode == 0, noted.stderr
    assert (
        "Has a twin"
        in rig.run("show", "Oxford Circus", "--entry", second, "--reason", "list_check", "--as", "Beryl").stdout
    )
    gone = rig.run("withdraw", first, "--reason", "dealt_with", "--as", "Orla")
    assert "is withdrawn" in gone.stdout
    assert "out already" in rig.run("withdraw", first, "--reason", "dealt_with", "--as", "Orla").stdout
    back = rig.run("restore", first, "--reason", "Wanted again", "--as", "Orla")
    assert (back.returncode, "only a quarantined one" in back.stderr) == (2, True)
    assert "0 entries expired" in rig.run("expire", "Oxford Circus").stdout
    asked = rig.run("was-listed", " pnc-0", "--as", "Otto")
    assert rig.deployment in asked.stdout
    assert "wanted_by_court, act, withdrawn" in asked.stdout
    assert "No deployment" in rig.run("was-listed", "PNC-77", "--as", "Otto").stdout
    refused = rig.run("was-listed", "PNC-0", "--as", "Beryl")
    assert (refused.returncode, "takes an active auditor" in refused.stderr) == (2, True)


def test_the_status_file_is_asked_by_command_and_at_the_build(made: Callable[..., Rig], table: Path) -> None:
    rig = made('[status]\nfile = "status.csv"\n')
    rig.run("import", "Oxford Circus", str(table), "--as", "Beryl")
    no_file = rig.run("status", "Oxford Circus")
    assert (no_file.returncode, "cannot be read" in no_file.stderr) == (2, True)
    now = to_text(utc_now())
    (rig.folder / "status.csv").write_text(f"reference,status,at\nPNC-0,wanted,{now}\nPNC-1,no_longer_wanted,{now}\n")
    built = rig.run("build", "Oxford Circus", "--as", "Beryl")
    assert built.returncode == 0, built.stderr
    assert "1 entries, 1 pictures" in built.stdout
    assert "1 wanted, 0 no longer wanted, withdrawn, 0 unknown" in rig.run("status", "Oxford Circus").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "Nowhere", "{table}", "--as", "Beryl"), "no deployment 'Nowhere'"),
        (("import", "Oxford Circus", "gone.csv", "--as", "Beryl"), "gone.csv: cannot be read"),
        (("import", "Oxford Circus", "{table}"), "takes an active list builder"),
        (("import", "Oxford Circus", "{table}", "--as", "Orla"), "takes an active list builder"),
        (("build", "Oxford Circus", "--as", "Beryl"), "nobody is listed"),
        (("status", "Oxford Circus"), "no status source is configured"),
        (("withdraw", "x", "--reason", "dealt_with", "--as", "Beryl"), "there is no entry x"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    made: Callable[..., Rig], table: Path, arguments: tuple[str, ...], says: str
) -> None:
    refused = made().run(*[argument.format(table=table) for argument in arguments])
    assert refused.returncode == 2
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.rig
@pytest.mark.timeout(600)
def test_an_import_killed_ten_times_lists_everybody_once(made: Callable[..., Rig], tmp_path: Path) -> None:
    rig, folder = made(), tmp_path / "brought"
    rows = [now_cells(f"PNC-{n}", save_face(folder / f"{n}.jpg", n % MOST, n)) for n in range(ROWS)]
    rows[7]["category"] = "other"
    rows[100]["pictures"] = "gone.jpg"
    archive = zipped(write_table(folder / "list.csv", rows), tmp_path / "list.zip")
    draw = random.Random(7)
    at_kills = []
    for kill in range(KILLS):
        process = subprocess.Popen(
            rig.command("import", "Oxford Circus", str(archive), "--as", "Beryl"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(f"{PASSWORD}\n".encode())
        process.stdin.close()
        # A few rows further each time, so that all kills fall into the import; and somewhere inside a batch.
        target = kill * ROWS // (KILLS + 2)
        while rig.count(ImportRow) < target and not ended(process, 0.02):
            pass
        if not ended(process, draw.random()):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        assert process.returncode in (0, -signal.SIGKILL), process.stderr.read()
        process.stderr.close()
        at_kills.append(rig.count(ImportRow))
    assert at_kills == sorted(at_kills)
    assert len({done for done in at_kills if 0 < done < ROWS}) >= 3, at_kills

    last = subprocess.run(
        rig.command("import", "Oxford Circus", str(archive), "--as", "Beryl"),
        input=f"{PASSWORD}\n",
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert last.returncode == 0, last.stderr
    assert f"{ROWS} rows, {ROWS - 2} accepted, 2 rejected" in last.stdout
    with rig.database.read() as session:
        assert list(session.scalars(select(ImportRow.row).order_by(ImportRow.row))) == list(range(2, ROWS + 2))
        entries = list(session.scalars(select(Entry.id)))
        assert len(entries) == ROWS - 2
        of_rows = [entry for entry in session.scalars(select(ImportRow.entry_id)) if entry is not None]
        assert sorted(of_rows) == sorted(entries)
        pictures = list(session.scalars(select(EntryPicture.id)))
        assert len(pictures) == ROWS - 2
        kinds = list(session.scalars(select(LedgerEntry.kind).where(LedgerEntry.kind == "entries_imported")))
        assert len(kinds) == 1
        assert session.scalar(select(func.count()).where(Import.finished_at.is_not(None))) == 1
    portraits = [path.name for path in (rig.data / "vault" / rig.deployment).iterdir() if len(path.name) == 36]
    assert sorted(portraits) == sorted(pictures)
