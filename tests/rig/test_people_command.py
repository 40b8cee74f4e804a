"""`openlfr people`: the first administrator and everybody else, from the console."""

import io
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.people import CONSOLE, invite
from records.database import Database, open_database
from records.ledger import facts_of
from records.schema import LedgerEntry, Person
from records.times import utc_now
from rig.acting import acting
from rig.cli import main
from rig.config import load
from rig.failures import UsageError

PASSWORD = "tired otter builds"


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    file = tmp_path / "rig.toml"
    file.write_text("""
name = "test"
data = "data"
[deployment]
name = "test"
[watchlist]
folder = "list"
[inference]
pack = "starter"
[[camera]]
name = "street"
source = "usb:0"
""")
    return file


def run(monkeypatch: pytest.MonkeyPatch, rig: Path, *arguments: str, typed: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    return main(["people", *arguments, "--rig", str(rig)])


def record_of(rig: Path) -> Database:
    return open_database(load(rig).record)


def test_people_are_added_listed_and_deactivated_and_the_ledger_says_the_console_did_it(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, rig, "list") == 0
    assert "people add NAME administrator" in capsys.readouterr().out
    assert run(monkeypatch, rig, "add", "Zoë Example", "administrator") == 0
    assert run(monkeypatch, rig, "add", "dee", "authorising_officer", "--authority", "higher") == 0
    assert run(monkeypatch, rig, "add", "x" * 80, "operator") == 0
    assert run(monkeypatch, rig, "deactivate", "DEE") == 0
    capsys.readouterr()
    assert run(monkeypatch, rig, "list") == 0
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    assert ["Zoë", "Example", "administrator"] in lines
    assert ["dee", "authorising", "officer", "(higher)", "deactivated"] in lines
    assert max(map(len, shown.splitlines())) <= 80
    with record_of(rig).read() as session:
        told = [(row.actor, row.kind) for row in session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))]
        assert told == [("console", "person_added")] * 3 + [("console", "person_deactivated")]
        added = session.scalars(select(LedgerEntry).where(LedgerEntry.seq == 2)).one()
        assert facts_of(added)["authority"] == 3


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("add", "ann", "chief"), PASSWORD, "role 'chief' is not one of"),
        (("add", "ann", "authorising_officer"), PASSWORD, "urgent, standard, higher"),
        (("add", "ann", "operator", "--authority", "urgent"), PASSWORD, "nobody else, has an authority"),
        (("add", "ann", "operator"), "short", "at least 12 characters"),
        (("add", "ann", "operator"), "Password12345", "easily guessed"),
        (("add", "BOB", "operator"), PASSWORD, "already"),
        (("deactivate", "nobody"), "", "no person named 'nobody'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    rig: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    typed: str,
    message: str,
) -> None:
    assert run(monkeypatch, rig, "add", "bob", "operator") == 0
    assert run(monkeypatch, rig, *arguments, typed=typed) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    with record_of(rig).read() as session:
        assert session.query(Person).count() == 1


def test_a_person_is_not_deactivated_twice(
    rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, rig, "add", "bob", "operator")
    assert run(monkeypatch, rig, "deactivate", "bob") == 0
    assert run(monkeypatch, rig, "deactivate", "bob") == 2
    assert "before" in capsys.readouterr().err


def test_who_acts_at_the_console_gives_a_password_of_his_or_her_own_and_guesses_are_limited(
    rig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, rig, "add", "bob", "operator")
    database = record_of(rig)

    def act(name: str, typed: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        return acting(database, name).name

    assert act("bob", PASSWORD) == "bob"
    with database.write() as session:
        _, one_time = invite(session, "ann", "operator", utc_now(), by=CONSOLE)
    with pytest.raises(UsageError, match="one-time password"):
        act("ann", one_time)
    for _ in range(5):
        with pytest.raises(UsageError, match="too many attempts"):
            act("bob", "wrong password")
    with pytest.raises(UsageError, match="too many attempts"):
        act("bob", PASSWORD)
