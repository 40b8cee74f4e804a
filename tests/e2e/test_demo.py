"""`make demo` as a person sees it: the whole rig, and a real browser from the link to a closed stop."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from inference.pack import Pack

pytestmark = [pytest.mark.browser, pytest.mark.rig]

PATIENCE_MS = 60_000


@pytest.fixture
def link(pack: Pack) -> Iterator[str]:
    """The one-time link that a running demonstration prints. No other browser is opened; Ctrl-C ends it."""
    command = [sys.executable, "-m", "rig", "demo", "--pack", str(pack.folder)]
    environment = os.environ | {"BROWSER": "true"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        try:
            assert demo.stdout is not None
            yield next(found[0] for line in demo.stdout if (found := re.search(r"http://\S+token=\S+", line)))
            demo.send_signal(signal.SIGINT)
            assert "1 stop was logged" in demo.stdout.read()
            assert demo.wait(30) == 0
        finally:
            demo.kill()


def test_from_the_link_to_a_closed_stop_in_nine_taps(browser: Browser, link: str) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    taps: list[Locator] = []

    def tap(place: Locator) -> None:
        place.tap()
        taps.append(place)

    def choice(name: str, value: str) -> Locator:
        return page.locator(f"label:has(input[name={name}][value={value}])")

    page.goto(link)
    expect(page.get_by_text("Test deployment")).to_be_visible()
    tap(page.get_by_role("link", name="Review").first)
    expect(page.get_by_role("button", name="Record judgement")).to_be_enabled()
    assert "volunteer_" not in page.content()
    tap(choice("similarities", "nose"))
    tap(choice("differences", "hair"))
    tap(choice("verdict", "same"))
    tap(page.get_by_role("button", name="Record judgement"))
    expect(page.get_by_text(re.compile("volunteer_[ab]")).first).to_be_visible()
    tap(page.get_by_label("Why is the person stopped?"))
    page.keyboard.type("Asked for name and date of birth")
    tap(page.get_by_role("button", name="Log the stop"))
    expect(page.get_by_role("timer")).to_be_visible()
    tap(page.get_by_role("button", name="The person of the entry"))
    tap(page.get_by_role("button", name="Let go, no further action"))
    # The choices carry the same words: wait until the page of the closed alert has taken their place.
    expect(page.locator("form#outcome")).to_have_count(0)
    expect(page.get_by_role("heading", name="Confirmed true")).to_be_visible()
    # The README says so to who tries it for the first time.
    assert len(taps) == 9
    page.get_by_role("link", name="Closed").click()
    expect(page.get_by_text("Confirmed true").first).to_be_visible()

    again = browser.new_context().new_page()
    again.goto(link)
    expect(again.get_by_label("Password")).to_be_visible()
    context.close()
