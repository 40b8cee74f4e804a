"""A deployment in a real browser: drafted, signed for by another person, posted, started, paused, read by others."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from records.policy import Policy
from records.schema import Deployment, Person
from records.times import utc_now
from tests.e2e.served import PATIENCE_MS, TALL, WIDE, Rig, tablet
from tests.e2e.waiting import until
from tests.operator_ui.office import NAME, SECRETS, Office
from tests.records.made import HASH, policy

pytestmark = pytest.mark.browser


def fill_in(page: Page, rules: Policy) -> None:
    """The whole application, but for why it is proportionate."""
    begins = utc_now() - timedelta(minutes=5)
    for label, text in (
        ("Name", "Station Square"),
        ("Why is it necessary?", "Warrants rose by a third."),
        ("Which less intrusive means were considered?", "Home visits found too few people."),
        ("Place, in words", "Station Square"),
        ("Why are the people of the list expected here?", "Most were last seen near here."),
        ("Begins (UTC)", f"{begins:%Y-%m-%dT%H:%M}"),
        ("Ends (UTC)", f"{begins + timedelta(hours=4):%Y-%m-%dT%H:%M}"),
        ("Threshold", "0.42"),
        ("Calibrated threshold", "0.42"),
        ("False positive identification rate", "0.0001"),
        ("Entries of the measurement", "10000"),
        ("Measured on", "1,200 volunteers"),
        ("Version", "3"),
        ("Review by", f"{begins + timedelta(days=100):%Y-%m-%d}"),
        ("Hash of the document (SHA-256)", HASH),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_text(rules.purposes[0].words).click()
    page.get_by_text("Polygon").click()
    page.get_by_label("Corners in order").fill("51.5160, -0.1430\n51.5160, -0.1405\n51.5145, -0.1405")


def test_from_a_draft_over_another_persons_signature_to_a_search_that_an_officer_pauses(
    browser: Browser, tmp_path: Path
) -> None:
    office, rules = Office(tmp_path, now=utc_now), policy("uk").policy
    rig = Rig(office.stage)
    with rig.serving():
        with tablet(browser, rig, "Beryl", TALL) as beryl:
            beryl.get_by_role("link", name="Deployments", exact=True).click()
            beryl.get_by_role("link", name="Draft a deployment").click()
            expect(beryl.get_by_label("Cameras")).to_have_value("north")
            beryl.get_by_role("button", name="Keep the draft").click()
            expect(beryl.locator(".keep .form-message")).to_have_text("Give the deployment a name.")
            fill_in(beryl, rules)
            beryl.get_by_role("button", name="Keep the draft").click()
            expect(beryl.locator(".keep .form-message")).to_contain_text("sensitive site")
            beryl.get_by_text("None of these", exact=False).first.click()
            beryl.get_by_role("button", name="Keep the draft").click()

            expect(beryl.get_by_text("Proportionality is empty")).to_be_visible()
            assert beryl.get_by_role("button", name="Submit for authority").count() == 0
            beryl.get_by_role("link", name="Change it").click()
            assert "51.516, -0.143" in beryl.get_by_label("Corners in order").input_value()
            beryl.get_by_label("Why is it proportionate?").fill("One square for four hours.")
            beryl.get_by_role("button", name="Keep the draft").click()
            beryl.get_by_role("button", name="Submit for authority").click()
            expect(beryl.get_by_role("button", name="Take it back")).to_be_visible()
            assert beryl.get_by_role("button", name="Authorise").count() == 0
            path = beryl.url.removeprefix(rig.address)
        deployment = path.rsplit("/", 1)[-1]
        office.list_people(deployment)

        with tablet(browser, rig, "Orla", TALL) as orla:
            orla.goto(path)
            sign = orla.get_by_role("button", name="Authorise")
            expect(sign).to_be_disabled()
            for what in ("Why it is necessary", "Why it is proportionate"):
                orla.get_by_text(what, exact=True).click()
                expect(sign).to_be_disabled()
            orla.get_by_text("Which less intrusive means were considered, and why").click()
            expect(sign).to_be_enabled()
            sign.click()
            expect(orla.locator("h1 + .state")).to_have_text("Authorised")

        with tablet(browser, rig, "Ann") as ann, tablet(browser, rig, "Cid", TALL) as cid:
            ann.goto(path)
            expect(ann.get_by_text("Not yet: see what is missing")).to_be_visible()
            for item in rules.signage:
                ann.locator("#signage button", has_text=item.words).click()
                expect(ann.locator("#signage li.done", has_text=item.words)).to_be_visible()
            expect(cid.get_by_role("button", name="Pause search")).to_have_count(0)
            ann.get_by_role("button", name="Start the search").click()
            expect(ann.get_by_text("Nothing stands in the way")).to_be_visible()

            # Cid's page is the live one, and hears of the start by itself.
            pause = cid.get_by_role("button", name="Pause search")
            expect(pause).to_be_visible(timeout=PATIENCE_MS)
            for size in (TALL, WIDE):
                cid.set_viewport_size(size)
                box = pause.bounding_box()
                assert box is not None
                assert box["height"] >= 44
                assert cid.evaluate("document.documentElement.scrollWidth") <= size["width"]
            pause.click()
            cid.get_by_role("button", name="Crowd or protest in the zone").click()
            expect(cid.locator("#band .state")).to_have_text("Paused")
            expect(pause).to_have_count(0)
            with office.stage.database.read() as session:
                found = session.get_one(Deployment, deployment)
                assert (found.state, found.paused_for) == ("paused", "crowd")

            # Ann's page went on by itself; she resumes, and Cid cannot.
            expect(ann.locator(".because")).to_be_visible(timeout=PATIENCE_MS)
            cid.goto(path)
            assert cid.get_by_role("button", name="Resume the search").count() == 0
            ann.get_by_role("button", name="Resume the search").click()
            expect(ann.locator("h1 + .state")).to_have_text("Searching")

        with tablet(browser, rig, "Vera") as vera, tablet(browser, rig, "Beryl") as beryl:
            for page in (vera, beryl):
                page.goto(path)
                expect(page.locator("#todo-title")).to_be_visible()
                assert page.get_by_role("button", name="Pause").count() == 0
                assert page.locator("form[data-post]").count() == 0
    with office.stage.database.read() as session:
        found = session.get_one(Deployment, deployment)
        people = {found.drafted_by, found.authorised_by}
        assert {session.get_one(Person, person).name for person in people if person} == {"Beryl", "Orla"}


def test_an_entry_opens_for_a_reason_and_is_withdrawn(browser: Browser, tmp_path: Path) -> None:
    office = Office(tmp_path, now=utc_now)
    deployment = office.running()
    rig = Rig(office.stage)
    with rig.serving(), tablet(browser, rig, "Cid", TALL) as cid:
        cid.goto(f"/watchlist/{deployment}")
        cid.locator(".entry").first.click()
        assert [secret for secret in SECRETS if secret in cid.content()] == []
        cid.get_by_role("button", name="Open the entry").click()
        expect(cid.locator("#why .form-message")).to_have_text("Choose one of these.")
        cid.get_by_text("Check of the list").click()
        cid.get_by_role("button", name="Open the entry").click()
        expect(cid.get_by_role("heading", name=NAME)).to_be_visible()
        expect(cid.get_by_role("img", name="Reference picture 1")).to_be_visible()
        until(cid, "document.querySelector('img[alt=\"Reference picture 1\"]').naturalWidth > 0")
        cid.get_by_text("Arrested or found already").click()
        cid.get_by_role("button", name="Withdraw the entry").click()
        expect(cid.locator("h1 + .state")).to_have_text("Withdrawn")
