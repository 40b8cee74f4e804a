"""`openlfr bluelist`: passes come in whole or not at all, and the report claims no more than they hold."""

import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.people import add_person
from records.database import Database, open_database
from records.schema import Alert, Deployment, Entry, LedgerEntry, VolunteerPass
from records.times import to_text, utc_now
from records.vault import Vault
from rig.cli import main
from rig.config import load
from rig.deployments import TermsOfTest, begin_and_run
from rig.unlocking import unlock
from tests.records.made import HASH
from tests.watchlist.hand_made import CONTRACT, enrolment
from watchlist.entries import WatchList
from watchlist.list_file import build_list

PASSWORD = "tired otter builds"
NAME = "Trial at the gate"


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A test with two volunteers runs since a minute ago; cameras north and south."""
    file = tmp_path / "rig.toml"
    file.write_text(
        f'name = "van"\ndata = "data"\n[deployment]\nname = "{NAME}"\n[watchlist]\nfolder = "list"\n'
        '[inference]\npack = "starter"\n[[camera]]\nname = "north"\nsource = "usb:0"\n'
        '[[camera]]\nname = "south"\nsource = "usb:1"\n'
    )
    config = load(file)
    database = open_database(config.record)
    database.migrate()
    with Vault(database, unlock(config, database)) as vault:
        terms = TermsOfTest(name=NAME, cameras=("north", "south"), threshold=0.4)
        begin_and_run(database, vault, config.vault_folder, volunteers(), terms)
    database.close()
    return file


def volunteers() -> WatchList:
    return build_list(enrolment([1, 1]), contract=CONTRACT, created_at=utc_now())


def labels() -> list[str]:
    return [subject.label for subject in volunteers().subjects]


def run(monkeypatch: pytest.MonkeyPatch, rig: Path, *words: str | Path, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["bluelist", *map(str, words), "--rig", str(rig)])


def record_of(rig: Path) -> Database:
    return open_database(load(rig).record)


def began(rig: Path) -> datetime:
    with record_of(rig).read() as session:
        return session.query(Deployment).one().begins_at


def schedule(rig: Path, *rows: str, header: str = "label,camera,began,ended,light,group") -> Path:
    file = rig.parent / "passes.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def row(rig: Path, who: int, camera: str, after: float, light: str = "day", group: str = "") -> str:
    """A pass of half a second, so long after the test's beginning: all of it lies in the past or just ahead."""
    at = began(rig) + timedelta(seconds=after)
    return f"{labels()[who]},{camera},{to_text(at)},{to_text(at + timedelta(seconds=0.5))},{light},{group}"


def test_a_schedule_is_taken_in_and_reported_within_eighty_columns(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passes = [
        row(rig, 0, "north", 0, "night", "tall"),
        row(rig, 1, "north", 0, "night", "small"),
        row(rig, 0, "south", 0),
    ]
    assert run(monkeypatch, rig, "import", schedule(rig, *passes)) == 0
    assert "3 passes taken in" in capsys.readouterr().out
    assert run(monkeypatch, rig, "report") == 0
    assert "No pass is over yet" in capsys.readouterr().out
    later(rig, monkeypatch)
    found(rig, "north")
    assert run(monkeypatch, rig, "report", "--json", rig.parent / "figures.json") == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert f"Test {NAME}" in shown
    lines = {line.split("  ")[0].strip() or line.split()[0]: line for line in shown.splitlines() if line}
    assert lines["all"].split()[1:5] == ["1", "3", "33.3", "%"]
    assert lines["all"].endswith("0.8 to 90.6 % *")
    assert "Night" in shown
    assert "not established" in shown.replace("\n", " ")
    assert "They say nothing about false alerts" in shown
    assert "(2 volunteers walked past)" in shown
    figures = json.loads((rig.parent / "figures.json").read_text())
    assert (figures["figures"]["overall"]["found"], figures["figures"]["overall"]["passes"]) == (1, 3)
    assert "385 passes" in figures["between_groups"]
    assert len(figures["cannot_say"]) == 5


def later(rig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = began(rig) + timedelta(seconds=30)
    monkeypatch.setattr("rig.bluelist_acts.utc_now", lambda: now)


def found(rig: Path, camera: str) -> None:
    """An alert of the first volunteer, at the test's beginning."""
    at = began(rig)
    with record_of(rig).write() as session:
        test = session.query(Deployment).one()
        entries = {one.entry_id: one.group for one in session.query(VolunteerPass)}
        session.add(
            Alert(
                id="a",
                deployment_id=test.id,
                subject_id=next(entry for entry, group in entries.items() if group in ("tall", None)),
                camera=camera,
                track=1,
                frame=1,
                similarity=0.5,
                threshold=0.4,
                engine="exact",
                contract=CONTRACT,
                list_hash=test.list_hash or HASH,
                captured_at=at,
                raised_at=at,
                stored_at=at,
                state="waiting",
            )
        )


def test_every_row_that_cannot_be_used_is_named_and_nothing_is_taken_in(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = row(rig, 0, "north", 0)
    rows = [
        good,
        good,
        row(rig, 0, "east", 0),
        good.replace(labels()[0], "nobody"),
        row(rig, 1, "north", 0, "moon"),
        row(rig, 1, "north", 0, "day", "Over 60"),
        row(rig, 1, "north", 3600),
        row(rig, 1, "north", -3600),
        "too,few",
        "a,north,today,tomorrow,day,",
    ]
    assert run(monkeypatch, rig, "import", schedule(rig, *rows)) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in told] == [*(f"line {number}" for number in range(3, 12)), "openlfr"]
    words = ("count twice", "no camera", "no volunteer", "the light", "a group", "future", "window", "6 cells", "zone")
    for line, word in zip(told, words, strict=False):
        assert word in line
    assert "9 rows cannot be used: nothing was taken in" in told[-1]
    with record_of(rig).read() as session:
        assert session.query(VolunteerPass).count() == 0
        assert session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "pass_logged")).all() == []


def test_one_pass_is_logged_as_it_goes_on_by_who_may(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with record_of(rig).write() as session:
        for name, role in (("lis", "list_builder"), ("ann", "operator")):
            add_person(session, name, role, PASSWORD, utc_now())
    words = ("log", labels()[1], "--camera", "south", "--light", "dusk", "--group", "small")
    assert run(monkeypatch, rig, *words, "--as", "ann", typed=f"{PASSWORD}\n") == 2
    assert "list builder or engagement officer" in capsys.readouterr().err
    assert run(monkeypatch, rig, *words, "--as", "lis", typed=f"{PASSWORD}\n") == 0
    assert f"Logged: {labels()[1]} past south" in capsys.readouterr().out
    with record_of(rig).read() as session:
        logged = session.query(VolunteerPass).one()
        assert (logged.camera, logged.light, logged.group) == ("south", "dusk", "small")
        assert session.get_one(Entry, logged.entry_id).category == "volunteer"
    for change, message in ((("--began", "2026-01-01T00:00:00Z"), "--ended"), ((), "count twice")):
        assert run(monkeypatch, rig, *words, *change) == 2
        assert message in capsys.readouterr().err


def test_an_operational_rig_and_a_test_that_never_began_are_refused(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.write_text(rig.read_text().replace(NAME, "Another"))
    assert run(monkeypatch, rig, "report") == 2
    assert "no test named 'Another' has begun" in capsys.readouterr().err
    assert run(monkeypatch, rig, "import", rig.parent / "none.csv") == 2
    assert "cannot be read" in capsys.readouterr().err
    policy = Path(__file__).parents[2] / "deploy" / "policy" / "uk.toml"
    rig.write_text(
        f'name = "van"\ndata = "data"\n[deployment]\nname = "Square"\nkind = "operational"\n'
        f'[policy]\nfile = "{policy}"\n'
        '[vault]\nkey_file = "data/keys/master.key"\n[inference]\npack = "starter"\n'
        '[[camera]]\nname = "north"\nsource = "usb:0"\n'
    )
    for words in (("report",), ("log", "Ann", "--camera", "north", "--light", "day")):
        assert run(monkeypatch, rig, *words) == 2
        assert "never in an operational deployment" in capsys.readouterr().err
