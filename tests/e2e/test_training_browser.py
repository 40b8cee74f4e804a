"""A short test of face matching in a real browser, from the closed alert to the first judgement."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.pair_files import PairFiles
from operator_ui.settings import UiSettings
from records.schema import Trial
from records.times import utc_now
from tests.alerts.paired import add_pairs
from tests.e2e.served import PATIENCE_MS, Rig, tablet
from tests.operator_ui.stage import Stage, record_at
from tests.records.made import policy

pytestmark = pytest.mark.browser
SHORT = 10


def school(folder: Path) -> Rig:
    """An operational deployment runs under a policy whose test has ten pairs; ann is not qualified."""
    text = (
        policy("uk")
        .text.replace("pairs = 40", f"pairs = {SHORT}", 1)
        .replace("refresher_pairs = 10", "refresher_pairs = 2")
    )
    settings = UiSettings(vault=str(folder / "vault"), changes="ipc:///none")
    stage = Stage(record_at(folder), kind="operational", now=utc_now, settings=settings, policy=text)
    stage.person("ann")
    with stage.database.write() as session:
        add_pairs(session, stage.vault, folder / "vault", now=utc_now())
    return Rig(stage)


def truths(rig: Rig, kind: str) -> list[str]:
    """Of the open trial."""
    with rig.stage.database.read() as session:
        trial = session.query(Trial).where(Trial.kind == kind, Trial.ended_at.is_(None)).one()
        settings = rig.stage.settings
        assert settings is not None
        pairs = PairFiles(rig.stage.vault, Path(settings.vault)).pairs(trial.pair_set)
        return ["same" if pairs[number].same else "different" for number in trial.pairs]


def answer(page: Page, verdict: str) -> None:
    page.locator(f"label:has(input[name=verdict][value={verdict}])").click()
    page.get_by_role("button", name="Answer").click()


def test_an_operator_takes_the_test_over_a_restart_of_the_browser_and_then_judges(
    browser: Browser, tmp_path: Path
) -> None:
    rig = school(tmp_path)
    with rig.serving():
        alert = rig.stage.alert()
        with tablet(browser, rig, "ann") as ann:
            expect(ann.locator("#offer")).to_contain_text("no such test that is in date")
            ann.goto(f"/alerts/{alert}")
            expect(ann.get_by_role("heading", name="For qualified reviewers")).to_be_visible()
            assert ann.locator("main img").count() == 0
            ann.get_by_role("link", name="To the test").click()
            ann.get_by_role("button", name="Begin the test").click()
            expect(ann.get_by_text(f"Pair 1 of {SHORT}")).to_be_visible()
            right = truths(rig, "qualification")
            ann.get_by_role("button", name="Answer").click()
            expect(ann.locator("#message")).to_contain_text("Choose one of the three answers")
            for position in range(4):
                expect(ann.get_by_text(f"Pair {position + 1} of {SHORT}")).to_be_visible()
                answer(ann, right[position])
            expect(ann.get_by_text(f"Pair 5 of {SHORT}")).to_be_visible()
            # Going back shows the pair that waits, never one that was answered.
            ann.go_back()
            ann.goto("/training")
            expect(ann.get_by_text(f"pair 5 of {SHORT} waits for you")).to_be_visible()
        with tablet(browser, rig, "ann") as ann:
            ann.goto("/training")
            ann.get_by_role("link", name="Go on").click()
            for position in range(4, SHORT):
                expect(ann.get_by_text(f"Pair {position + 1} of {SHORT}")).to_be_visible()
                assert ann.locator("input:checked").count() == 0
                assert ann.get_by_text("Two people").count() == 0
                answer(ann, right[position])
            expect(ann.get_by_role("heading", name="Passed")).to_be_visible()
            ann.goto("/training")
            ann.get_by_role("button", name="Begin the refresher").click()
            expect(ann.get_by_text("Pair 1 of 2")).to_be_visible()
            for position, truth in enumerate(truths(rig, "refresher")):
                answer(ann, "same")
                words = "One person" if truth == "same" else "Two people"
                expect(ann.locator("#label")).to_contain_text(words)
                expect(ann.locator("#label")).to_contain_text(
                    "As you said" if truth == "same" else "Look at both once more"
                )
                ann.get_by_role("link", name="Next pair" if position == 0 else "To the result").click()
            expect(ann.get_by_role("heading", name="Done")).to_be_visible()
            # An alert never waits for a trial: it is told on the page of a pair too.
            ann.goto("/training")
            ann.get_by_role("button", name="Begin to practise").click()
            expect(ann.get_by_text("Pair 1 of 20")).to_be_visible()
            second = rig.stage.alert("019383f0-7f3a-7000-8000-000000000002")
            expect(ann.locator("#waiting")).to_be_visible(timeout=PATIENCE_MS)
            ann.get_by_role("link", name="To the alerts").click()
            ann.locator(f"#alert-{second}").click()
            expect(ann.get_by_role("img", name="The reference picture")).to_be_visible()
