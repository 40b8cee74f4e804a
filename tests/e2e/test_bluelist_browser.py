"""Volunteers walk past, in a real browser: one press logs a pass, what they said is remembered, two take it back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from operator_ui.settings import UiSettings
from records.times import utc_now
from tests.e2e.served import Rig, tablet
from tests.operator_ui.stage import LABEL, SUBJECT, Stage, record_at

pytestmark = pytest.mark.browser


def test_one_press_logs_a_pass_the_group_is_remembered_and_two_presses_take_it_back(
    browser: Browser, tmp_path: Path
) -> None:
    settings = UiSettings(vault="none", changes="ipc:///none", cameras=("north gate", "south gate"))
    stage = Stage(record_at(tmp_path), now=utc_now, settings=settings)
    stage.person("flo", "engagement_officer")
    rig = Rig(stage)
    with rig.serving(), tablet(browser, rig, "flo") as flo:
        flo.get_by_role("link", name="Bluelist").click()
        press = flo.get_by_role("button", name="Walks past now")
        press.click()
        expect(flo.locator("#message")).to_contain_text("Choose a volunteer")
        flo.get_by_label("Volunteer", exact=True).select_option(label=LABEL)
        for choice in ("south gate", "Dusk"):
            flo.get_by_role("radio", name=choice, exact=True).check()
        another = flo.get_by_label("Another code")
        another.fill("Over 60")
        press.click()
        expect(flo.locator("#message")).to_contain_text("small letters")
        another.fill("over_sixty")
        another.blur()
        press.click()
        expect(flo.locator("#done")).to_have_text(f"Logged: {LABEL} past south gate.")
        row = flo.locator("[data-pass]")
        expect(row).to_contain_text(LABEL)
        expect(row).to_contain_text("south gate · Dusk · over_sixty")
        expect(row).to_contain_text("Not over yet")
        press.click()
        expect(flo.locator("#message")).to_contain_text("one alert would count twice")
        # An alert of this volunteer by this camera: the page learns of it by itself.
        stage.alert(camera="south gate")
        expect(row).to_contain_text("Found")
        flo.reload()
        expect(flo.locator("input[name=group]:checked")).to_have_value("")
        flo.get_by_label("Volunteer", exact=True).select_option(SUBJECT)
        expect(flo.locator("input[name=group]:checked")).to_have_value("over_sixty")
        row.get_by_role("button").click()
        expect(row.get_by_role("button")).to_have_text("Sure? Press again")
        row.get_by_role("button").click()
        expect(flo.locator("#done")).to_contain_text("Taken back")
        expect(row).to_have_count(0)
