"""The application: what is missing is named, and what is stored can be read again and hashed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.application import (
    Application,
    ApplicationError,
    ApplicationOfTest,
    Assessment,
    document,
    document_hash,
    missing,
    read_application,
    read_document,
    warnings,
)
from alerts.places import Place
from tests.alerts.applied import BEGINS, COMPLETE, EARLIER, ENDS, application
from tests.records.made import POLICIES, policy

UK = policy("uk").policy
EXAMPLE = POLICIES.parent / "deployments" / "example.toml"


def test_the_example_that_ships_is_complete() -> None:
    assert missing(read_application(EXAMPLE), UK, datetime(2026, 11, 20, tzinfo=UTC)) == ()


def test_a_complete_application_misses_nothing() -> None:
    assert missing(COMPLETE, UK, EARLIER) == ()
    assert warnings(COMPLETE, UK, EARLIER) == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": " "}, "name is empty"),
        ({"necessity": ""}, "necessity is empty"),
        ({"proportionality": "\n"}, "proportionality is empty"),
        ({"alternatives": "  "}, "alternatives is empty"),
        ({"where_reason": ""}, "where_reason is empty"),
        ({"necessity": "x" * 61}, "necessity must be"),
        ({"purpose": "other"}, "purpose 'other' is not of the policy"),
        ({"sensitive": ("cinema",)}, "sensitive site 'cinema'"),
        ({"cameras": ()}, "cameras is empty"),
        ({"cameras": ("north", "north")}, "cameras names 'north' twice"),
        ({"cameras": (" ",)}, "cameras has an empty name"),
        ({"ends": BEGINS}, "ends is not after begins"),
        ({"ends": BEGINS + timedelta(hours=24, microseconds=1)}, "longer than 24 hours"),
        ({"begins": EARLIER - timedelta(hours=2), "ends": EARLIER}, "the window is over"),
        ({"threshold": 0.41}, "below the calibrated one, 0.42"),
        ({"urgent": True}, "urgent_reason is empty"),
        ({"urgent_reason": "now"}, "urgent is not set"),
        ({"place": Place(name="", latitude=1, longitude=1, radius_m=10)}, "place.name is empty"),
        ({"place": Place(name="there")}, "place needs latitude"),
        ({"dpia": Assessment(hash="0" * 64, version="", review_by=date(2027, 1, 1))}, "dpia.version is empty"),
    ],
)
def test_each_missing_thing_is_named(changes: dict[str, Any], named: str) -> None:
    found = missing(application(**changes), UK, EARLIER)
    assert len(found) == 1
    assert named in found[0]


def test_all_missing_things_are_named_at_once() -> None:
    found = missing(application(necessity="", alternatives="", purpose="x", cameras=()), UK, EARLIER)
    assert len(found) == 4


def test_a_window_of_exactly_a_day_is_allowed() -> None:
    assert missing(application(ends=BEGINS + timedelta(hours=24)), UK, EARLIER) == ()


def test_a_test_policy_is_not_for_an_operation() -> None:
    found = missing(application(purpose="test"), policy("test").policy, EARLIER)
    assert any("is for tests with volunteers" in sentence for sentence in found)


def test_documents_that_are_due_for_review_warn_and_do_not_stop() -> None:
    late = application(dpia=Assessment(hash="0" * 64, version="3", review_by=date(2026, 11, 22)))
    assert missing(late, UK, EARLIER) == ()
    assert "impact assessment was due" in warnings(late, UK, EARLIER)[0]
    assert "policy 'UK police profile' was due" in warnings(COMPLETE, UK, datetime(2028, 1, 1, tzinfo=UTC))[-1]


fractions = st.floats(-0.99, 0.99, allow_nan=False)


@given(
    threshold=fractions,
    latitude=st.floats(-85, 85),
    begins=st.datetimes(timezones=st.timezones()),
    words=st.text(st.characters(codec="utf-8"), max_size=40),
)
@settings(deadline=None)
def test_what_is_stored_is_what_was_asked_for(threshold: float, latitude: float, begins: datetime, words: str) -> None:
    place = Place(name=words, latitude=latitude, longitude=-0.5, radius_m=100.25)
    try:
        moment = begins.astimezone(UTC)
    except OverflowError:
        moment = BEGINS
    asked = application(threshold=threshold, begins=moment, necessity=words, place=place)
    text = document(asked)
    assert read_document(text) == asked
    assert document(read_document(text)) == text
    assert document_hash(text) != document_hash(document(application(threshold=threshold, name="another")))


def test_the_document_of_a_test_is_told_from_one_of_an_operation() -> None:
    terms = ApplicationOfTest(name="Trial", begins=BEGINS, ends=ENDS, cameras=("a",), threshold=0.3)
    assert read_document(document(terms)) == terms
    assert isinstance(read_document(document(COMPLETE)), Application)


@pytest.mark.parametrize("text", ["{}", "[]", '{"kind":"other"}', "nonsense", '{"kind": "test"}'])
def test_a_damaged_document_is_refused(text: str) -> None:
    with pytest.raises(ApplicationError):
        read_document(text)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("threshold = 0.42  ", "threshold = nan  ", "threshold"),
        ("sensitive = []", "", "sensitive"),
        ("sensitive = []", "sensitive = []\nskip_checks = true", "skip_checks"),
        ("begins = 2026-11-23T10:00:00Z", "begins = 2026-11-23T10:00:00", "begins"),
        ('hash = "0', 'hash = "g', "dpia.hash"),
        ("fpir = 0.0001", "fpir = 0.0", "fpir"),
        ("[place]", "[place", "line|Expected|TOML|invalid|Invalid"),
    ],
)
def test_an_unusable_file_names_itself_and_the_key(tmp_path: Path, before: str, after: str, named: str) -> None:
    file = tmp_path / "mine.toml"
    text = EXAMPLE.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(ApplicationError, match=f"mine.toml: .*({named})"):
        read_application(file)


def test_an_absent_file_says_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ApplicationError, match=r"example\.toml"):
        read_application(tmp_path / "absent.toml")


def test_json_is_read_as_well_as_toml(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_bytes(msgspec.json.encode(COMPLETE))
    assert read_application(file) == COMPLETE
