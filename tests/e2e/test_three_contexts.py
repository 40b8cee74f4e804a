"""Two reviewers and an engagement officer, each with a browser of their own: from the arrival to the outcome, and
through whatever comes between. Nothing is revealed before its time, wherever one looks for it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from records.schema import Adjudication, OfficerDecision, Sighting, Stop
from tests.e2e.scene import FIRST, OFFICER, SECOND, SECOND_S, Scene, open_scene
from tests.e2e.served import choose, judge
from watchlist.standing import withdraw

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def whole(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with open_scene(browser, tmp_path_factory.mktemp("scene")) as opened:
        yield opened


@pytest.fixture
def scene(whole: Scene) -> Scene:
    whole.begin()
    return whole


@pytest.fixture
def tablets(scene: Scene) -> Iterator[tuple[Page, Page, Page]]:
    """The first reviewer's, the second's, and the officer's."""
    with scene.at(FIRST) as first, scene.at(SECOND) as second, scene.at(OFFICER) as officer:
        yield first, second, officer


def open_review(page: Page, alert: str) -> None:
    page.locator(f"#alert-{alert}").click()
    expect(page.locator("input[name=verdict]").first).to_be_enabled()


def first_same(scene: Scene, alert: str, first: Page) -> None:
    open_review(first, alert)
    scene.nothing_is_revealed(first)
    judge(first, "same")
    expect(first.get_by_role("heading", name="Waiting for another person")).to_be_visible()


def confirm(scene: Scene, alert: str, first: Page, second: Page) -> None:
    first_same(scene, alert, first)
    open_review(second, alert)
    judge(second, "same")
    for page in (first, second):
        expect(page.get_by_role("heading", name=scene.label)).to_be_visible()


def ends_as(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible()


def ends_for_nobody(scene: Scene, tablets: tuple[Page, Page, Page], alert: str, state: str) -> None:
    """Nobody is engaged, and nobody ever learns who it might have been."""
    first, second, officer = tablets
    for page in (first, second):
        ends_as(page, "Undetermined")
    expect(officer.locator(f"#alert-{alert}")).to_have_count(0)
    scene.nothing_is_revealed(*tablets)
    assert scene.stored(alert) == (state, "undetermined")


def press_together(*buttons: tuple[Page, str]) -> None:
    """Each page presses its own button, at one and the same moment of the clock."""
    at = time.time() * 1000 + 700
    for page, selector in buttons:
        page.locator(selector).evaluate("(one, at) => { setTimeout(() => one.click(), at - Date.now()) }", at)


def test_from_arrival_to_outcome_nothing_is_known_before_two_people_have_looked(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, officer = tablets
    alert = scene.alert()
    for page in tablets:
        expect(page.locator(f"#alert-{alert}")).to_be_visible()
    scene.nothing_is_revealed(*tablets)
    officer.locator(f"#alert-{alert}").click()
    ends_as(officer, "With the reviewers")
    assert officer.locator("main img").count() == 0

    open_review(second, alert)
    first_same(scene, alert, first)
    second.reload()
    expect(second.locator("input[name=verdict]").first).to_be_enabled()
    second.goto("/live")
    expect(second.locator(f"#alert-{alert} .state")).to_have_text("In review")
    scene.has_no_first_vote(SECOND, second)
    open_review(second, alert)
    scene.has_no_first_vote(SECOND, second)
    scene.nothing_is_revealed(*tablets)
    judge(second, "same")

    for page in tablets:
        expect(page.get_by_role("heading", name=scene.label)).to_be_visible()
        assert page.locator("input:checked").count() == 0
    officer.get_by_label("Why is the person stopped?").fill("same scar over the eyebrow")
    officer.get_by_role("button", name="Log the stop").click()
    for page in tablets:
        ends_as(page, "Stop under way")
    officer.get_by_role("button", name="Somebody else").click()
    for page in tablets:
        ends_as(page, "Confirmed false")
    assert scene.stored(alert) == ("closed", "confirmed_false")
    assert (scene.count(Adjudication, alert), scene.count(Stop, alert)) == (2, 1)


def test_disagreement_ends_it_and_nobody_ever_learns_who_it_might_have_been(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, officer = tablets
    alert = scene.alert()
    first_same(scene, alert, first)
    open_review(second, alert)
    scene.has_no_first_vote(SECOND, second)
    judge(second, "different")
    ends_for_nobody(scene, tablets, alert, "closed")
    officer.goto("/engagements")
    expect(officer.get_by_text("Nothing to decide")).to_be_visible()
    scene.nothing_is_revealed(officer)
    assert scene.count(OfficerDecision, alert) == 0


def test_a_second_look_that_does_not_come_in_time_ends_it_and_a_late_answer_is_not_taken(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, _ = tablets
    alert = scene.alert()
    open_review(second, alert)
    first_same(scene, alert, first)
    assert scene.expire() == []
    for name, value in (("similarities", "nose"), ("differences", "hair"), ("verdict", "same")):
        choose(second, name, value)
    scene.has_no_first_vote(SECOND, second)
    scene.clock.ahead += timedelta(seconds=SECOND_S)
    second.get_by_role("button", name="Record judgement").click()
    expect(second.locator("#message")).to_contain_text("time for another look is over")
    assert scene.expire() == [alert]
    expect(second.get_by_text("This alert has moved on")).to_be_visible()
    second.get_by_role("button", name="Show where it is now").click()
    ends_for_nobody(scene, tablets, alert, "expired")
    expect(first.get_by_text("The other look did not come in time")).to_be_visible()
    assert scene.count(Adjudication, alert) == 1


def test_an_entry_withdrawn_between_the_confirmation_and_the_stop_leads_to_no_stop(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, officer = tablets
    alert = scene.alert()
    confirm(scene, alert, first, second)
    officer.goto(f"/alerts/{alert}")
    officer.get_by_label("Why is the person stopped?").fill("same scar over the eyebrow")
    with scene.stage.database.write() as session:
        withdraw(session, scene.subject, "console", "entered_in_error", scene.clock())
    # What was written stays until the officer has seen that nothing may follow from it.
    expect(officer.get_by_text("This alert has moved on")).to_be_visible()
    officer.get_by_role("button", name="Log the stop").click()
    expect(officer.locator("#stop .form-message")).to_contain_text("withdrawn")
    officer.get_by_role("button", name="Show where it is now").click()
    expect(officer.get_by_role("button", name="Log the stop")).to_have_count(0)
    officer.get_by_role("button", name="Close as a stale entry").click()
    for page in tablets:
        ends_as(page, "Not engaged: stale entry")
    assert scene.stored(alert) == ("closed", "not_engaged_stale_entry")
    assert scene.count(Stop, alert) == 0


def test_a_person_seen_again_while_the_alert_is_open_is_one_card_and_one_alert(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, _ = tablets
    alert = scene.alert()
    for page in tablets:
        expect(page.locator("[data-alert]")).to_have_count(1)
    first_same(scene, alert, first)
    assert scene.stage.candidate(scene.subject, "south gate").stored == "sighting"
    open_review(second, alert)
    scene.has_no_first_vote(SECOND, second)
    judge(second, "cannot_tell")
    for page in (first, second):
        ends_as(page, "Undetermined")
    assert scene.count(Sighting, alert) == 1
    later = scene.alert()
    for page in tablets:
        page.goto("/live")
        expect(page.locator("[data-alert]")).to_have_count(1)
        expect(page.locator(f"#alert-{later}")).to_be_visible()
    open_review(second, later)
    judge(second, "different")
    ends_as(second, "False")
    scene.nothing_is_revealed(*tablets)
    assert (scene.stored(alert), scene.stored(later)) == (("closed", "undetermined"), ("closed", "false"))


def test_a_line_lost_in_the_middle_takes_nothing_away_and_sends_nothing_later(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, officer = tablets
    alert = scene.alert()
    first_same(scene, alert, first)
    open_review(second, alert)
    choose(second, "similarities", "nose")
    choose(second, "differences", "hair")
    scene.down()
    for page in tablets:
        expect(page.locator("#lost")).to_be_visible()
    choose(second, "verdict", "same")
    second.get_by_role("button", name="Record judgement").click()
    expect(second.locator("#message")).to_contain_text("nothing was stored")
    scene.nothing_is_revealed(*tablets)
    scene.up()
    for page in tablets:
        expect(page.locator("#lost")).to_be_hidden()
    scene.has_no_first_vote(SECOND, second)
    assert second.locator("input:checked").count() == 3
    assert scene.count(Adjudication, alert) == 1
    second.get_by_role("button", name="Record judgement").click()
    for page in (first, second):
        expect(page.get_by_role("heading", name=scene.label)).to_be_visible()

    # And once more, with the officer's own words half written.
    officer.goto(f"/alerts/{alert}")
    reason = officer.get_by_label("Why is the person stopped?")
    reason.fill("same scar over")
    scene.down()
    expect(officer.locator("#lost")).to_be_visible()
    officer.get_by_role("button", name="Lost sight").click()
    expect(officer.locator("main")).to_contain_text("nothing was stored")
    scene.up()
    expect(officer.locator("#lost")).to_be_hidden()
    expect(reason).to_have_value("same scar over")
    assert scene.stored(alert) == ("confirmed", None)
    officer.get_by_role("button", name="Lost sight").click()
    for page in tablets:
        ends_as(page, "Not engaged: lost")
    assert scene.stored(alert) == ("closed", "not_engaged_lost")


def test_two_tablets_that_press_at_once_make_one_confirmation_and_one_decision(
    scene: Scene, tablets: tuple[Page, Page, Page]
) -> None:
    first, second, officer = tablets
    alert = scene.alert()
    for page in (first, second):
        open_review(page, alert)
        for name, value in (("similarities", "nose"), ("differences", "hair"), ("verdict", "same")):
            choose(page, name, value)
    scene.nothing_is_revealed(*tablets)
    press_together((first, "#judgement .primary"), (second, "#judgement .primary"))
    for page in (first, second):
        expect(page.get_by_role("heading", name=scene.label)).to_be_visible()
    assert scene.stored(alert) == ("confirmed", None)
    assert scene.count(Adjudication, alert) == 2

    officer.goto(f"/alerts/{alert}")
    for page in (first, officer):
        expect(page.locator("[data-decide=lost]")).to_be_enabled()
    press_together((first, "[data-decide=lost]"), (officer, "[data-decide=not_them]"))
    for page in tablets:
        expect(page.locator(".outcome h1")).to_be_visible()
    outcome = scene.stored(alert)
    assert outcome in (("closed", "not_engaged_lost"), ("closed", "false"))
    assert {page.locator(".outcome h1").inner_text() for page in tablets} == {
        "Not engaged: lost" if outcome[1] == "not_engaged_lost" else "False"
    }
    assert scene.count(OfficerDecision, alert) == 1


def test_one_person_on_two_tablets_judges_once(scene: Scene) -> None:
    alert = scene.alert()
    with scene.at(FIRST) as here, scene.at(FIRST) as there:
        for page in (here, there):
            open_review(page, alert)
            for name, value in (("similarities", "nose"), ("differences", "hair"), ("verdict", "same")):
                choose(page, name, value)
        press_together((here, "#judgement .primary"), (there, "#judgement .primary"))
        for page in (here, there):
            expect(page.locator("#moved:not([hidden]), .quiet h1").first).to_be_visible()
            if page.locator("#moved").is_visible():
                page.get_by_role("button", name="Show where it is now").click()
            ends_as(page, "Waiting for another person")
        scene.nothing_is_revealed(here, there)
    assert scene.count(Adjudication, alert) == 1
    assert scene.stored(alert) == ("second_review", None)


def test_a_browser_that_is_closed_and_opened_again_goes_on_where_its_person_was(scene: Scene) -> None:
    alert = scene.alert()
    with ExitStack() as devices:
        with scene.at(FIRST) as first:
            open_review(first, alert)
            choose(first, "similarities", "nose")
            choose(first, "differences", "hair")
            choose(first, "verdict", "same")
            scene.nothing_is_revealed(first)
            scene.kept[FIRST] = first.context.storage_state()
        first = devices.enter_context(scene.at(FIRST))
        open_review(first, alert)
        expect(first.locator("input[name=similarities][value=nose]")).to_be_checked()
        # The answer itself is given anew.
        assert first.locator("input[name=verdict]:checked").count() == 0
        choose(first, "verdict", "same")
        first.get_by_role("button", name="Record judgement").click()
        expect(first.get_by_role("heading", name="Waiting for another person")).to_be_visible()

        with scene.at(SECOND) as second:
            open_review(second, alert)
            scene.has_no_first_vote(SECOND, second)
            scene.nothing_is_revealed(first, second)
            judge(second, "same")
            expect(second.get_by_role("heading", name=scene.label)).to_be_visible()
        with scene.at(OFFICER) as officer:
            officer.goto(f"/alerts/{alert}")
            officer.get_by_label("Why is the person stopped?").fill("same scar over the eyebrow")
            officer.get_by_role("button", name="Log the stop").click()
            ends_as(officer, "Stop under way")
        officer = devices.enter_context(scene.at(OFFICER))
        officer.locator(f"#alert-{alert}").click()
        ends_as(officer, "Stop under way")
        expect(officer.get_by_role("timer")).to_contain_text(":")
        officer.get_by_role("button", name="Somebody else").click()
        ends_as(officer, "Confirmed false")
        ends_as(first, "Confirmed false")
    assert scene.stored(alert) == ("closed", "confirmed_false")
    assert (scene.count(Adjudication, alert), scene.count(Stop, alert)) == (2, 1)
