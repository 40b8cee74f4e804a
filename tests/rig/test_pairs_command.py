"""`openlfr pairs` and `openlfr people qualify`: what is taken in is sealed, what is not is named by its line."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from alerts.pair_files import PairFiles
from alerts.people import add_person
from records.database import Database, open_database
from records.ledger import facts_of
from records.schema import LedgerEntry, PairSet, Person
from records.times import utc_now
from records.vault import Vault
from rig.cli import main
from rig.config import load
from rig.unlocking import unlock
from tests.alerts.paired import table
from tests.records.made import POLICIES
from tests.watchlist.tables import save_face

PASSWORD = "tired otter builds"
FACES = 4


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    file = tmp_path / "rig.toml"
    file.write_text(
        'name = "van"\ndata = "data"\n[deployment]\nname = "Square"\nkind = "operational"\n'
        f'[policy]\nfile = "{POLICIES / "uk.toml"}"\n[vault]\nkey_file = "data/keys/master.key"\n'
        '[inference]\npack = "starter"\n[[camera]]\nname = "street"\nsource = "usb:0"\n'
    )
    return file


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Five pairs of one person, five of two, of four drawn faces with two pictures each."""
    folder = tmp_path / "brought"
    names = [
        save_face(folder / "faces" / f"{face}-{change}.jpg", face, change) for face in range(FACES) for change in (0, 1)
    ]
    faces = [f"faces/{name}" for name in names]
    rows = [(faces[2 * face], faces[2 * face + 1], "yes", "consent") for face in range(FACES)]
    rows += [(faces[1], save_other(folder), "yes", "published")]
    rows += [
        (faces[first], faces[second], "no", "consent") for first, second in ((0, 2), (0, 4), (0, 6), (2, 4), (2, 6))
    ]
    file = folder / "pairs.csv"
    file.write_bytes(table(rows))
    return file


def save_other(folder: Path) -> str:
    return f"faces/{save_face(folder / 'faces' / '0-2.jpg', 0, 2)}"


def run(monkeypatch: pytest.MonkeyPatch, rig: Path, *words: str | Path, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main([*map(str, words), "--rig", str(rig)])


def record_of(rig: Path) -> Database:
    return open_database(load(rig).record)


def test_a_set_is_aligned_sealed_listed_and_removed(
    rig: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, rig, "pairs", "list") == 0
    assert "openlfr pairs import" in capsys.readouterr().out
    assert run(monkeypatch, rig, "pairs", "import", pairs, "--name", "Colleagues") == 0
    assert "Colleagues: 10 pairs, 5 of them of two people" in capsys.readouterr().out
    assert run(monkeypatch, rig, "pairs", "list") == 0
    shown = capsys.readouterr().out
    assert "10 pairs, 5 of two people" in shown
    assert max(map(len, shown.splitlines())) <= 80
    config, database = load(rig), record_of(rig)
    with database.read() as session:
        found = session.query(PairSet).one()
        told = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "pairs_imported")).one()
        assert told.actor == "console"
        assert facts_of(told)["bases"] == {"consent": 9, "published": 1}
    with Vault(database, unlock(config, database)) as vault:
        files = PairFiles(vault, config.vault_folder)
        labels = files.pairs(found.id)
        assert [pair.same for pair in labels] == [True] * 5 + [False] * 5
        picture = cv2.imdecode(np.frombuffer(files.picture(found.id, labels[9].second), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (600, 480, 3)
    folder = config.vault_folder / "training" / found.id
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert not any(path.read_bytes().startswith(b"\xff\xd8") for path in folder.iterdir())
    assert run(monkeypatch, rig, "pairs", "import", pairs) == 2
    assert "was taken in before" in capsys.readouterr().err
    assert run(monkeypatch, rig, "pairs", "remove", "Colleagues") == 0
    assert not folder.exists()
    assert run(monkeypatch, rig, "pairs", "remove", "Colleagues") == 2
    # A set that was removed may come back.
    assert run(monkeypatch, rig, "pairs", "import", pairs) == 0
    assert folder.exists()


def test_every_row_that_cannot_be_used_is_named_and_nothing_is_taken_in(
    rig: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(pairs.parent / "faces" / "empty.jpg"), np.full((400, 400, 3), 90, np.uint8))
    (pairs.parent / "faces" / "text.jpg").write_text("no picture")
    with pairs.open("ab") as file:
        file.write(
            b"faces/empty.jpg,faces/0-0.jpg,no,consent\n"
            b"faces/text.jpg,faces/0-0.jpg,no,consent\n"
            b"faces/none.jpg,faces/0-0.jpg,no,consent\n"
            b"../outside.jpg,faces/0-0.jpg,no,consent\n"
            b"faces/0-0.jpg,faces/3-0.jpg,maybe,consent\n"
            b"faces/0-0.jpg,faces/3-1.jpg,no,watchlist\n"
        )
    assert run(monkeypatch, rig, "pairs", "import", pairs) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == [*(f"line {number}" for number in range(12, 18)), "openlfr"]
    for line, words in zip(
        lines,
        ("empty.jpg: no face", "text.jpg: not a JPEG", "none.jpg: there is no", "leaves", "yes or no", "consent or"),
        strict=False,
    ):
        assert words in line
    assert "6 rows cannot be used: nothing was taken in" in lines[-1]
    with record_of(rig).read() as session:
        assert session.query(PairSet).count() == 0
        assert session.query(LedgerEntry).count() == 0
    assert not (load(rig).vault_folder / "training").exists()


def test_a_person_who_imports_is_an_administrator(
    rig: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people(rig)
    for name, code in (("ann", 2), ("adam", 0)):
        assert run(monkeypatch, rig, "pairs", "import", pairs, "--as", name, typed=f"{PASSWORD}\n") == code
    assert "administrator" in capsys.readouterr().err
    with record_of(rig).read() as session:
        by = session.get_one(PairSet, session.query(PairSet).one().id).imported_by
        assert session.get_one(Person, by).name == "adam"


def people(rig: Path) -> None:
    database = record_of(rig)
    database.migrate()
    with database.write() as session:
        for name, role in (("ann", "operator"), ("adam", "administrator"), ("vera", "auditor")):
            add_person(session, name, role, PASSWORD, utc_now())


def test_an_administrator_vouches_for_a_test_that_was_passed_elsewhere(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people(rig)
    until = utc_now().date().replace(month=12, day=31)

    def qualify(name: str = "ann", day: str = str(until), reference: str = "GFMT 2026/114", by: str = "adam") -> int:
        words = ("people", "qualify", name, "--until", day, "--reference", reference, "--as", by)
        return run(monkeypatch, rig, *words, typed=f"{PASSWORD}\n")

    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"by": "vera"}, "administrator"),
        ({"name": "vera"}, "no active operator"),
        ({"name": "nobody"}, "no person named"),
        ({"day": "31.12.2026"}, "write it as 2027-06-30"),
        ({"day": "2020-01-01"}, "future"),
        ({"day": str(until.replace(year=until.year + 3))}, "at most 365 days"),
        ({"reference": "?"}, "reference"),
    )
    for changes, message in wrong:
        assert qualify(**changes) == 2
        assert message in capsys.readouterr().err
    assert qualify() == 0
    assert f"ann may judge alerts until the end of {until}" in capsys.readouterr().out
    assert run(monkeypatch, rig, "people", "list") == 0
    assert f"qualified to {until}" in capsys.readouterr().out
    with record_of(rig).read() as session:
        told = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "operator_qualified")).one()
        assert told.actor == session.query(Person).where(Person.name == "adam").one().id
        assert facts_of(told)["reference"] == "GFMT 2026/114"


def test_qualifying_asks_who_vouches(rig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people(rig)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, rig, "people", "qualify", "ann", "--until", "2027-01-01", "--reference", "GFMT 1")
    assert ended.value.code == 2
