"""`openlfr deployment` as people type it: each with a name and a password, in 80 columns."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.people import add_person
from inference.catalogue import find_pack
from records.database import Database
from records.schema import BuiltList, Deployment
from records.times import utc_now
from rig.cli import main
from tests.alerts.applied import COMPLETE
from tests.records.made import POLICIES, make_entry

PASSWORD = "seven green lamps at noon"
NAME = "Station Square"
HASH = "5a" * 32

RIG = f"""
name = "van"
data = "data"
[deployment]
name = "{NAME}"
kind = "operational"
[policy]
file = "{POLICIES / "uk.toml"}"
[inference]
pack = "starter"
[position]
source = "fixed:51.5152,-0.1419"
[[camera]]
name = "north"
source = "file:clip.mp4"
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A rig file with an empty record and five people."""
    file = tmp_path / "rig.toml"
    file.write_text(RIG)
    database = Database(tmp_path / "data" / "record.db")
    database.migrate()
    with database.write() as session:
        for name, role, level in (
            ("Bea", "list_builder", None),
            ("Ada", "authorising_officer", 2),
            ("Ivo", "authorising_officer", 1),
            ("Olu", "operator", None),
            ("Eve", "engagement_officer", None),
        ):
            add_person(session, name, role, PASSWORD, utc_now(), authority=level)
    database.close()
    return file


@pytest.fixture
def openlfr(rig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(action: str, *arguments: str | Path, by: str | None = None, password: str = PASSWORD) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        person = [] if by is None else ["--as", by]
        code = main(["deployment", action, "--rig", str(rig), *person, *map(str, arguments)])
        told = capsys.readouterr()
        assert all(len(line) <= 80 for line in told.out.splitlines() if "{" not in told.out), told.out
        return code, told.out, told.err

    return command


def asked(folder: Path, **changes: Any) -> Path:
    """An application file whose window is open now, for the models of the starter pack."""
    now = datetime.now(UTC)
    calibration = msgspec.structs.replace(COMPLETE.calibration, contract=find_pack("starter").contract)
    changes = {
        "name": NAME,
        "begins": now - timedelta(hours=1),
        "ends": now + timedelta(hours=3),
        "calibration": calibration,
        **changes,
    }
    file = folder / "application.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(COMPLETE, **changes)))
    return file


def shown(openlfr: Command) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openlfr("show", NAME, "--json")[1])
    return found


def build(rig: Path) -> None:
    """As `watchlist build` leaves it."""
    database = Database(rig.parent / "data" / "record.db")
    with database.write() as session:
        found = session.query(Deployment).one()
        make_entry(session, found.id, utc_now())
        session.add(
            BuiltList(
                deployment_id=found.id,
                hash=HASH,
                contract=find_pack("starter").contract,
                built_by=found.drafted_by,
                built_at=utc_now(),
                entries=3,
                pictures=3,
                counts={},
            )
        )
        session.flush()
        found.list_hash = HASH
    database.close()


def test_a_deployment_from_the_draft_to_its_end(openlfr: Command, rig: Path, tmp_path: Path) -> None:
    assert openlfr("list") == (0, "No deployment yet. Begin with: openlfr deployment draft FILE --as NAME\n", "")
    assert openlfr("draft", asked(tmp_path), by="Bea")[0] == 0
    assert openlfr("submit", NAME, by="Bea")[1].endswith("must\nsign.\n")
    document = shown(openlfr)["document_hash"]
    code, _, error = openlfr("authorise", NAME, "--document", document[:16], by="Ivo")
    assert (code, error.count("\n")) == (2, 1)
    assert "takes an officer of the standard level (2)" in error
    assert openlfr("authorise", NAME, "--document", document[:16], by="Ada")[0] == 0
    build(rig)
    code, out, _ = openlfr("check", NAME)
    assert code == 1
    assert "it has not been started" in out
    assert "(approach_signs)" in out
    assert openlfr("start", NAME, by="Olu")[0] == 2
    items = ["approach_signs", "vehicle_marked", "leaflets", "published"]
    assert openlfr("signage", NAME, *items, by="Eve")[0] == 0
    assert openlfr("start", NAME, by="Olu")[0] == 0
    assert openlfr("check", NAME) == (0, f"{NAME} may be searched now.\n", "")
    assert openlfr("pause", NAME, "--reason", "welfare", "--note", "A person fainted.", by="Eve")[0] == 0
    assert "it is paused" in openlfr("check", NAME)[1]
    assert openlfr("resume", NAME, by="Olu")[0] == 0
    assert openlfr("raise", NAME, "0.5", "--reason", "Doubtful alerts.", by="Olu")[0] == 0
    assert openlfr("second", NAME, "0.5", by="Olu")[0] == 2
    assert openlfr("second", NAME, "0.6", by="Ada")[2] == (
        "openlfr: nobody proposed the threshold 0.6; proposed: 0.5\n"
    )
    assert openlfr("second", NAME, "0.5", by="Ada")[0] == 0
    assert openlfr("end", NAME, by="Olu")[1] == f"{NAME} has ended.\n"
    found = shown(openlfr)
    assert (found["state"], found["ended_for"], found["threshold"]) == ("ended", "done", 0.5)
    assert len(found["signage"]) == 4
    out = openlfr("show", NAME)[1]
    assert "authorised by   Ada" in out
    assert "Home visits found too few people." in out
    assert "ended" in openlfr("list")[1]
    assert json.loads(openlfr("list", "--json")[1])[0]["name"] == NAME


def test_an_incomplete_draft_says_what_is_missing_and_is_mended(openlfr: Command, tmp_path: Path) -> None:
    code, out, _ = openlfr("draft", asked(tmp_path, necessity="", alternatives=" "), by="Bea")
    assert code == 0
    assert "- necessity is empty: say why the search is necessary" in out
    assert "alternatives is empty" in openlfr("check", NAME)[1].replace("\n  ", " ")
    code, _, error = openlfr("submit", NAME, by="Bea")
    assert code == 2
    assert error.startswith("openlfr: the application cannot be submitted: necessity is empty")
    assert openlfr("draft", asked(tmp_path), "--again", NAME, by="Bea")[0] == 0
    assert openlfr("submit", NAME, by="Bea")[0] == 0
    assert openlfr("take-back", NAME, by="Bea")[0] == 0


def test_an_urgent_one_is_ratified_or_ends(openlfr: Command, rig: Path, tmp_path: Path) -> None:
    openlfr("draft", asked(tmp_path, urgent=True, urgent_reason="A child is in danger."), by="Bea")
    openlfr("submit", NAME, by="Bea")
    document = shown(openlfr)["document_hash"]
    assert "must ratify it before" in openlfr("authorise", NAME, "--document", document, by="Ivo")[1]
    build(rig)
    openlfr("signage", NAME, "approach_signs", "vehicle_marked", "leaflets", "published", by="Eve")
    assert openlfr("start", NAME, by="Olu")[0] == 0
    assert "to be ratified before" in openlfr("show", NAME)[1].replace("\n" + " " * 16, " ")
    assert openlfr("ratify", NAME, by="Ivo")[0] == 2
    assert "is not ratified: it has ended" in openlfr("refuse", NAME, "--reason", "Not necessary.", by="Ada")[1]
    assert shown(openlfr)["ended_for"] == "ratification_refused"


def test_only_the_right_password_acts(openlfr: Command, tmp_path: Path) -> None:
    code, _, error = openlfr("draft", asked(tmp_path), by="Bea", password="another one entirely")
    assert (code, error.startswith("openlfr: Bea: no such active person")) == (2, True)
    assert openlfr("draft", asked(tmp_path), by="Nobody")[0] == 2
    assert openlfr("list")[1].startswith("No deployment yet")


@pytest.mark.parametrize(
    ("arguments", "by", "told"),
    [
        (("show", "elsewhere"), None, "there is no deployment 'elsewhere'"),
        (("submit", "elsewhere"), "Bea", "there is no deployment 'elsewhere'"),
        (("draft", "absent.toml"), "Bea", "absent.toml: the application cannot be read"),
        (("authorise", NAME, "--document", "00"), "Ada", "a deployment that is draft cannot be authorised"),
        (("authorise", NAME, "--document", "00"), "Bea", "to authorise a deployment takes: authorising officer"),
        (("pause", NAME, "--reason", "tea"), "Olu", "pause reason 'tea' is not of the policy"),
        (("signage", NAME, "leaflets"), "Eve", "a deployment that is draft cannot be checked"),
        (("end", NAME), "Olu", "a deployment that is draft cannot be ended"),
        (("raise", NAME, "0.9", "--reason", "So."), "Olu", "cannot be given another threshold"),
        (("refuse", NAME, "--reason", "No."), "Ada", "a deployment that is draft cannot be refused"),
    ],
)
def test_bad_input_is_one_clear_line(
    openlfr: Command, tmp_path: Path, arguments: tuple[str, ...], by: str | None, told: str
) -> None:
    openlfr("draft", asked(tmp_path), by="Bea")
    code, out, error = openlfr(*arguments, by=by)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("openlfr: ")
    assert told in error


def test_the_rig_is_outside_the_place_that_was_asked_for(openlfr: Command, tmp_path: Path) -> None:
    away = msgspec.structs.replace(COMPLETE.place, latitude=52.0)
    openlfr("draft", asked(tmp_path, place=away), by="Bea")
    assert "the rig is outside its place" in openlfr("check", NAME)[1]


def test_no_control_character_of_a_draft_reaches_the_terminal(openlfr: Command, tmp_path: Path) -> None:
    openlfr("draft", asked(tmp_path, necessity="\x1b[2J" * 40), by="Bea")
    assert "\x1b" not in openlfr("show", NAME)[1]


def test_a_test_rig_drafts_nothing_without_a_policy(openlfr: Command, rig: Path, tmp_path: Path) -> None:
    text = RIG.replace('kind = "operational"', "").replace(f'[policy]\nfile = "{POLICIES / "uk.toml"}"', "")
    rig.write_text(text.replace("[inference]", '[watchlist]\nfolder = "list"\n[inference]'))
    assert "name policy.file in the rig file" in openlfr("draft", asked(tmp_path), by="Bea")[2]


def test_a_position_source_that_is_none_names_its_key(openlfr: Command, rig: Path) -> None:
    rig.write_text(RIG.replace("fixed:51.5152,-0.1419", "somewhere"))
    assert "rig.toml: position.source: position source 'somewhere'" in openlfr("list")[2]


def test_it_is_a_command_of_its_own_process(rig: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rig", "deployment", "draft", str(asked(tmp_path)), "--rig", str(rig)]
    done = subprocess.run([*command, "--as", "Bea"], input=PASSWORD + "\n", capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{NAME} is drafted: ")
