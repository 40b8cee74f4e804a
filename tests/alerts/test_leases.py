"""Leases are granted from the record alone: while the deployment runs, for its list, without what is withheld."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.deployments import end_by_rig, pause_by_rig
from alerts.leases import LASTS
from records.database import Database
from records.ids import new_id
from records.schema import Entry
from records.times import to_ns
from tests.alerts.running import ENDS, NOW, Running, a_running_test
from watchlist.standing import withdraw


@pytest.fixture
def running(tmp_path: Path, database: Database) -> Iterator[Running]:
    with a_running_test(tmp_path, database) as found:
        yield found


def test_a_running_deployment_may_be_searched_for_a_second_at_a_time(running: Running) -> None:
    lease = running.ask(NOW)
    assert (lease.until, lease.threshold, lease.withheld, lease.why) == (to_ns(NOW + LASTS), 0.4, [], "")


def test_no_lease_reaches_over_the_end_of_the_window(running: Running) -> None:
    assert running.ask(ENDS - timedelta(seconds=0.3)).until == to_ns(ENDS)
    for late in (ENDS, ENDS + timedelta(hours=1)):
        assert not running.allowed(late)
    assert not running.allowed(NOW - timedelta(minutes=1))


def test_another_list_deployment_or_model_gets_none(running: Running) -> None:
    for change in ({"list_hash": "5a" * 32}, {"deployment": new_id()}, {"contract": "5b" * 32}):
        assert not running.allowed(NOW, **change)
        assert running.ask(NOW, **change).why


def test_pausing_and_ending_take_effect_with_the_next_question(running: Running) -> None:
    assert running.allowed(NOW)
    with running.database.write() as session:
        pause_by_rig(session, running.deployment, "outside_place", NOW)
    assert "paused" in running.ask(NOW).why
    with running.database.write() as session:
        end_by_rig(session, running.deployment, "window_over", NOW)
    assert not running.allowed(NOW)


def test_what_was_withdrawn_or_has_expired_is_withheld_at_once(running: Running) -> None:
    gone, expiring, standing = running.entries
    with running.database.write() as session:
        withdraw(session, gone, "rig", "consent_withdrawn", NOW)
        session.get_one(Entry, expiring).expires_at = NOW + timedelta(seconds=5)
    assert running.ask(NOW).withheld == [gone]
    assert running.ask(NOW + timedelta(seconds=5)).withheld == sorted([gone, expiring])
    assert standing not in running.ask(NOW + timedelta(seconds=5)).withheld
