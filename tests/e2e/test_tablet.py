"""The tablet in a real browser: alerts arrive by themselves, two people review, one of them logs a stop."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from records.schema import Adjudication, Alert, Stop
from tests.e2e.served import PATIENCE_MS, a_rig, choose, judge, tablet
from tests.operator_ui.stage import LABEL, SIMILARITY, SUBJECT, SUBJECT_2

pytestmark = pytest.mark.browser


def text_of(page: Page) -> str:
    return page.content() + page.inner_text("html")


def test_an_alert_arrives_without_reload_and_two_people_carry_it_to_a_logged_stop(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path, confirmations=2)
    with rig.serving(), tablet(browser, rig, "ann") as ann, tablet(browser, rig, "bob") as bob:
        expect(ann.get_by_text("No open alerts")).to_be_visible()
        for page in (ann, bob):
            page.evaluate("document.body.dataset.same = 'page'")
        alert = rig.stage.alert()
        for page in (ann, bob):
            expect(page.locator(f"#alert-{alert}")).to_be_visible(timeout=PATIENCE_MS)
            assert page.evaluate("document.body.dataset.same") == "page"

        ann.locator(f"#alert-{alert}").click()
        expect(ann.get_by_role("img", name="The reference picture")).to_be_visible()
        assert ann.locator("input:checked").count() == 0
        for stage in ("#seen", "#reference"):
            box = ann.locator(stage).bounding_box()
            assert box is not None
            assert box["width"] >= 300
        hidden = (LABEL, SUBJECT, str(SIMILARITY), "0.62", "match", "Match")
        assert [word for word in hidden if word in text_of(ann)] == []
        judge(ann, "same")
        expect(ann.get_by_role("heading", name="Waiting for another person")).to_be_visible()

        expect(bob.locator(f"#alert-{alert} .state")).to_have_text("In review")
        bob.locator(f"#alert-{alert}").click()
        expect(bob.get_by_role("img", name="The reference picture")).to_be_visible()
        assert [word for word in hidden if word in text_of(bob)] == []
        judge(bob, "same")

        # Ann's page goes on by itself.
        for page in (ann, bob):
            expect(page.get_by_role("heading", name=LABEL)).to_be_visible(timeout=PATIENCE_MS)
            assert page.locator("input:checked").count() == 0
        bob.get_by_role("button", name="Log the stop").click()
        expect(bob.locator("#stop .form-message")).not_to_be_empty()
        bob.get_by_label("Why is the person stopped?").fill("same scar over the eyebrow")
        bob.get_by_role("button", name="Log the stop").click()
        expect(bob.get_by_role("heading", name="Stop under way")).to_be_visible()
        expect(bob.get_by_role("timer")).to_contain_text("0:")
        bob.get_by_role("button", name="Somebody else").click()
        expect(bob.get_by_role("heading", name="Confirmed false")).to_be_visible()
        bob.goto("/closed")
        expect(bob.get_by_role("cell", name="Confirmed false")).to_be_visible()
    with rig.stage.database.read() as session:
        assert session.get_one(Alert, alert).outcome == "confirmed_false"
        assert session.query(Stop).one().reason == "same scar over the eyebrow"
        assert session.query(Adjudication).count() == 2


def test_same_person_without_a_difference_is_not_sent(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as ann:
        ann.goto(f"/alerts/{alert}")
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.locator("#message")).to_contain_text("one of the three")
        choose(ann, "similarities", "nose")
        choose(ann, "verdict", "same")
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.locator("#message")).to_contain_text("one that differs")
        # A feature is alike or different, not both.
        choose(ann, "differences", "nose")
        assert not ann.locator("input[name=similarities][value=nose]").is_checked()
        with rig.stage.database.read() as session:
            assert session.query(Adjudication).count() == 0


def test_a_lost_connection_is_unmistakable_and_comes_back_with_the_form_and_the_missed_alert(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with ExitStack() as tablets:
        with rig.serving():
            ann, bob = (tablets.enter_context(tablet(browser, rig, name)) for name in ("ann", "bob"))
            ann.goto(f"/alerts/{alert}")
            expect(ann.locator("#link")).to_have_text("Connected", timeout=PATIENCE_MS)
            choose(ann, "similarities", "nose")
            choose(ann, "differences", "hair")
            choose(ann, "verdict", "different")
        for page in (ann, bob):
            expect(page.locator("#lost")).to_be_visible(timeout=PATIENCE_MS)
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.locator("#message")).to_contain_text("nothing was stored")
        missed = rig.stage.alert(SUBJECT_2)
        with rig.serving():
            for page in (ann, bob):
                expect(page.locator("#lost")).to_be_hidden(timeout=PATIENCE_MS)
            expect(bob.locator(f"#alert-{missed}")).to_be_visible(timeout=PATIENCE_MS)
            assert ann.locator("input:checked").count() == 3
            ann.get_by_role("button", name="Record judgement").click()
            expect(ann.get_by_role("heading", name="False")).to_be_visible(timeout=PATIENCE_MS)


def test_a_half_filled_review_is_told_when_somebody_else_was_faster(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as ann, tablet(browser, rig, "bob") as bob:
        for page in (ann, bob):
            page.goto(f"/alerts/{alert}")
        choose(ann, "similarities", "nose")
        judge(bob, "different")
        expect(ann.get_by_text("This alert has moved on")).to_be_visible(timeout=PATIENCE_MS)
        assert ann.locator("input:checked").count() == 1
        ann.get_by_role("button", name="Show where it is now").click()
        expect(ann.get_by_role("heading", name="False")).to_be_visible()
