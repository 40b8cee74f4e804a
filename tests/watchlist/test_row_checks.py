from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.times import to_text
from tests.records.entries import NOW
from tests.records.made import policy
from tests.watchlist.tables import cells
from watchlist.findings import Finding
from watchlist.row_checks import CheckedRow, check_row
from watchlist.rows import COLUMNS, LONGEST_CELL, Row

UK, EU, TEST = policy("uk").policy, policy("eu-ai-act").policy, policy("test").policy
OFFICERS = {"Orla": "id-of-orla"}


def checked(profile: object = UK, **changes: str) -> tuple[CheckedRow | None, tuple[Finding, ...]]:
    row = dict.fromkeys(COLUMNS, "") | cells("PNC-1", changes.get("pictures", "a.jpg")) | changes
    assert profile in (UK, EU, TEST)
    return check_row(Row(2, row), UK if profile is UK else EU if profile is EU else TEST, OFFICERS, NOW)


def test_a_complete_row_is_taken_as_it_stands() -> None:
    found, findings = checked(pictures="a.jpg;b/c.png", look_alike_note="a twin", approved_by="Orla", under_18="Yes")
    assert findings == ()
    assert found is not None
    assert found.data.particulars.look_alike_note == "a twin"
    assert (found.data.category, found.data.under_18, found.data.approved_by) == ("wanted_by_court", True, "id-of-orla")
    assert found.data.expires_at == NOW + timedelta(days=7)
    assert [(one.where, one.path) for one in found.pictures] == [("picture 1", "a.jpg"), ("picture 2", "b/c.png")]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("reference", "", "missing"),
        ("reference", "x" * 65, "too_long"),
        ("name", "", "missing"),
        ("reason", "", "missing"),
        ("category", "", "missing"),
        ("category", "person of interest", "unknown_code"),
        ("category", "volunteer", "unknown_code"),
        ("response", "inform", "unknown_code"),
        ("response", "", "missing"),
        ("source_system", "", "missing"),
        ("source_system", "facebook", "unknown_code"),
        ("lawful_basis", "", "missing"),
        ("lawful_basis", "hunch", "unknown_code"),
        ("retention_status", "acquitted", "unknown_code"),
        ("retention_status", "", "missing"),
        ("review_on", "", "missing"),
        ("review_on", "2026-11-22", "review_overdue"),
        ("review_on", "22/11/2027", "not_a_date"),
        ("review_on", "20271122", "not_a_date"),
        ("expires", "", "missing"),
        ("expires", "soon", "not_a_time"),
        ("expires", "2026-11-23T12:00:00", "no_time_zone"),
        ("expires", "2026-11-23T10:00:00Z", "expired"),
        ("expires", "2026-11-23", "expired"),
        ("expires", "2026-12-22", "expires_too_late"),
        ("expires", "9999-12-31T23:59:59-23:59", "not_a_time"),
        ("status_checked_at", "", "missing"),
        ("status_checked_at", "2026-11-22T09:59:59Z", "status_too_old"),
        ("status_checked_at", "2026-11-23T10:06:00Z", "in_the_future"),
        ("pictures", "", "missing"),
        ("pictures", "a.jpg;;b.jpg", "forbidden_path"),
        ("pictures", ";".join(f"{n}.jpg" for n in range(9)), "too_many_pictures"),
        ("pictures", "a.jpg;a.jpg", "picture_twice"),
        ("pictures", "../a.jpg", "forbidden_path"),
        ("pictures", "/etc/a.jpg", "forbidden_path"),
        ("pictures", "C:a.jpg", "forbidden_path"),
        ("pictures", "x\\a.jpg", "forbidden_path"),
        ("pictures", "./a.jpg", "forbidden_path"),
        ("pictures", "a.gif", "forbidden_path"),
        ("pictures_taken_on", "", "dates_missing"),
        ("pictures_taken_on", "2025-03-01;2025-03-01", "dates_missing"),
        ("pictures_taken_on", "2026-11-24", "in_the_future"),
        ("pictures_taken_on", "1st March", "not_a_date"),
        ("under_18", "perhaps", "not_yes_or_no"),
        ("under_18", "yes", "no_approval"),
        ("vulnerable", "true", "no_approval"),
        ("approved_by", "Beryl", "unknown_officer"),
    ],
)
def test_what_is_wrong_in_a_cell_refuses_the_row_with_its_code(column: str, cell: str, code: str) -> None:
    found, findings = checked(**{column: cell})
    assert found is None
    assert code in [finding.code for finding in findings if finding.refuses == "row"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    _, findings = checked(category="x", response="y", review_on="z")
    assert {finding.where for finding in findings} == {"category", "response", "review_on"}


def test_an_old_picture_is_taken_with_a_remark() -> None:
    found, (finding,) = checked(pictures_taken_on="2016-11-01")
    assert found is not None
    assert (finding.code, finding.where, finding.refuses) == ("old_picture", "picture 1", "nothing")


def test_a_date_alone_is_read_as_its_first_moment() -> None:
    found, _ = checked(expires="2026-11-25")
    assert found is not None
    assert found.data.expires_at == datetime(2026, 11, 25, tzinfo=UTC)


def test_times_of_other_zones_are_carried_over_to_utc() -> None:
    found, _ = checked(status_checked_at="2026-11-23T10:30:00+01:00")
    assert found is not None
    assert to_text(found.status_checked_at) == "2026-11-23T09:30:00.000000Z"


def test_the_offence_is_named_where_the_category_asks_for_it() -> None:
    suspect = {"category": "annex_two_suspect", "lawful_basis": "judicial_order"}
    found, findings = checked(EU, **suspect)
    assert found is None
    assert [(finding.code, finding.where) for finding in findings] == [("missing", "offence_code")]
    assert checked(EU, **suspect, offence_code="StGB 211")[0] is not None


def test_a_test_lists_volunteers_only() -> None:
    consent = {"source_system": "volunteer", "lawful_basis": "consent", "retention_status": "consented"}
    assert checked(TEST, **consent)[0] is None
    assert checked(TEST, **consent, category="volunteer")[0] is not None


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=80).map(str.strip)))
def test_no_finding_repeats_what_stands_in_a_cell(changes: dict[str, str]) -> None:
    marked = {column: f"quillfeather {cell}"[:LONGEST_CELL] for column, cell in changes.items()}
    _, findings = checked(**marked)
    assert not [finding for finding in findings if "quillfeather" in finding.sentence + finding.where]


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=40)))
def test_any_cells_are_an_entry_or_findings(changes: dict[str, str]) -> None:
    found, findings = checked(**changes)
    assert (found is None) == any(finding.refuses == "row" for finding in findings)
