"""Holding, complaining, certificates and the ledger's export, as somebody at the rig's console does them."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.people import add_person
from records.database import Database
from records.facts import Kind
from records.schema import Alert, Complaint
from records.signing import open_signer
from records.times import utc_now
from records.verify import verify
from rig.cli import main
from tests.alerts.kept import Kept
from tests.records.made import make_vault

PASSWORD = "correct zebra battery 91"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Kept]:
    """A rig's folder whose record was filled by hand."""
    (tmp_path / "rig.toml").write_text("""
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
source = "file:none.mp4"
""")
    database = Database(tmp_path / "data" / "record.db")
    database.migrate()
    with database.write() as session:
        add_person(session, "Ada", "auditor", PASSWORD, utc_now())
        add_person(session, "Otto", "operator", PASSWORD, utc_now())
    with make_vault(database, utc_now()) as vault:
        data = tmp_path / "data"
        yield Kept(database, data / "vault", vault, open_signer(data / "keys"), utc_now())
    database.close()


Command = Callable[..., tuple[int, str]]


@pytest.fixture
def run(rig: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on this rig; its exit code and all that it said."""

    def command(*words: str, name: str | None = "Ada", password: str = PASSWORD) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = main([*words, "--rig", str(tmp_path / "rig.toml"), *(["--as", name] if name else [])])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_an_alert_is_held_listed_and_released(rig: Kept, run: Command) -> None:
    alert = rig.alert(rig.deployment())
    assert run("evidence", "list", name=None) == (0, "Nothing is held.\n")
    code, said = run("evidence", "hold", alert, "--reference", "CASE/17", "--days", "10")
    assert (code, alert in said, "CASE/17" in said) == (0, True, True)
    assert "CASE/17, until" in run("evidence", "list", name=None)[1]
    assert run("evidence", "release", alert)[0] == 0
    with rig.database.read() as session:
        assert session.get_one(Alert, alert).held_until is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold", "nobody", "--reference", "R", "--days", "1"), "there is no alert nobody"),
        (("hold", "ALERT", "--reference", "", "--days", "1"), "takes the reference"),
        (("hold", "ALERT", "--reference", "R", "--days", "32"), "next 31 days"),
        (("hold", "ALERT", "--reference", "R", "--days", "nan"), "lasts some days"),
        (("release", "ALERT"), "not held"),
    ],
)
def test_what_cannot_be_held_is_one_line_and_code_2(rig: Kept, run: Command, words: tuple[str, ...], said: str) -> None:
    alert = rig.alert(rig.deployment())
    code, told = run("evidence", *(alert if word == "ALERT" else word for word in words))
    assert code == 2
    assert said in told
    assert told.count("\n") == 1


def test_an_operator_or_a_wrong_password_holds_nothing(rig: Kept, run: Command) -> None:
    alert = rig.alert(rig.deployment())
    words = ("evidence", "hold", alert, "--reference", "R", "--days", "1")
    assert run(*words, name="Otto")[0] == 2
    assert run(*words, password="wrong")[0] == 2
    assert rig.told(Kind.ALERT_HELD) == []


def test_a_complaint_is_opened_listed_and_closed(rig: Kept, run: Command) -> None:
    deployment = rig.deployment()
    alert = rig.alert(deployment)
    assert run("complaint", "open", deployment, "--reference", "C-4", "--alert", alert)[0] == 0
    assert f"C-4, about alert {alert}: open" in " ".join(run("complaint", "list", name=None)[1].split())
    with rig.database.read() as session:
        case = session.query(Complaint.id).scalar()
    assert run("complaint", "close", case, "--outcome", "settled")[0] == 2
    assert run("complaint", "close", case, "--outcome", "upheld")[0] == 0
    assert "upheld" in run("complaint", "list", name=None)[1]
    code, said = run("complaint", "open", "no such deployment", "--reference", "C-5")
    assert (code, "there is no deployment" in said) == (2, True)


def test_certificates_are_listed_checked_and_copied(rig: Kept, run: Command, tmp_path: Path) -> None:
    code, said = run("certificates", name=None)
    assert (code, "no certificate" in said) == (0, True)
    deployment = rig.deployment()
    rig.end(deployment)
    rig.custodian().sweep()
    out = tmp_path / "certificates"
    for _ in range(2):
        code, said = run("certificates", "--out", str(out), name=None)
        assert code == 0
    assert "list (2 entries, 4 pictures)" in " ".join(said.split())
    assert sorted(file.name for file in out.iterdir()) == [f"{deployment}-alerts.json", f"{deployment}-list.json"]
    (out / f"{deployment}-list.json").write_text("another")
    assert run("certificates", "--out", str(out), name=None)[0] == 2


def test_a_certificate_that_another_rig_signed_is_told_apart(rig: Kept, run: Command, tmp_path: Path) -> None:
    rig.end(rig.deployment())
    rig.signer = open_signer(tmp_path / "of another rig")
    rig.custodian().sweep()
    code, said = run("certificates", name=None)
    assert (code, "NOT SIGNED BY THIS RIG" in " ".join(said.split())) == (1, True)


def test_the_exported_ledger_verifies_and_ends_with_who_took_it_and_why(
    rig: Kept, run: Command, tmp_path: Path
) -> None:
    rig.deployment()
    file = tmp_path / "ledger.jsonl"
    assert run("ledger", "export", str(file), "--reason", "audit")[0] == 0
    assert verify(file, rig.signer.public).in_order
    assert rig.told(Kind.EXPORT_MADE) == [{"what": "ledger", "reason": "audit"}]
    assert '"export_made"' in file.read_text().splitlines()[-2]
    assert run("ledger", "export", str(file), "--reason", "audit")[0] == 2
    assert run("ledger", "export", str(tmp_path / "other"), "--reason", "curiosity")[0] == 2
    assert run("ledger", "export", str(tmp_path / "other"), "--reason", "audit", name="Otto")[0] == 2
    assert len(rig.told(Kind.EXPORT_MADE)) == 1
    assert not (tmp_path / "other").exists()
