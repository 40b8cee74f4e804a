"""A stage behind a real server, and tablets as browser contexts of their own: how tests of the pages begin."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect
from starlette.applications import Starlette

from operator_ui.app import make_app
from operator_ui.changes import NoAnnouncements
from operator_ui.feed import TICK_S
from operator_ui.process import Server, bind
from records.times import utc_now
from tests.operator_ui.stage import PASSWORD, Stage, record_at, settings_of

WIDE = ViewportSize(width=1180, height=820)
TALL = ViewportSize(width=820, height=1180)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 20_000


class Rig:
    """A stage behind a real server, which can be cut off and come back at the same address."""

    def __init__(self, stage: Stage, tick_s: float = TICK_S) -> None:
        """`tick_s`: how often the tablets hear of the record, seconds."""
        self.stage = stage
        self.tick_s = tick_s
        self.port = 0
        self.address = ""

    def app(self) -> Starlette:
        stage = self.stage
        settings = stage.settings or settings_of(stage.database)
        changes = NoAnnouncements()
        return make_app(stage.database, stage.vault, stage.entries, settings, changes, stage.time, self.tick_s)

    @contextmanager
    def serving(self) -> Iterator[None]:
        app = self.app()
        with bind(msgspec.structs.replace(settings_of(self.stage.database), port=self.port)) as listener:
            self.port = listener.getsockname()[1]
            self.address = f"http://127.0.0.1:{self.port}"
            server = Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=2))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                yield
            finally:
                server.should_exit = True
                thread.join()


def a_rig(folder: Path, confirmations: int = 1) -> Rig:
    """Ann and bob review, cid is an engagement officer."""
    stage = Stage(record_at(folder), confirmations=confirmations, now=utc_now)
    for name in ("ann", "bob"):
        stage.person(name)
    stage.person("cid", "engagement_officer")
    return Rig(stage)


@contextmanager
def device(
    browser: Browser,
    address: str,
    size: ViewportSize = WIDE,
    *,
    kept: StorageState | None = None,
    service_workers: Literal["allow", "block"] = "block",
) -> Iterator[BrowserContext]:
    """Another device, which has `kept` what a browser keeps. A script error on any of its pages fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(
        base_url=address, viewport=size, has_touch=True, service_workers=service_workers, storage_state=kept
    )
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context
    context.close()
    assert faults == []


@contextmanager
def tablet(browser: Browser, rig: Rig, name: str, size: ViewportSize = WIDE) -> Iterator[Page]:
    """Another device, signed in, on the page that this person begins with."""
    with device(browser, rig.address, size) as context:
        yield signed_in(context, name)


def signed_in(context: BrowserContext, name: str) -> Page:
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, name)
    expect(page.locator("#link")).to_have_text("Connected", timeout=PATIENCE_MS)
    return page


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """On the sign-in page that is open."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"label:has(input[name={name}][value={value}])").click()


def judge(page: Page, verdict: str) -> None:
    choose(page, "similarities", "nose")
    choose(page, "differences", "hair")
    choose(page, "verdict", verdict)
    page.get_by_role("button", name="Record judgement").click()
