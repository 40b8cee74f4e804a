"""Invariant 1: no search without a deployment that is authorised by another person, and in its window."""

import contextlib
import sqlite3
from datetime import timedelta

import pytest

from alerts.authority import Rig
from alerts.rounds import keep_time
from operator_ui.api.deployments import TO_READ
from records.errors import RecordsError
from records.schema import Deployment
from records.times import to_ns, to_text, utc_now
from tests.invariants.outside import (
    CAMERA,
    NAME,
    SIGNAGE,
    Outside,
    contract,
    drafted,
)
from watchlist.errors import WatchlistError
from watchlist.sealed_list import open_list


def test_invariant_1_the_deployment_that_four_people_brought_about_may_be_searched(outside: Outside) -> None:
    assert outside.may_search()


def test_invariant_1_the_command_line_starts_nothing_that_nobody_else_signed_for(outside: Outside) -> None:
    draft = drafted(outside)

    def refused(*step: str, by: str) -> None:
        ran = outside.cli("deployment", *step[:1], draft, *step[1:], by=by)
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran
        assert not outside.may_search(deployment=draft)

    document = outside.sql("SELECT document_hash FROM deployments WHERE id = ?", draft)[0][0]
    refused("start", by="Ann")
    refused("authorise", "--document", document, by="Orla")
    assert outside.cli("deployment", "submit", draft, by="Beryl").code == 0
    refused("start", by="Ann")
    refused("authorise", "--document", document, by="Beryl")
    refused("authorise", "--document", document, by="Ann")
    refused("authorise", "--document", "0" * 64, by="Orla")
    assert outside.cli("deployment", "authorise", draft, "--document", document, by="Orla").code == 0
    refused("start", by="Ann")
    refused("signage", *SIGNAGE, by="Orla")
    assert outside.cli("deployment", "check", draft).code == 1
    assert not outside.may_search(deployment=draft)


def test_invariant_1_over_http_nobody_signs_for_a_draft_of_his_or_her_own(outside: Outside) -> None:
    draft = drafted(outside, by="Orla")
    page = f"/api/deployments/{draft}"
    signed = {"seen": "", "read": list(TO_READ)}
    with outside.tablet("Orla") as orla:
        assert orla.post(f"{page}/submit", {}).status_code == 200
        signed["seen"] = orla.get(page).json()["application_hash"]
        assert orla.post(f"{page}/authorise", signed).status_code == 409
        assert orla.post(f"{page}/authorise", signed | {"as": outside.person("Petra")}).status_code in (400, 422)
    for name in ("Ann", "Cid", "Beryl", "Vera", "Adam"):
        with outside.tablet(name) as other:
            assert other.post(f"{page}/authorise", signed).status_code == 403
            assert other.post(f"{page}/start", {}).status_code in (403, 409)
    assert not outside.may_search(deployment=draft)
    with outside.tablet("Petra") as petra:
        assert petra.post(f"{page}/authorise", signed | {"read": ["necessity"]}).status_code == 422
        assert petra.post(f"{page}/authorise", signed).status_code == 200


def test_invariant_1_no_sql_makes_a_draft_searchable(outside: Outside) -> None:
    draft, orla, beryl = drafted(outside), outside.person("Orla"), outside.person("Beryl")
    at = to_text(utc_now())
    here = f"WHERE id = '{draft}'"
    signed = f"authorised_by = '{orla}', authorised_at = '{at}'"
    for statement in (
        f"UPDATE deployments SET state = 'running', started_at = '{at}' {here}",
        f"UPDATE deployments SET state = 'submitted' {here}",
        f"UPDATE deployments SET state = 'authorised', authorised_by = '{beryl}', authorised_at = '{at}' {here}",
        f"UPDATE deployments SET kind = 'test' {here}",
        f"UPDATE deployments SET drafted_by = NULL {here}",
        f"UPDATE deployments SET state = 'authorised', {signed} {here}",
        f"UPDATE deployments SET list_hash = '{outside.list_hash}' {here}",
        f"UPDATE deployments SET state = 'running', started_at = '{at}', {signed} {here}",
        f"UPDATE built_lists SET deployment_id = '{draft}'",
        f"UPDATE deployments SET id = '{outside.deployment}' {here}",
        f"INSERT OR REPLACE INTO deployments SELECT * FROM deployments {here}",
    ):
        with contextlib.suppress(sqlite3.IntegrityError):
            outside.sql(statement)
        assert not outside.may_search(deployment=draft), statement
    with outside.database.read() as session:
        assert session.get_one(Deployment, draft).state not in ("running", "paused")


def test_invariant_1_neither_clock_nor_sql_stretches_the_window(outside: Outside) -> None:
    with outside.database.read() as session:
        found = session.get_one(Deployment, outside.deployment)
        begins, ends = found.begins_at, found.ends_at
    tick = timedelta(microseconds=1)
    # What else grows old with the clock, the list and the source's word on its people, is kept fresh here.
    outside.sql("UPDATE entries SET status_checked_at = ?", to_text(ends))
    assert outside.may_search(ends - tick)
    assert outside.lease(ends - tick).until <= to_ns(ends)
    for moment in (ends, ends + tick, begins - tick, begins, utc_now() - timedelta(minutes=10)):
        assert not outside.may_search(moment), moment
    later = to_text(ends + timedelta(hours=4))
    assert "never changed" in outside.refuses("UPDATE deployments SET ends_at = ?", later)
    with outside.database.write() as session:
        assert keep_time(session, outside.deployment, Rig(cameras=(CAMERA,)), ends) is not None
    assert outside.state() == "ended"
    assert not outside.may_search(ends - tick)
    assert "not legal" in outside.refuses("UPDATE deployments SET state = 'running'")
    assert outside.cli("deployment", "start", NAME, by="Ann").code == 2


def test_invariant_1_neither_the_rig_file_nor_another_list_gets_round_the_authorisation(outside: Outside) -> None:
    file = outside.folder / "rig.toml"
    text = file.read_text()
    file.write_text(text + '[[camera]]\nname = "extra"\nsource = "usb:1"\n')
    ran = outside.cli("deployment", "check", NAME)
    assert ran.code == 1
    assert "'extra' is not of the application" in ran.out.replace("\n  ", " ")
    assert not outside.may_search(cameras=(CAMERA, "extra"))
    file.write_text(text.replace('kind = "operational"', 'kind = "operational"\nconfirmations = 1'))
    assert "the policy says it" in outside.cli("deployment", "check", NAME).err
    file.write_text(text.replace("[inference]", "[inference.settings]\nthreshold = 0.1\n[inference]"))
    assert "the authorisation fixes it" in outside.cli("deployment", "check", NAME).err

    sealed = outside.vault_folder / outside.deployment / "list"
    whole = sealed.read_bytes()
    portrait = next(path for path in sealed.parent.iterdir() if path.name != "list")
    for content in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), portrait.read_bytes(), b""):
        sealed.write_bytes(content)
        with outside.database.read() as session, pytest.raises((WatchlistError, RecordsError)):
            open_list(session, outside.vault, outside.vault_folder, outside.deployment, contract=contract())
    assert not outside.may_search(list_hash="5a" * 32)
