"""Invariant 2: no entry that lacks anything, and none that is out alerts, even in the middle of a deployment."""

from datetime import timedelta

import pytest

from records.times import to_text, utc_now
from tests.invariants.outside import (
    EXPIRES_IN,
    NAME,
    REFERENCES,
    SOON_OVER,
    WANTED,
    Outside,
    drafted,
    row_of,
    write_status,
)
from tests.watchlist.tables import write_table


def test_invariant_2_the_command_line_takes_no_row_that_lacks_anything(outside: Outside) -> None:
    drafted(outside)
    missing = (
        *("reference", "name", "category", "reason", "response", "expires", "source_system", "lawful_basis"),
        *("retention_status", "review_on", "status_checked_at", "pictures", "pictures_taken_on"),
    )
    rows = [row_of(outside.folder, f"N-{column}", 0) | {column: ""} for column in missing]
    rows += [
        row_of(outside.folder, "N-other", 0, category="other"),
        row_of(outside.folder, "N-scraped", 0, source_system="social_media"),
        row_of(outside.folder, "N-child", 0, under_18="yes"),
        row_of(outside.folder, "N-volunteer", 0, category="volunteer"),
    ]
    table = write_table(outside.folder / "brought" / "lacking.csv", rows)
    report = outside.folder / "report.json"
    ran = outside.cli("watchlist", "import", "Elsewhere", table, "--report", report, by="Beryl")
    assert f"{len(rows)} rows, 0 accepted, {len(rows)} rejected" in ran.out, ran
    assert outside.sql("SELECT count(*) FROM entries WHERE deployment_id <> ?", outside.deployment) == [(0,)]


def test_invariant_2_sql_lists_nobody_incomplete_and_nobody_on_a_list_that_is_built(outside: Outside) -> None:
    draft = drafted(outside)
    names = [row[1] for row in outside.sql("PRAGMA table_info(entries)")]

    def listed(deployment: str, **changed: str) -> str:
        values = {"id": "'new'", "deployment_id": f"'{deployment}'", "reference_digest": "'new'"} | changed
        chosen = ", ".join(values.get(name, name) for name in names)
        return f"INSERT INTO entries ({', '.join(names)}) SELECT {chosen} FROM entries LIMIT 1"

    assert "before the list is built" in outside.refuses(listed(outside.deployment))
    for name in ("category", "lawful_basis", "source_system", "retention_status"):
        assert outside.refuses(listed(draft, **{name: "''"}))
        assert outside.refuses(listed(draft, **{name: "NULL"}))
    for name in ("response", "expires_at", "review_on", "status_checked_at", "sealed", "state", "reference_digest"):
        assert outside.refuses(listed(draft, **{name: "NULL"})), name
    assert outside.refuses(listed(draft, expires_at=f"'{to_text(utc_now() - timedelta(days=9))}'"))
    assert outside.refuses(listed(draft, under_18="1", approved_by="NULL"))
    pictures = "INSERT INTO entry_pictures SELECT 'new', entry_id, {}, file_digest, measures, template"
    assert outside.refuses(pictures.format("taken_on") + " FROM entry_pictures LIMIT 1")


@pytest.mark.parametrize("how", ["command", "tablet", "status source", "its time"])
def test_invariant_2_an_entry_that_is_out_alerts_no_more_and_never_comes_back(outside: Outside, how: str) -> None:
    entry = outside.entries[SOON_OVER if how == "its time" else WANTED]
    assert entry not in outside.withheld()
    if how == "command":
        assert outside.cli("watchlist", "withdraw", entry, "--reason", "dealt_with", by="Ann").code == 0
    elif how == "tablet":
        with outside.tablet("Cid") as cid:
            address = f"/api/watchlist/{outside.deployment}/entries/{entry}/withdraw"
            assert cid.post(address, {"reason": "dealt_with"}).status_code == 200
    elif how == "status source":
        write_status(outside.folder, dict.fromkeys(REFERENCES, "wanted") | {REFERENCES[WANTED]: "no_longer_wanted"})
        assert "1 no longer wanted" in outside.cli("watchlist", "status", NAME).out
    else:
        outside.ahead = EXPIRES_IN
        outside.sql("UPDATE entries SET status_checked_at = ?", to_text(outside.now()))
    assert outside.may_search()
    assert entry in outside.withheld()
    assert outside.found(outside.candidate(entry)) == "suppressed"
    assert outside.sql("SELECT count(*) FROM alerts") == outside.sql("SELECT count(*) FROM pictures") == [(0,)]
    for statement in (
        "UPDATE entries SET state = 'active' WHERE state = 'withdrawn'",
        f"UPDATE entries SET expires_at = '2036' WHERE id = '{entry}'",
        f"DELETE FROM entries WHERE id = '{entry}'",
        f"INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE id = '{entry}'",
    ):
        if "withdrawn" not in statement or how != "its time":
            outside.refuses(statement)
    with outside.tablet("Petra") as petra:
        address = f"/api/watchlist/{outside.deployment}/entries/{entry}/restore"
        assert petra.post(address, {"reason": "Wanted after all."}).status_code == 409
    assert outside.cli("watchlist", "restore", entry, "--reason", "So.", by="Petra").code == 2
    assert entry in outside.withheld()


def test_invariant_2_no_clock_makes_an_expired_entry_wanted_and_silence_is_no_permission(outside: Outside) -> None:
    outside.ahead = timedelta(minutes=59)
    outside.sql("UPDATE entries SET status_checked_at = ?", to_text(outside.now() - timedelta(minutes=50)))
    assert outside.may_search()
    outside.ahead = timedelta(minutes=70)
    assert not outside.may_search()
    outside.sql("UPDATE entries SET status_checked_at = ?", to_text(outside.now()))
    outside.custodian().sweep()
    outside.ahead = timedelta(0)
    assert outside.sql("SELECT state FROM entries WHERE id = ?", outside.entries[SOON_OVER]) == [("expired",)]
    assert outside.entries[SOON_OVER] in outside.withheld()


def test_invariant_2_an_entry_that_alerted_falsely_twice_is_out_until_an_officer_says_otherwise(
    outside: Outside,
) -> None:
    entry = outside.entries[WANTED]
    address = f"/api/watchlist/{outside.deployment}/entries/{entry}/restore"
    with outside.tablet("Ann") as ann, outside.tablet("Petra") as petra:
        for _ in range(2):
            assert entry not in outside.withheld()
            assert ann.judge(outside.alert(), "different").status_code == 201
        assert entry in outside.withheld()
        assert outside.found(outside.candidate(entry)) == "suppressed"
        assert ann.post(address, {"reason": "It is fine."}).status_code == 403
        assert outside.cli("watchlist", "restore", entry, "--reason", "Fine.", by="Beryl").code == 2
        assert entry in outside.withheld()
        assert petra.post(address, {"reason": "The picture was exchanged."}).status_code == 200
    assert entry not in outside.withheld()
