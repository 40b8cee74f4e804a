"""The page of a record: everybody can use it, on a screen and on paper, and it asks nothing of any server."""

import re
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, Request, ViewportSize

from alerts.record.fields import Copy
from tests.alerts.record.seeded import seeded
from tests.e2e.looks import faults, too_wide
from tests.e2e.served import PHONE, WIDE

pytestmark = pytest.mark.browser

PAPER = ViewportSize(width=718, height=1047)
"""A4 at 96 pixels an inch, within margins of 1 cm."""
WIDER_THAN_PAPER = """[...document.querySelectorAll("table, svg")]
  .filter((one) => one.getBoundingClientRect().width > innerWidth)
  .map((one) => one.closest("section").id)"""


def test_the_record_can_be_read_by_everybody(browser: Browser, tmp_path: Path) -> None:
    with seeded(tmp_path) as seed:
        pages = [seed.write(tmp_path / copy, copy) / "record.html" for copy in get_args(Copy)]
    wrong = []
    for page in pages:
        with browser.new_page() as opened:
            asked: list[str] = []

            def note(request: Request, asked: list[str] = asked) -> None:
                asked.append(request.url)

            opened.on("request", note)
            opened.goto(page.as_uri())
            for size in (WIDE, PHONE):
                for scheme in ("light", "dark"):
                    opened.set_viewport_size(size)
                    opened.emulate_media(color_scheme=scheme)
                    wrong += [f"{page.parent.name}, {scheme}: {one}" for one in [*faults(opened), *too_wide(opened)]]
            assert asked == [page.as_uri()]
            words = opened.inner_text("main").split()
            opened.set_viewport_size(PAPER)
            opened.emulate_media(media="print", color_scheme="light")
            assert opened.evaluate(WIDER_THAN_PAPER) == []
            printed = opened.pdf(format="A4")
        assert [word for word in words if len(word) > 40] == []  # text in 80 columns can break everywhere
        assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 15
    assert wrong == []
