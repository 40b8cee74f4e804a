"""The installed app without its rig: the shell is kept and nothing else, and nothing that was pressed goes later."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from operator_ui.pages import shell
from records.schema import Adjudication
from tests.e2e.served import PATIENCE_MS, Rig, a_rig, choose, device, judge, signed_in
from tests.e2e.waiting import until
from tests.operator_ui.stage import LABEL, SUBJECT

pytestmark = pytest.mark.browser

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.push([new URL(request.url).pathname, await (await cache.match(request)).text()]);
    }
  }
  return found;
}"""
"""Path and text of everything that the browser keeps for the app."""


@contextmanager
def installed(browser: Browser, rig: Rig, name: str) -> Iterator[Page]:
    """A tablet whose browser has the shell; a script that is blocked fails the test."""
    blocked: list[str] = []
    with device(browser, rig.address, service_workers="allow") as context:
        context.on("console", lambda said: blocked.append(said.text) if "Content Security" in said.text else None)
        page = signed_in(context, name)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        until(page, "navigator.serviceWorker.controller !== null")
        yield page
    assert blocked == []


def test_after_a_whole_session_the_browser_keeps_the_shell_and_no_face_alert_or_name(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), installed(browser, rig, "ann") as ann:
        ann.reload()
        ann.goto(f"/alerts/{alert}")
        expect(ann.get_by_role("img", name="The reference picture")).to_be_visible()
        judge(ann, "same")
        expect(ann.get_by_role("heading", name=LABEL)).to_be_visible()
        for address in ("/", "/closed", "/record", "/health", "/deployments", "/account", "/sw.js"):
            ann.goto(address)
        ann.goto("/")
        kept = dict(ann.evaluate(KEPT))
        files = {f"/static/{path.relative_to(shell.STATIC).as_posix()}" for path in shell.STATIC.rglob("*")}
        assert kept.keys() <= files
        assert shell.OFFLINE in kept
        secrets = (LABEL, SUBJECT, alert, "ann", rig.stage.deployment)
        words = {path: set(re.findall(r"[\w-]+", text)) for path, text in kept.items()}
        assert [(path, secret) for path in kept for secret in secrets if secret in words[path]] == []
        assert [path for path, text in kept.items() if LABEL in text] == []
        assert ann.evaluate("indexedDB.databases()") == []


def test_without_the_rig_the_app_says_so_and_comes_back_by_itself(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    with ExitStack() as tablets:
        with rig.serving():
            ann = tablets.enter_context(installed(browser, rig, "ann"))
        ann.goto("/closed")
        expect(ann.get_by_role("heading", name="No connection to the rig")).to_be_visible()
        assert ann.evaluate("getComputedStyle(document.querySelector('.button')).minHeight") == "48px"
        with rig.serving():
            expect(ann.get_by_role("heading", name="Closed alerts")).to_be_visible(timeout=PATIENCE_MS)


def test_a_decision_that_was_pressed_without_a_line_is_made_by_the_person_and_not_by_the_machine(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()

    def judgements() -> int:
        with rig.stage.database.read() as session:
            return session.query(Adjudication).count()

    with ExitStack() as tablets:
        with rig.serving():
            ann = tablets.enter_context(installed(browser, rig, "ann"))
            ann.goto(f"/alerts/{alert}")
            expect(ann.locator("#link")).to_have_text("Connected", timeout=PATIENCE_MS)
            choose(ann, "similarities", "nose")
            choose(ann, "differences", "hair")
            choose(ann, "verdict", "different")
        expect(ann.locator("#lost")).to_be_visible(timeout=PATIENCE_MS)
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.locator("#message")).to_contain_text("nothing was stored")
        with rig.serving():
            expect(ann.locator("#lost")).to_be_hidden(timeout=PATIENCE_MS)
            # The line is back and has spoken again: whatever waited to be sent would have been.
            ann.evaluate("fetch('/api/session').then(() => true)")
            assert judgements() == 0
            assert ann.locator("input:checked").count() == 3
            ann.get_by_role("button", name="Record judgement").click()
            expect(ann.get_by_role("heading", name="False")).to_be_visible(timeout=PATIENCE_MS)
        assert judgements() == 1


def test_a_new_version_takes_the_place_of_the_old_one(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = a_rig(tmp_path)
    old = shell.worker_text()
    (version,) = re.findall(r'^const VERSION = "(\w+)";$', old, re.MULTILINE)
    with rig.serving(), installed(browser, rig, "ann") as ann:
        assert ann.evaluate("caches.keys()") == [f"openlfr-shell-{version}"]
        monkeypatch.setattr(shell, "worker_text", lambda: old.replace(version, "newer"))
        ann.evaluate("navigator.serviceWorker.ready.then((found) => found.update()).then(() => true)")
        until(ann, "caches.keys().then((names) => names.join() === 'openlfr-shell-newer')")
