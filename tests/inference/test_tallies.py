"""A worker's anonymous counts: told again for a while, never lost between two runs of a camera."""

from inference.tallies import TOLD_FOR_NS, CameraTallies

HOUR = "2026-11-23T14"


def test_the_sum_is_told_again_until_it_has_not_changed_for_some_seconds() -> None:
    tallies = CameraTallies()
    tallies.add("age", HOUR, 3)
    tallies.add("age", HOUR, 3)
    assert list(tallies.told("s", 0)) == [("age", HOUR, {3: 2})]
    tallies.add("age", HOUR, 4)
    assert list(tallies.told("s", 5)) == [("age", HOUR, {3: 2, 4: 1})]
    assert list(tallies.told("s", 5 + TOLD_FOR_NS)) == [("age", HOUR, {3: 2, 4: 1})]
    assert list(tallies.told("s", 6 + TOLD_FOR_NS)) == []


def test_a_new_run_of_the_camera_begins_at_nothing_and_loses_nothing() -> None:
    tallies = CameraTallies()
    tallies.add("similarity", HOUR, 60)
    assert list(tallies.told("first", 0)) == [("similarity", HOUR, {60: 1})]
    tallies.add("similarity", HOUR, 61)
    assert list(tallies.told("second", 1)) == [("similarity", HOUR, {61: 1})]


def test_hours_and_kinds_are_told_apart() -> None:
    tallies = CameraTallies()
    tallies.add("age", HOUR, 1)
    tallies.add("age", "2026-11-23T15", 1)
    tallies.add("age_after_alert", HOUR, 1)
    assert {(kind, hour) for kind, hour, _ in tallies.told("s", 0)} == {
        ("age", HOUR),
        ("age", "2026-11-23T15"),
        ("age_after_alert", HOUR),
    }
