from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.database import Database
from records.errors import LedgerError
from records.ledger import facts_of
from records.schema import Entry, LedgerEntry
from tests.records.entries import NOW
from tests.records.made import make_deployment, make_entry, make_person
from watchlist.errors import NoSuchEntry, NotAllowed
from watchlist.standing import count_false_alert, expire_due, restore, withdraw, withheld


@pytest.fixture
def deployment(database: Database) -> str:
    with database.write() as session:
        return make_deployment(session, NOW, kind="operational", state="draft")


def entry(session: Session, deployment: str, hours: float = 24) -> str:
    return make_entry(session, deployment, NOW, expires_at=NOW + timedelta(hours=hours))


def last(session: Session) -> tuple[str, str, object]:
    """Actor, kind and facts of the ledger's last entry."""
    found = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
    assert found is not None
    return found.actor, found.kind, facts_of(found)


def test_a_withdrawn_entry_is_out_for_good(database: Database, deployment: str) -> None:
    with database.write() as session:
        one, operator = entry(session, deployment), make_person(session, NOW)
        officer = make_person(session, NOW, "authorising_officer")
        assert withdraw(session, one, operator, "dealt_with", NOW)
        assert withheld(session, deployment, NOW) == {one}
        told = {"deployment": deployment, "entry": one, "reason": "dealt_with"}
        assert last(session) == (operator, "entry_withdrawn", told)
        assert not withdraw(session, one, "rig", "no_longer_wanted", NOW)
        assert last(session) == (operator, "entry_withdrawn", told)
        with pytest.raises(NotAllowed, match="only a quarantined one"):
            restore(session, one, officer, "He is wanted again", NOW)
        assert session.get_one(Entry, one).state_reason == "dealt_with"


def test_withdrawing_takes_a_reason_of_the_policy_and_somebody_who_works_here(
    database: Database, deployment: str
) -> None:
    with database.write() as session:
        one = entry(session, deployment)
        with pytest.raises(NotAllowed, match="no_longer_wanted, dealt_with"):
            withdraw(session, one, "console", "because", NOW)
        for role in ("auditor", "administrator"):
            with pytest.raises(NotAllowed, match="to withdraw an entry takes"):
                withdraw(session, one, make_person(session, NOW, role), "dealt_with", NOW)
        with pytest.raises(NoSuchEntry):
            withdraw(session, deployment, "console", "dealt_with", NOW)
        assert withheld(session, deployment, NOW) == set()


def test_an_entry_is_withheld_from_its_last_moment_on_and_then_expires(database: Database, deployment: str) -> None:
    end = NOW + timedelta(hours=2)
    with database.write() as session:
        short, long = entry(session, deployment, 2), entry(session, deployment, 3)
        before = end - timedelta(microseconds=1)
        assert withheld(session, deployment, before) == set()
        assert expire_due(session, deployment, before) == []
        assert withheld(session, deployment, end) == {short}
        assert expire_due(session, deployment, end) == [short]
        assert expire_due(session, deployment, end) == []
        assert last(session) == ("rig", "entry_expired", {"deployment": deployment, "entry": short})
        assert withheld(session, deployment, end) == {short}
        assert session.get_one(Entry, long).state == "active"


def test_two_false_alerts_quarantine_and_an_officer_restores(database: Database, deployment: str) -> None:
    with database.write() as session:
        one, officer = entry(session, deployment), make_person(session, NOW, "authorising_officer")
        assert not count_false_alert(session, one, NOW)
        assert withheld(session, deployment, NOW) == set()
        assert count_false_alert(session, one, NOW)
        assert last(session) == (
            "rig",
            "entry_quarantined",
            {"deployment": deployment, "entry": one, "false_alerts": 2},
        )
        assert not count_false_alert(session, one, NOW)
        assert withheld(session, deployment, NOW) == {one}
        with pytest.raises(NotAllowed, match="authorising officer"):
            restore(session, one, make_person(session, NOW), "It looked alike", NOW)
        with pytest.raises(NotAllowed, match="in a few words"):
            restore(session, one, officer, "  ", NOW)
        with pytest.raises(LedgerError, match="in words"):
            restore(session, one, officer, "x" * 70, NOW)
        restore(session, one, officer, "Both were the same passer-by", NOW)
        assert withheld(session, deployment, NOW) == set()
        assert count_false_alert(session, one, NOW)
        assert withheld(session, deployment, NOW) == {one}


def test_a_quarantined_entry_still_expires_and_is_not_restored_then(database: Database, deployment: str) -> None:
    with database.write() as session:
        one, officer = entry(session, deployment, 1), make_person(session, NOW, "authorising_officer")
        for _ in range(2):
            count_false_alert(session, one, NOW)
        later = NOW + timedelta(hours=1)
        with pytest.raises(NotAllowed, match="has expired"):
            restore(session, one, officer, "It looked alike", later)
        assert expire_due(session, deployment, later) == [one]


def test_a_silent_source_withholds(database: Database, deployment: str) -> None:
    with database.write() as session:
        one, within = entry(session, deployment), timedelta(minutes=60)
        assert withheld(session, deployment, NOW + within, within) == set()
        assert withheld(session, deployment, NOW + within + timedelta(seconds=1), within) == {one}
        assert withheld(session, deployment, NOW + within + timedelta(seconds=1)) == set()


def test_entries_of_another_deployment_are_not_touched(database: Database, deployment: str) -> None:
    with database.write() as session:
        other = make_deployment(session, NOW, kind="operational", state="draft")
        entry(session, deployment, 1)
        kept = entry(session, other, 1)
        expire_due(session, deployment, NOW + timedelta(hours=1))
        assert session.get_one(Entry, kept).state == "active"
        assert withheld(session, other, NOW) == set()
