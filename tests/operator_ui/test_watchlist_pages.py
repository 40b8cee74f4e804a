"""A list's pages: counts and rows without names; an entry opens for a reason, and the ledger says so."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from operator_ui.entry_views import ON_A_PAGE
from operator_ui.opened import OPEN_FOR
from records.facts import Kind
from records.ledger import facts_of
from records.schema import Deployment, Entry, LedgerEntry
from tests.operator_ui.office import NAME, PEOPLE, SECRETS, Office, settings
from tests.operator_ui.stage import Browser
from watchlist.standing import count_false_alert, withheld

VIEWERS = [name for name in PEOPLE if name != "Adam"]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def entries_of(office: Office, deployment: str) -> list[str]:
    with office.stage.database.read() as session:
        return list(session.scalars(select(Entry.id).where(Entry.deployment_id == deployment).order_by(Entry.id)))


def quarantined(office: Office, entry: str) -> None:
    with office.stage.database.write() as session:
        count_false_alert(session, entry, office.time)
        count_false_alert(session, entry, office.time)


def views(office: Office) -> list[tuple[str, object, object]]:
    with office.stage.database.read() as session:
        found = session.scalars(
            select(LedgerEntry).where(LedgerEntry.kind == Kind.ENTRY_VIEWED).order_by(LedgerEntry.seq)
        )
        return [(entry.actor, facts_of(entry)["entry"], facts_of(entry)["reason"]) for entry in found]


def secrets_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def open_entry(person: Browser, deployment: str, entry: str, reason: str = "list_check") -> int:
    return person.post(f"/api/watchlist/{deployment}/entries/{entry}/views", {"reason": reason}).status_code


@pytest.mark.parametrize("who", VIEWERS)
def test_nobody_sees_a_name_without_a_reason_and_the_reason_is_in_the_ledger(office: Office, who: str) -> None:
    deployment = office.running()
    entry, other = entries_of(office, deployment)[:2]
    person = office.browser(who)
    page = f"/watchlist/{deployment}/entries/{entry}"
    for address in (f"/watchlist/{deployment}", f"/api/watchlist/{deployment}", page, f"/deployments/{deployment}"):
        answer = person.get(address)
        assert answer.status_code == 200
        assert secrets_in(answer.text) == []
        assert "portraits/" not in answer.text
    assert entry[-6:] in person.get(f"/watchlist/{deployment}").text
    with office.stage.database.read() as session:
        picture = session.get_one(Entry, entry).pictures[0].id
        elsewhere = session.get_one(Entry, other).pictures[0].id
    assert person.get(f"{page}/portraits/{picture}").status_code == 403
    assert views(office) == []
    for wrong in ("", "curious"):
        assert open_entry(person, deployment, entry, wrong) == 422
    assert views(office) == []

    assert open_entry(person, deployment, entry, "audit") == 201
    shown = person.get(page).text
    assert secrets_in(shown) == list(SECRETS)
    portrait = person.get(f"{page}/portraits/{picture}")
    assert portrait.headers["content-type"] == "image/jpeg"
    assert portrait.content.startswith(b"\xff\xd8")
    # The one that was opened, and no other.
    assert person.get(f"{page}/portraits/{elsewhere}").status_code == 404
    assert person.get(f"/watchlist/{deployment}/entries/{other}/portraits/{elsewhere}").status_code == 403
    [(actor, seen, reason)] = views(office)
    assert (seen, reason) == (entry, "audit")
    with office.stage.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT name FROM people WHERE id = ?", (actor,)).scalar() == who


def test_an_administrator_is_refused_everything(office: Office) -> None:
    deployment = office.running()
    entry = entries_of(office, deployment)[0]
    adam, ann = office.browser("Adam"), office.browser("Ann")
    assert open_entry(ann, deployment, entry) == 201
    for address in (f"/watchlist/{deployment}", f"/watchlist/{deployment}/entries/{entry}"):
        assert adam.get(address).status_code == 403
    assert adam.get(f"/api/watchlist/{deployment}").status_code == 403
    for act in ("views", "withdraw", "restore"):
        path = f"/api/watchlist/{deployment}/entries/{entry}/{act}"
        assert adam.post(path, {"reason": "dealt_with"}).status_code == 403
    assert len(views(office)) == 1


def test_what_was_opened_closes_by_itself_and_for_everybody_else(office: Office) -> None:
    deployment = office.running()
    entry = entries_of(office, deployment)[0]
    ann, cid, again = office.browser("Ann"), office.browser("Cid"), office.browser("Ann")
    page = f"/watchlist/{deployment}/entries/{entry}"
    assert open_entry(ann, deployment, entry) == 201
    assert NAME in ann.get(page).text
    assert NAME not in cid.get(page).text
    assert NAME not in again.get(page).text
    office.stage.clock.forward(OPEN_FOR - timedelta(seconds=1))
    assert NAME in ann.get(page).text
    office.stage.clock.forward(timedelta(seconds=1))
    assert NAME not in ann.get(page).text
    assert open_entry(ann, deployment, entry) == 201
    assert len(views(office)) == 2


def test_an_erased_entry_says_so(office: Office) -> None:
    deployment = office.running()
    entry = entries_of(office, deployment)[0]
    ann = office.browser("Ann")
    assert open_entry(ann, deployment, entry) == 201
    with office.stage.database.write() as session:
        session.get_one(Entry, entry).sealed = None
    page = ann.get(f"/watchlist/{deployment}/entries/{entry}")
    assert page.status_code == 200
    assert "gone for good" in page.text
    assert open_entry(ann, deployment, entry) == 404


def test_those_of_the_street_withdraw_with_a_reason_and_it_counts_at_once(office: Office) -> None:
    deployment = office.running()
    entries = entries_of(office, deployment)
    for who, entry in zip(("Beryl", "Orla", "Ann"), entries, strict=True):
        person = office.browser(who)
        path = f"/api/watchlist/{deployment}/entries/{entry}/withdraw"
        assert person.post(path, {"reason": "a whim"}).status_code == 422
        assert person.post(path, {"reason": "dealt_with"}, csrf="wrong").status_code == 403
        done = person.post(path, {"reason": "dealt_with"})
        assert done.status_code == 200
        assert done.json()["state_words"] == "Withdrawn"
        with office.stage.database.read() as session:
            assert entry in withheld(session, deployment, office.time)
        # Once more changes nothing: it is out.
        assert person.post(path, {"reason": "entered_in_error"}).json()["state_reason"] == "Arrested or found already"
    vera = office.browser("Vera")
    path = f"/api/watchlist/{deployment}/entries/{entries[0]}/withdraw"
    assert vera.post(path, {"reason": "dealt_with"}).status_code == 403
    assert "Withdraw the entry" not in vera.get(f"/watchlist/{deployment}/entries/{entries[0]}").text


def test_an_officer_and_nobody_else_restores_from_quarantine(office: Office) -> None:
    deployment = office.running()
    entry = entries_of(office, deployment)[0]
    quarantined(office, entry)
    path, page = f"/api/watchlist/{deployment}/entries/{entry}/restore", f"/watchlist/{deployment}/entries/{entry}"
    for who in VIEWERS:
        person = office.browser(who)
        officer = PEOPLE[who][0] == "authorising_officer"
        text = person.get(page).text
        assert ("Restore the entry" in text) is officer
        assert ("Your words stay in the record for good. Name nobody." in text) is officer
        if not officer:
            assert person.post(path, {"reason": "the false alerts were of a twin"}).status_code == 403
    orla = office.browser("Orla")
    for words in ("", "  ", "x" * 2001, "A" * 70):
        assert orla.post(path, {"reason": words}).status_code == 422
    assert orla.post(path, {"reason": "both false alerts were in bad light"}).json()["state"] == "active"
    assert orla.post(path, {"reason": "once more"}).status_code == 409


def test_the_rows_are_anonymous_sorted_filtered_and_paged(office: Office) -> None:
    deployment = office.draft()
    office.list_people(deployment, ON_A_PAGE + 3, built=False)
    entries = entries_of(office, deployment)
    quarantined(office, entries[-1])
    beryl = office.browser("Beryl")
    first = beryl.get(f"/api/watchlist/{deployment}").json()["entries"]
    assert first["pages"] == 2
    assert first["rows"][0]["id"] == entries[-1]
    assert first["counts"] == {"active": ON_A_PAGE + 2, "withdrawn": 0, "expired": 0, "quarantined": 1}
    second = beryl.get(f"/api/watchlist/{deployment}?page=2").json()["entries"]
    assert len(second["rows"]) == 3
    assert {row["id"] for row in first["rows"] + second["rows"]} == set(entries)
    assert beryl.get(f"/api/watchlist/{deployment}?page=999").json()["entries"]["page"] == 2
    assert len(beryl.get(f"/api/watchlist/{deployment}?state=quarantined").json()["entries"]["rows"]) == 1
    for wrong in ("?state=all", "?page=0", "?page=-1", "?page=x", "?page=99999999"):
        assert beryl.get(f"/watchlist/{deployment}{wrong}").status_code == 422
    old = [row for row in first["rows"] if row["age"] == "over 10 years"]
    assert old
    assert all(row["old"] for row in old)


def test_the_page_says_the_commands_while_the_list_takes_entries(office: Office) -> None:
    deployment, beryl = office.draft(), office.browser("Beryl")
    page = beryl.get(f"/watchlist/{deployment}").text
    assert f'openlfr watchlist import {deployment} entries.csv --as "Beryl"' in page
    assert f'openlfr watchlist build {deployment} --as "Beryl"' in page
    office.list_people(deployment)
    page = beryl.get(f"/watchlist/{deployment}").text
    assert "openlfr watchlist" not in page
    assert "Built and sealed" in page


def test_an_entry_is_found_on_its_own_list_only(office: Office) -> None:
    deployment = office.running()
    entry, other = entries_of(office, deployment)[0], office.draft(name="Another")
    ann = office.browser("Ann")
    assert open_entry(ann, other, entry) == 404
    assert ann.get(f"/watchlist/{other}/entries/{entry}").status_code == 404
    assert ann.get(f"/watchlist/{deployment}/entries/none").status_code == 404
    assert views(office) == []


def test_a_portrait_that_is_gone_or_was_altered_is_never_a_server_fault_with_pixels(office: Office) -> None:
    deployment = office.running()
    entry = entries_of(office, deployment)[0]
    ann = office.browser("Ann")
    assert open_entry(ann, deployment, entry) == 201
    with office.stage.database.read() as session:
        picture = session.get_one(Entry, entry).pictures[0].id
        assert session.get_one(Deployment, deployment).state == "running"
    address = f"/watchlist/{deployment}/entries/{entry}/portraits/{picture}"
    file = Path(settings(office.stage.database).vault) / deployment / picture
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert ann.get(address).status_code == 503
    file.unlink()
    assert ann.get(address).status_code == 404
