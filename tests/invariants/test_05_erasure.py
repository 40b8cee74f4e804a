"""Invariant 5: after the end the list's key is destroyed, alerts go at their date, a certificate remains."""

import contextlib
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from records.certificates import is_genuine, read_certificate
from records.errors import RecordsError
from records.schema import DataKey
from records.times import to_text
from tests.invariants.outside import (
    NAMES,
    REFERENCES,
    WANTED,
    Outside,
    contract,
)
from watchlist.sealed_list import open_list


def ended_and_swept(outside: Outside) -> None:
    assert outside.cli("deployment", "end", outside.deployment, by="Ann").code == 0
    outside.custodian().sweep()


def test_invariant_5_after_the_end_neither_backup_files_nor_sql_nor_clock_bring_the_list_back(
    outside: Outside, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(outside.vault_folder / outside.deployment, tmp_path / "backup"))
    wrapped = outside.sql("SELECT wrapped FROM data_keys WHERE purpose = 'list'")[0][0]
    assert outside.cli("deployment", "end", outside.deployment, by="Ann").code == 0
    for back in (
        "UPDATE deployments SET state = 'running'",
        "UPDATE deployments SET state = 'paused'",
        "UPDATE deployments SET ends_at = '2036'",
        "INSERT OR REPLACE INTO deployments SELECT * FROM deployments",
    ):
        outside.refuses(back)
    outside.ahead = timedelta(days=-3650)
    outside.custodian().sweep()
    outside.ahead = timedelta(0)
    assert outside.state() == "erased"
    assert not (outside.vault_folder / outside.deployment).exists()
    assert outside.sql("SELECT count(*) FROM entries WHERE sealed IS NOT NULL") == [(0,)]
    assert not [path for path, content in outside.bytes_on_disk().items() if wrapped in content]

    shutil.copytree(kept, outside.vault_folder / outside.deployment)
    assert outside.refuses("UPDATE data_keys SET wrapped = ?, destroyed_at = NULL, destroyed_seq = NULL", wrapped)
    outside.refuses("INSERT OR REPLACE INTO data_keys SELECT * FROM data_keys WHERE purpose = 'list'")
    with outside.database.read() as session, pytest.raises(RecordsError):
        open_list(session, outside.vault, outside.vault_folder, outside.deployment, contract=contract())
    outside.custodian().sweep()
    assert not (outside.vault_folder / outside.deployment).exists()

    with outside.database.read() as session:
        text = session.get_one(DataKey, (outside.deployment, "list")).certificate
    assert text is not None
    certificate = read_certificate(text)
    assert certificate.counts == {"entries": 3, "pictures": 3}
    assert is_genuine(certificate, outside.rig.signer.public)
    outside.refuses("UPDATE data_keys SET certificate = NULL WHERE purpose = 'list'")
    outside.refuses("DELETE FROM data_keys")


def test_invariant_5_after_the_end_neither_tablet_nor_command_line_names_anybody(outside: Outside) -> None:
    entry = outside.entries[WANTED]
    picture = outside.sql("SELECT id FROM entry_pictures WHERE entry_id = ?", entry)[0][0]
    address = f"/watchlist/{outside.deployment}/entries/{entry}"
    with outside.tablet("Vera") as vera:
        opened = vera.post(f"/api{address}/views", {"reason": "audit"})
        assert opened.status_code == 201
        assert opened.json()["name"] == NAMES[WANTED]
        assert vera.get(f"{address}/portraits/{picture}").status_code == 200
        ended_and_swept(outside)
        assert vera.get(f"{address}/portraits/{picture}").status_code == 404
        assert vera.post(f"/api{address}/views", {"reason": "audit"}).status_code == 404
        assert NAMES[WANTED] not in vera.get(address).text
    show = outside.cli("watchlist", "show", outside.deployment, "--entry", entry, "--reason", "audit", by="Vera")
    assert (show.code, NAMES[WANTED] in show.out) == (2, False)
    asked = outside.cli("watchlist", "was-listed", REFERENCES[WANTED], by="Vera")
    assert (asked.code, "erased" in asked.out, NAMES[WANTED] in asked.out) == (0, True, False)


def test_invariant_5_an_alerts_pictures_go_at_their_date_and_only_a_hold_with_a_reference_delays_it(
    outside: Outside,
) -> None:
    alert = outside.alert()
    with outside.tablet("Ann") as ann, outside.tablet("Vera") as vera:
        assert ann.judge(alert, "different").status_code == 201
        outside.ahead = timedelta(hours=23)
        outside.custodian().sweep()
        assert outside.sql("SELECT count(*) FROM pictures") != [(0,)]
        outside.ahead = timedelta(hours=25)
        outside.custodian().sweep()
        assert outside.sql("SELECT count(*) FROM pictures") == [(0,)]
        assert vera.get(f"/alerts/{alert}/looks/0").status_code in (401, 404)
    outside.ahead = timedelta(0)
    outside.custodian().sweep()
    assert outside.sql("SELECT count(*) FROM pictures") == [(0,)]


def test_invariant_5_sql_that_calls_pictures_erased_keeps_none_of_them(outside: Outside) -> None:
    outside.alert()
    ended_and_swept(outside)
    with contextlib.suppress(sqlite3.IntegrityError):
        outside.sql("UPDATE alerts SET erased_at = ?", to_text(outside.now()))
    outside.ahead = timedelta(hours=25)
    outside.custodian().sweep()
    assert outside.sql("SELECT count(*) FROM pictures") == [(0,)]
    assert outside.sql("SELECT wrapped FROM data_keys WHERE purpose = 'alerts'") == [(None,)]
