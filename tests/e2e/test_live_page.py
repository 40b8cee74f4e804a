"""The live page in a real browser: what it shows, what it sounds like, and what it does not do."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.cameras import CAMERAS, Cameras, Film, live_rig
from tests.e2e.looks import faults
from tests.e2e.served import PATIENCE_MS, Rig, judge, tablet
from tests.e2e.waiting import until
from tests.operator_ui.stage import OTHERS, SUBJECT, SUBJECT_2

pytestmark = pytest.mark.browser

HEARD = """
window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) {
  window.heard.push(Math.round(this.frequency.value));
  return start.apply(this, at);
};
"""
"""Put before the page's scripts: what a page plays is written down."""

BRIEF = """
const real = AbortSignal.timeout;
AbortSignal.timeout = (milliseconds) => real.call(AbortSignal, window.brief ? 300 : milliseconds);
"""
"""The patience of a page, cut short where a test says so."""


@contextmanager
def listening(browser: Browser, rig: Rig, name: str) -> Iterator[Page]:
    """A tablet that writes down what it plays; its person has touched it."""
    with tablet(browser, rig, name) as page:
        page.add_init_script(HEARD)
        page.goto("/live")
        expect(page.locator("#link")).to_have_text("Connected", timeout=PATIENCE_MS)
        page.locator("main h1").click()
        yield page


def heard(page: Page) -> list[int]:
    found = page.evaluate("window.heard")
    assert isinstance(found, list)
    return found


def wait_to_hear(page: Page) -> list[int]:
    until(page, "window.heard.length > 0")
    return heard(page)


def test_fifty_alerts_stand_in_order_and_a_change_of_one_fetches_no_other_picture_again(
    browser: Browser, tmp_path: Path
) -> None:
    rig = live_rig(tmp_path, confirmations=2)
    alerts = [rig.stage.alert(subject, CAMERAS[number % 2]) for number, subject in enumerate((SUBJECT, *OTHERS))]
    with rig.serving(), tablet(browser, rig, "ann") as ann, tablet(browser, rig, "bob") as bob:
        for page in (ann, bob):
            expect(page.locator("[data-alert]")).to_have_count(len(alerts), timeout=PATIENCE_MS)
        order = "[...document.querySelectorAll('[data-alert]')].map((card) => card.dataset.alert)"
        assert ann.evaluate(order) == alerts
        expect(ann.locator(f"#alert-{alerts[0]} .age")).to_contain_text("s")
        # Those out of sight load when they are scrolled to.
        until(ann, "document.querySelector('[data-alert] img').complete")
        fetched: list[str] = []
        ann.on("request", lambda request: fetched.append(request.url))
        bob.goto(f"/alerts/{alerts[3]}")
        judge(bob, "different")
        expect(ann.locator("[data-alert]")).to_have_count(len(alerts) - 1, timeout=PATIENCE_MS)
        # What changed came with the news of it.
        assert [address for address in fetched if "/alerts/" in address or "/queue" in address] == []
        ann.reload()
        until(ann, "document.querySelector('[data-alert] img').complete")
        assert [address for address in fetched if address.endswith("/thumbnail")] != []


def test_what_asks_for_me_comes_first_and_what_others_have_is_apart(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path, confirmations=2)
    first, second = rig.stage.alert(SUBJECT), rig.stage.alert(SUBJECT_2)
    with rig.serving(), tablet(browser, rig, "ann") as ann:
        ann.goto(f"/alerts/{first}")
        judge(ann, "same")
        expect(ann.get_by_role("heading", name="Waiting for another person")).to_be_visible()
        ann.goto("/")
        mine, others = ann.locator("[data-list=mine]"), ann.locator("[data-list=others]")
        expect(mine.locator(f"#alert-{second}")).to_contain_text("Review")
        expect(others.locator(f"#alert-{first}")).to_contain_text("Waiting for another person")
        assert ann.locator("[data-list]").first.get_attribute("data-list") == "mine"


def test_a_blind_system_is_loud_on_every_page_and_says_which_camera_and_what_to_do(
    browser: Browser, tmp_path: Path
) -> None:
    rig = live_rig(tmp_path)
    with Cameras(rig.stage) as cameras, rig.serving(), listening(browser, rig, "ann") as ann:
        expect(ann.locator("#cameras .condition").first).to_have_text("Sees well")
        expect(ann.locator("#blind")).to_be_hidden()
        cameras.how["north gate"] = {"sharpness": 0.0001}
        north = ann.locator(".camera", has_text="north gate")
        expect(north).to_contain_text("Blurred or covered", timeout=PATIENCE_MS)
        expect(north).to_contain_text("Clean the lens")
        # The other one sees: a warning, no alarm.
        expect(ann.locator("#blind")).to_be_hidden()
        assert heard(ann) == []

        cameras.how["south gate"] = {"brightness": 3.0}
        alarm = ann.get_by_role("alert").filter(has_text="SYSTEM BLIND")
        expect(alarm).to_be_visible(timeout=PATIENCE_MS)
        expect(ann.locator("#blind")).to_contain_text("south gate: Too dark. Check the light")
        expect(ann.locator("#blind time")).to_contain_text("0:")
        assert 262 in wait_to_hear(ann)
        ann.goto("/closed")
        expect(alarm).to_be_visible(timeout=PATIENCE_MS)
        ann.get_by_role("button", name="Silence the alarm").click()
        expect(ann.get_by_role("button", name="Silence the alarm")).to_be_hidden()
        expect(alarm).to_be_visible()
        cameras.how["south gate"] = {}
        expect(ann.locator("#blind")).to_be_hidden(timeout=PATIENCE_MS)
        ann.goto("/health")
        expect(ann.locator("#summary")).to_contain_text("Blind for 0:", timeout=PATIENCE_MS)


def test_each_kind_of_news_sounds_different_and_comes_to_whom_it_concerns(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    with (
        Cameras(rig.stage),
        rig.serving(),
        listening(browser, rig, "ann") as ann,
        listening(browser, rig, "cid") as cid,
    ):
        alert = rig.stage.alert()
        new = wait_to_hear(ann)
        assert heard(cid) == []
        ann.locator(f"#alert-{alert}").click()
        judge(ann, "same")
        confirmed = wait_to_hear(cid)
        assert new != confirmed
        expect(cid.locator("#announcer")).to_have_text("An alert was confirmed.")


def test_a_device_that_makes_no_sound_says_so_and_can_be_tried(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    with rig.serving(), listening(browser, rig, "ann") as ann:
        sound = ann.locator("#sound")
        expect(sound).to_have_text("Sound on")
        sound.click()
        expect(sound).to_have_text("Sound off")
        rig.stage.alert()
        expect(ann.locator("[data-alert]")).to_have_count(1, timeout=PATIENCE_MS)
        assert heard(ann) == []
        ann.reload()
        expect(sound).to_have_text("Sound off")
        ann.get_by_role("button", name="Settings").click()
        ann.get_by_role("button", name="System blind").click()
        assert 262 in wait_to_hear(ann)
        expect(ann.locator("#sound-state")).to_have_text("Sound on")
        ann.get_by_label("Volume").fill("0")
        expect(ann.locator("#sound-state")).to_have_text("Volume is 0")


def test_a_theme_is_kept_and_high_contrast_is_black_and_white(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    colours = "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
    with rig.serving(), tablet(browser, rig, "ann") as ann:
        ann.get_by_role("button", name="Settings").click()
        ann.get_by_role("button", name="High contrast").click()
        ann.get_by_role("button", name="Done").click()
        assert ann.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        ann.emulate_media(color_scheme="dark")
        assert ann.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        ann.reload()
        assert ann.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_the_language_is_chosen_in_the_frame(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    with rig.serving(), tablet(browser, rig, "ann") as ann:
        ann.get_by_role("button", name="Settings").click()
        ann.get_by_role("button", name="Cymraeg").click()
        until(ann, "document.documentElement?.lang === 'cy'")


def test_everything_in_the_frame_is_large_enough_for_a_finger(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    rig.stage.alert()
    small = """() => [...document.querySelectorAll("a:not(.skip), button, input, summary")].flatMap((one) => {
      const { width, height } = one.getBoundingClientRect();
      const fails = one.checkVisibility() && width > 0 && (width < 48 || height < 48);
      return fails ? [`${one.outerHTML.slice(0, 90)} ${width} x ${height}`] : [];
    })"""
    with Cameras(rig.stage), rig.serving(), tablet(browser, rig, "ann") as ann:
        for width, height in ((1180, 820), (820, 1180), (390, 844)):
            ann.set_viewport_size({"width": width, "height": height})
            for address in ("/", "/health"):
                ann.goto(address)
                expect(ann.locator("#cameras .condition")).to_have_count(2, timeout=PATIENCE_MS)
                assert ann.evaluate(small) == [], (address, width)
                assert ann.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)


def test_axe_finds_no_fault_in_any_theme_with_and_without_an_alarm_and_without_a_line(
    browser: Browser, tmp_path: Path
) -> None:
    rig = live_rig(tmp_path)
    rig.stage.alert()
    with ExitStack() as tablets:
        with Cameras(rig.stage) as cameras, rig.serving():
            ann = tablets.enter_context(tablet(browser, rig, "ann"))
            for address in ("/health", "/"):
                ann.goto(address)
                expect(ann.locator("#cameras .condition")).to_have_count(2, timeout=PATIENCE_MS)
                for theme in ("light", "dark", "contrast"):
                    ann.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                    assert faults(ann) == [], (address, theme)
            for camera in CAMERAS:
                cameras.how[camera] = {"state": "stale", "fps": 0.0}
            expect(ann.locator("#blind")).to_be_visible(timeout=PATIENCE_MS)
            ann.set_viewport_size({"width": 390, "height": 844})
            for theme in ("light", "dark", "contrast"):
                ann.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                assert faults(ann) == [], theme
            ann.get_by_role("button", name="Settings").click()
            assert faults(ann) == []
            ann.get_by_role("button", name="Done").click()
        expect(ann.locator("#lost")).to_be_visible(timeout=PATIENCE_MS)
        assert faults(ann) == []


def test_a_press_into_a_line_that_hangs_is_given_up_and_never_sent_later(browser: Browser, tmp_path: Path) -> None:
    rig = live_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as ann:
        ann.add_init_script(BRIEF)
        ann.goto(f"/alerts/{alert}")
        # Taken, and never answered.
        ann.route("**/adjudications", lambda _route: None)
        ann.evaluate("window.brief = true")
        judge(ann, "different")
        expect(ann.locator("#message")).to_contain_text("look whether this was stored", timeout=PATIENCE_MS)
        assert ann.locator("input:checked").count() == 3
        ann.unroute("**/adjudications")
        ann.evaluate("window.brief = false")
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.get_by_role("heading", name="False")).to_be_visible(timeout=PATIENCE_MS)


def test_a_tile_is_shown_grows_grey_and_goes_when_the_camera_stops_and_while_the_page_is_locked(
    browser: Browser, tmp_path: Path
) -> None:
    rig = live_rig(tmp_path)
    film = Film(f"ipc://{tmp_path}/run/tiles")
    drawn = """() => {
      const canvas = document.querySelector(".tile canvas");
      return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    }"""
    with Cameras(rig.stage), rig.serving(), tablet(browser, rig, "ann") as ann:
        film.start()
        tile = ann.locator(".tile").first
        try:
            expect(tile).to_have_attribute("data-tile", "live", timeout=PATIENCE_MS)
            assert ann.evaluate(drawn)
            expect(ann.get_by_role("img", name="Live picture of north gate")).to_be_visible()
            expect(ann.locator(".tile").nth(1)).to_contain_text("No picture")
            ann.evaluate("document.dispatchEvent(new Event('session-over'))")
            assert not ann.evaluate(drawn)
            ann.goto("/")
            expect(tile).to_have_attribute("data-tile", "live", timeout=PATIENCE_MS)
        finally:
            film.stop.set()
            film.join()
        expect(tile).to_have_attribute("data-tile", "old", timeout=PATIENCE_MS)
        expect(tile).to_contain_text("old")
        expect(tile).to_have_attribute("data-tile", "none", timeout=PATIENCE_MS)
        assert not ann.evaluate(drawn)
