"""An operation from the first account to the deletion certificate, by the command line, with a real rig in between."""

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from inference.pack import Pack
from records.schema import Alert, CameraCount, DataKey, Deployment, Entry
from records.times import utc_now
from tests.e2e.test_rig import Running

PASSWORD = "sturdy bicycle in the rain"
POLICY = Path(__file__).parent.parent.parent / "deploy" / "policy" / "uk.toml"
NAME = "Station Square"

pytestmark = pytest.mark.rig


@dataclass
class Desk:
    """Somebody at the command line of one rig."""

    rig_file: Path

    def run(self, *words: str, who: str | None = None, code: int = 0) -> str:
        acting = ["--as", who] if who else []
        command = [sys.executable, "-m", "rig", *words, *acting, "--rig", str(self.rig_file)]
        done = subprocess.run(command, input=f"{PASSWORD}\n", capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path, rig_file: Callable[..., Path], built_list: Path) -> Desk:
    plain = rig_file().read_text()
    file = tmp_path / "rig.toml"
    file.write_text(
        plain.replace('name = "test"\nconfirmations = 1', f'name = "{NAME}"\nkind = "operational"')
        .replace(
            f'[watchlist]\nfolder = "{built_list}"', f'[policy]\nfile = "{POLICY}"\n[vault]\nkey_file = "master.key"'
        )
        .replace(f'folder = "{built_list}"', "")
    )
    return Desk(file)


def application(folder: Path, pack: Pack) -> Path:
    now = utc_now().replace(microsecond=0)
    words = "Said in so many words as the officer who reads it needs in order to decide."
    text = f"""
name = "{NAME}"
purpose = "wanted_on_warrant"
necessity = "{words}"
proportionality = "{words}"
alternatives = "{words}"
where_reason = "{words}"
begins = {(now - timedelta(minutes=1)).isoformat()}
ends = {(now + timedelta(hours=2)).isoformat()}
cameras = ["street"]
threshold = 0.42
sensitive = []
[place]
name = "Station Square"
latitude = 51.5152
longitude = -0.1419
radius_m = 120
[calibration]
data_set = "a measurement of this test"
fpir = 0.001
entries = 500
threshold = 0.42
contract = "{pack.contract}"
[dpia]
hash = "{"5a" * 32}"
version = "1"
review_by = {(now + timedelta(days=90)).date().isoformat()}
"""
    file = folder / "application.toml"
    file.write_text(text)
    return file


def entries(folder: Path, pictures: Path) -> Path:
    """Two people whose pictures are good, and one who must not be taken."""
    now = datetime.now(UTC)
    columns = "reference,name,category,reason,response,expires,source_system,lawful_basis,retention_status,review_on,"
    columns += (
        "status_checked_at,pictures,pictures_taken_on,look_alike_note,under_18,vulnerable,approved_by,offence_code"
    )
    file = pictures / "list.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns.split(","))
        for number, (category, picture) in enumerate(
            [("wanted_by_court", "volunteer_a"), ("wanted_by_court", "volunteer_b"), ("other", "volunteer_a")]
        ):
            found = sorted(path.name for path in pictures.glob(f"{picture}*"))
            writer.writerow(
                [
                    f"W-{number}",
                    f"Person {number}",
                    category,
                    "Warrant of the magistrates",
                    "act",
                    (now + timedelta(days=2)).isoformat(),
                    "custody",
                    "pace_64a",
                    "convicted",
                    (now + timedelta(days=200)).date().isoformat(),
                    now.isoformat(),
                    ";".join(found),
                    ";".join("2026-05-20" for _ in found),
                    "",
                    "no",
                    "no",
                    "",
                    "",
                ]
            )
    return file


def test_from_the_first_account_to_the_deletion_certificate(
    tmp_path: Path, desk: Desk, pack: Pack, pictures: Path
) -> None:
    for person in (
        ("beryl", "list_builder"),
        ("orla", "authorising_officer", "--authority", "standard"),
        ("oscar", "operator"),
        ("edith", "engagement_officer"),
        ("adam", "administrator"),
    ):
        desk.run("people", "add", *person)
    test_counts = (utc_now() + timedelta(days=300)).date().isoformat()
    desk.run("people", "qualify", "oscar", "--until", test_counts, "--reference", "GFMT 2026/7", who="adam")

    desk.run("deployment", "draft", str(application(tmp_path, pack)), who="beryl")
    desk.run("deployment", "submit", NAME, who="beryl")
    report = desk.run("watchlist", "import", NAME, str(entries(tmp_path, pictures)), who="beryl")
    assert "3 rows, 2 accepted, 1 rejected" in " ".join(report.split())
    desk.run("watchlist", "build", NAME, who="beryl")
    assert "not authorised" in desk.run("deployment", "check", NAME, code=1)

    # Nobody signs for what he or she drafted, and no other role signs at all.
    read = re.search(r"document\s+([0-9a-f]{64})", desk.run("deployment", "show", NAME))
    assert read is not None
    sign = ("deployment", "authorise", NAME, "--document", read[1])
    desk.run(*sign, who="beryl", code=2)
    desk.run(*sign, who="oscar", code=2)

    rig = Running(desk.rig_file)
    try:
        rig.until(lambda: rig.pids()["infer"] is not None, "a worker")
        desk.run(*sign, who="orla")
        desk.run("deployment", "start", NAME, who="oscar", code=2)
        signs = ("approach_signs", "vehicle_marked", "leaflets", "published")
        desk.run("deployment", "signage", NAME, *signs, who="edith")
        assert rig.frames() == 0
        desk.run("deployment", "start", NAME, who="oscar")
        rig.until(lambda: len(rig.alerts()) == 2, "an alert of each of the two")
        with rig.database.read() as session:
            listed = set(session.scalars(select(Entry.id)))
            assert set(session.scalars(select(Alert.subject_id))) == listed
            assert len(listed) == 2
        vault = Path(rig.config.data) / "vault"
        assert [path for path in vault.rglob("*") if path.is_file() and path.stat().st_size]
        desk.run("deployment", "end", NAME, who="oscar")

        def erased() -> bool:
            with rig.database.read() as session:
                return session.scalars(select(Deployment.state)).one() == "erased"

        rig.until(erased, "the erasure of the list")
        assert [path for path in vault.rglob("*") if path.is_file() and path.stat().st_size] == []
        with rig.database.read() as session:
            key = session.scalars(select(DataKey).where(DataKey.purpose == "list")).one()
            assert key.wrapped is None
            assert key.certificate is not None
            assert session.query(CameraCount).count() >= 1
            assert all(entry.sealed is None for entry in session.query(Entry))
    finally:
        rig.supervisor.stop()
        rig.database.close()

    exported = tmp_path / "ledger.jsonl"
    desk.run("ledger", "export", str(exported), "--reason", "audit", who="oscar", code=2)
    desk.run("people", "add", "ada", "auditor")
    desk.run("ledger", "export", str(exported), "--reason", "audit", who="ada")
    done = subprocess.run(
        [sys.executable, "-m", "rig", "verify", str(exported)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "W-0" not in exported.read_text()
    assert "Person" not in exported.read_text()
