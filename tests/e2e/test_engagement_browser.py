"""The officer's way in a real browser: what people confirmed appears by itself, one tap ends it, a stop asks why."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from alerts.decisions import adjudicate
from alerts.engagement import log_stop
from records.schema import Alert, OfficerDecision, Person, StopStep
from records.times import utc_now
from tests.e2e.served import PATIENCE_MS, Rig, a_rig, tablet
from tests.operator_ui.stage import SUBJECT, Stage
from watchlist.standing import withdraw

pytestmark = pytest.mark.browser


def with_two_officers(folder: Path) -> Rig:
    """Beside ann and bob, who review, and cid, there is dan."""
    rig = a_rig(folder)
    rig.stage.person("dan", "engagement_officer")
    return rig


def person(stage: Stage, name: str) -> str:
    with stage.database.read() as session:
        return session.scalars(select(Person.id).where(Person.name == name)).one()


def confirm(stage: Stage) -> str:
    alert, ann = stage.alert(), person(stage, "ann")
    with stage.database.write() as session:
        adjudicate(session, alert, ann, "same", ["nose"], ["hair"], utc_now())
    return alert


def test_what_people_confirmed_appears_by_itself_and_one_tap_closes_it_on_both_tablets(
    browser: Browser, tmp_path: Path
) -> None:
    rig = with_two_officers(tmp_path)
    with rig.serving(), tablet(browser, rig, "cid") as cid, tablet(browser, rig, "dan") as dan:
        expect(cid.get_by_text("Nothing to decide")).to_be_visible()
        alert = confirm(rig.stage)
        for page in (cid, dan):
            page.locator(f"#alert-{alert}").click(timeout=PATIENCE_MS)
            expect(page.get_by_role("img", name="The person, as the camera saw them")).to_be_visible()
            assert page.locator("input:checked").count() == 0
        boxes = [
            dan.get_by_role("button", name=name).bounding_box()
            for name in ("I saw the person: not them", "Lost sight", "Log the stop")
        ]
        assert len({round(box["width"]) for box in boxes if box}) == 1
        assert all(box["height"] >= 48 for box in boxes if box)
        dan.get_by_label("Why is the person stopped?").fill("half a thou")
        cid.get_by_role("button", name="I saw the person: not them").click()
        expect(cid.get_by_role("heading", name="False")).to_be_visible(timeout=PATIENCE_MS)
        # Dan had begun to write: the page says that it is over, and takes nothing away.
        expect(dan.get_by_text("This alert has moved on")).to_be_visible(timeout=PATIENCE_MS)
        dan.get_by_role("button", name="Log the stop").click()
        expect(dan.locator("#stop .form-message")).to_contain_text("Cid has decided about this alert already")
        dan.get_by_role("button", name="Show where it is now").click()
        expect(dan.get_by_role("heading", name="False")).to_be_visible()
    with rig.stage.database.read() as session:
        assert session.get_one(Alert, alert).outcome == "false"
        assert session.query(OfficerDecision).one().decision == "not_them"


def test_a_stop_that_lasts_asks_for_a_reason_and_ends_once_it_is_known_who_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    rig = with_two_officers(tmp_path)
    alert, officer = confirm(rig.stage), person(rig.stage, "cid")
    with rig.stage.database.write() as session:
        log_stop(session, alert, officer, "same scar", utc_now() - timedelta(minutes=6))
    with rig.serving(), tablet(browser, rig, "cid") as cid, tablet(browser, rig, "dan") as dan:
        for page in (cid, dan):
            page.goto(f"/alerts/{alert}")
            expect(page.get_by_role("timer")).to_contain_text("6:")
            expect(page.locator("#prompt")).to_be_visible(timeout=PATIENCE_MS)
        cid.get_by_role("button", name="Go on for this reason").click()
        expect(cid.locator("#prompt .form-message")).not_to_be_empty()
        cid.locator("#prompt").get_by_text("The person's welfare").click()
        cid.get_by_role("button", name="Go on for this reason").click()
        for page in (cid, dan):
            expect(page.locator(".steps")).to_contain_text("The person's welfare", timeout=PATIENCE_MS)
            expect(page.locator("#prompt")).to_be_hidden()
        cid.get_by_role("link", name="Card for the person").click()
        expect(cid.get_by_role("img", name="Code with your reference")).to_be_visible()
        cid.get_by_role("link", name="Back to the stop").click()
        cid.get_by_role("button", name="Somebody else").click()
        for page in (cid, dan):
            expect(page.get_by_role("heading", name="Confirmed false")).to_be_visible(timeout=PATIENCE_MS)
    with rig.stage.database.read() as session:
        assert sorted(step.kind for step in session.query(StopStep)) == ["identity_accepted", "prolonged"]


def test_an_entry_that_is_withdrawn_takes_the_stop_away_from_a_page_that_is_open(
    browser: Browser, tmp_path: Path
) -> None:
    rig = with_two_officers(tmp_path)
    alert = confirm(rig.stage)
    with rig.serving(), tablet(browser, rig, "cid") as cid:
        cid.goto(f"/alerts/{alert}")
        expect(cid.get_by_role("button", name="Log the stop")).to_be_visible()
        with rig.stage.database.write() as session:
            withdraw(session, SUBJECT, "console", "entered_in_error", utc_now())
        expect(cid.get_by_role("button", name="Close as a stale entry")).to_be_visible(timeout=PATIENCE_MS)
        expect(cid.get_by_role("button", name="Log the stop")).to_have_count(0)
        cid.get_by_role("button", name="Close as a stale entry").click()
        expect(cid.get_by_role("heading", name="Not engaged: stale entry")).to_be_visible(timeout=PATIENCE_MS)
