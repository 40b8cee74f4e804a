"""The review screen in a real browser: looking closely, marking, answering, and losing nothing on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from records.schema import Adjudication
from tests.e2e.served import PHONE, TALL, WIDE, Rig, a_rig, choose, judge, signed_in, tablet
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

VERDICTS = ("same", "different", "cannot_tell")


def open_review(page: Page, alert: str) -> None:
    page.goto(f"/alerts/{alert}")
    expect(page.locator("input[name=verdict]").first).to_be_enabled()


def tap(page: Page, stage: str, x: float, y: float) -> None:
    """In shares of the stage."""
    box = page.locator(stage).bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def transforms(page: Page) -> list[str]:
    return [str(page.locator(f"{stage} .canvas").evaluate("one => one.style.transform")) for stage in STAGES]


STAGES = ("#seen", "#reference")


def made(rig: Rig) -> Adjudication | None:
    with rig.stage.database.read() as session:
        return session.query(Adjudication).one_or_none()


@pytest.fixture(scope="module")
def looked_at(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    """(Ann's page, an alert): for tests that look and do not judge."""
    rig = a_rig(tmp_path_factory.mktemp("looked_at"))
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as page:
        yield page, alert


@pytest.fixture
def page(looked_at: tuple[Page, str]) -> Page:
    """The review, opened anew."""
    page, alert = looked_at
    page.set_viewport_size(WIDE)
    open_review(page, alert)
    return page


def test_both_pictures_are_large_level_and_answered_by_buttons_of_one_weight(page: Page) -> None:
    for size, least in ((WIDE, 300), (TALL, 300), (PHONE, 180)):
        page.set_viewport_size(size)
        boxes = [page.locator(stage).bounding_box() for stage in STAGES]
        seen, reference = (box for box in boxes if box is not None)
        assert min(seen["width"], reference["width"]) >= least
        assert abs(seen["width"] - reference["width"]) < 0.5
        assert abs(seen["height"] - reference["height"]) < 0.5
        assert seen["y"] == reference["y"]
        looks = [
            page.locator(f"label:has(input[value={verdict}]) b").evaluate(
                """one => { const style = getComputedStyle(one); const box = one.getBoundingClientRect();
                   return [Math.round(box.width), Math.round(box.height), Math.round(box.top), style.color,
                     style.backgroundColor, style.borderColor, style.borderWidth, style.fontSize, style.fontWeight,
                     style.opacity, style.boxShadow] }"""
            )
            for verdict in VERDICTS
        ]
        assert looks[0] == looks[1] == looks[2]
        assert looks[0][1] >= 48
    assert page.locator("input:checked").count() == 0


def test_the_two_pictures_move_together_by_finger_wheel_keyboard_and_button(page: Page) -> None:
    whole = "translate(0%, 0%) scale(1)"
    page.locator("#seen").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert transforms(page) == ["translate(8%, 0%) scale(1.4)"] * 2
    page.keyboard.press("0")
    assert transforms(page) == [whole] * 2

    box = page.locator("#reference").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.wheel(0, -100)
    until(page, "document.querySelector('#seen .canvas').style.transform.includes('scale(1.15)')")
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 50, steps=4)
    page.mouse.up()
    first, second = transforms(page)
    assert first == second
    assert first not in ("", whole)

    # A double tap shows the whole pictures again.
    for _ in range(2):
        tap(page, "#seen", 0.5, 0.5)
    until(page, f"document.querySelector('#seen .canvas').style.transform === '{whole}'")

    pinch(page)
    first, second = transforms(page)
    assert first == second
    assert float(first.split("scale(")[1].rstrip(")")) == pytest.approx(2.0, abs=0.05)

    page.locator("summary", has_text="Light").click()
    page.get_by_label("Contrast of both").fill("150")
    filters = page.locator(".face").evaluate_all("faces => faces.map((face) => face.style.filter)")
    assert set(filters) == {"brightness(100%) contrast(150%)"}
    page.get_by_role("button", name="Reset").click()
    assert transforms(page) == [whole] * 2
    assert set(page.locator(".face").evaluate_all("faces => faces.map((face) => face.style.filter)")) == {""}


def pinch(page: Page) -> None:
    """Two fingers on the look, from 100 pixels apart to 200."""
    page.locator("#seen").evaluate(
        """stage => {
          const box = stage.getBoundingClientRect();
          const x = box.left + box.width / 2, y = box.top + box.height / 2;
          stage.setPointerCapture = () => {};
          const send = (kind, id, by) => stage.dispatchEvent(new PointerEvent(kind, {
            pointerId: id, clientX: x + by, clientY: y, pointerType: "touch", bubbles: true }));
          send("pointerdown", 11, -50); send("pointerdown", 12, 50);
          for (const by of [60, 80, 100]) { send("pointermove", 11, -by); send("pointermove", 12, by); }
          send("pointerup", 11, -100); send("pointerup", 12, 100);
        }"""
    )


def test_blinking_is_slow_and_stands_still_where_the_device_asks_for_calm(page: Page) -> None:
    style = "one => { const s = getComputedStyle(one); return [s.animationName, s.animationDuration, s.visibility] }"
    blink = page.get_by_role("button", name="Blink")
    over = page.locator("#seen .face.over")
    assert over.evaluate(style)[2] == "hidden"
    blink.click()
    # One turn a second: two changes, under the two turns that are the most.
    assert over.evaluate(style)[:2] == ["blink", "1s"]
    page.emulate_media(reduced_motion="reduce")
    name, _, visibility = over.evaluate(style)
    assert (name, visibility) == ("none", "visible")
    page.emulate_media(reduced_motion="no-preference")
    blink.click()
    assert over.evaluate(style)[2] == "hidden"


def test_marks_stand_for_ticks_follow_their_picture_and_come_back_after_the_reveal(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as page:
        open_review(page, alert)
        page.get_by_role("button", name="Mark alike").click()
        tap(page, "#seen", 0.25, 0.4)
        tap(page, "#seen", 0.75, 0.4)
        assert page.locator("#seen .ring").count() == 2
        # A tap on a ring takes it away, and so does the keyboard.
        tap(page, "#seen", 0.75, 0.4)
        assert page.locator("#seen .ring").count() == 1
        page.get_by_role("button", name="Mark differing").click()
        tap(page, "#reference", 0.5, 0.5)
        page.locator("#reference .ring").focus()
        page.keyboard.press("Enter")
        assert page.locator("#reference .ring").count() == 0
        # On the second reference picture, enlarged: the place counts, not the pixel.
        page.get_by_role("button", name="Reference picture 2").click()
        page.locator("#reference").focus()
        page.keyboard.press("+")
        tap(page, "#reference", 0.5, 0.5)
        assert page.locator("#reference .ring").count() == 1
        page.get_by_role("button", name="Reference picture 1").click()
        assert page.locator("#reference .ring").count() == 0

        choose(page, "verdict", "same")
        page.get_by_role("button", name="Record judgement").click()
        expect(page.locator(".reveal")).to_be_visible()
        kept = made(rig)
        assert kept is not None
        assert kept.opened_at is not None
        assert kept.opened_at < kept.made_at
        assert [(mark["picture"], mark["index"], mark["kind"]) for mark in kept.marks or []] == [
            ("look", 0, "alike"),
            ("reference", 1, "differs"),
        ]
        places = [share for mark in kept.marks or [] for share in (mark["x"], mark["y"])]
        assert places == pytest.approx([0.25, 0.4, 0.5, 0.5], abs=0.01)
        expect(page.locator(".ring")).to_have_text("A1")
        page.locator("[data-picture=reference][data-index='1'][aria-pressed]").click()
        expect(page.locator(".ring")).to_have_text("A2")
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('review:'))") == []


def test_a_reload_and_a_new_browser_bring_ticks_and_marks_back_but_never_the_answer(
    browser: Browser, launching: dict[str, Any], tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving():
        options = launching | {"base_url": rig.address, "viewport": WIDE, "has_touch": True}

        def opened() -> BrowserContext:
            """The same browser each time: what it keeps on the disk is there again."""
            return browser.browser_type.launch_persistent_context(str(tmp_path / "profile"), **options)

        context = opened()
        page = signed_in(context, "ann")
        open_review(page, alert)
        choose(page, "similarities", "nose")
        choose(page, "differences", "hair")
        choose(page, "verdict", "same")
        page.get_by_role("button", name="Mark alike").click()
        tap(page, "#seen", 0.4, 0.4)
        page.reload()
        expect_draft(page)
        kept = page.evaluate("JSON.stringify(localStorage)")
        assert "same" not in kept
        assert "data:" not in kept
        context.close()

        context = opened()
        page = signed_in(context, "ann")
        open_review(page, alert)
        expect_draft(page)
        page.locator("form.person button").click()
        # Somebody else on the same device begins with nothing, and leaves nothing of the first.
        page = signed_in(context, "bob")
        open_review(page, alert)
        assert page.locator("input:checked").count() == 0
        assert page.locator(".ring").count() == 0
        judge(page, "different")
        expect(page.get_by_role("heading", name="False")).to_be_visible()
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('review:'))") == []
        context.close()


def expect_draft(page: Page) -> None:
    expect(page.locator("input[name=similarities][value=nose]")).to_be_checked()
    expect(page.locator("input[name=differences][value=hair]")).to_be_checked()
    expect(page.locator("#seen .ring")).to_have_count(1)
    assert page.locator("input[name=verdict]:checked").count() == 0
