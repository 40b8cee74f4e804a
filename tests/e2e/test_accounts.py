"""Accounts in a real browser: passkeys with a virtual device, lock screen, one-time password, the reason why."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from alerts.people import CONSOLE, deactivate
from records.ledger import facts_of
from records.schema import LedgerEntry
from records.times import utc_now
from tests.e2e.served import PATIENCE_MS, Rig, a_rig, choose, device, sign_in, tablet
from tests.operator_ui.stage import LABEL, PASSWORD

pytestmark = pytest.mark.browser


@contextmanager
def localhost(browser: Browser, rig: Rig) -> Iterator[tuple[Page, Callable[[bool], None]]]:
    """A tablet that has passkeys, at an address where browsers allow them, and whether it knows who holds it."""
    with device(browser, f"http://localhost:{rig.port}") as context:
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        made = tools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )

        def knows(person: bool) -> None:
            chosen = {"authenticatorId": made["authenticatorId"], "isUserVerified": person}
            tools.send("WebAuthn.setUserVerified", chosen)

        yield page, knows


def kinds(rig: Rig) -> list[tuple[str, object]]:
    with rig.stage.database.read() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
        return [(row.kind, facts_of(row).get("method") or facts_of(row).get("reason")) for row in rows]


def test_a_passkey_is_registered_signs_in_unlocks_and_is_removed(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    with rig.serving(), localhost(browser, rig) as (page, _):
        page.clock.install()
        page.goto("/sign-in")
        sign_in(page, "ann")
        page.get_by_title("Your account").click()
        page.get_by_label("Name of this device").fill("Tablet 2")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("added")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()

        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#link")).to_have_text("Connected")
        page.clock.fast_forward("16:00")
        page.get_by_role("button", name="Unlock with a passkey").click()
        expect(page.locator("#lock")).to_be_hidden()
        expect(page.get_by_role("heading", name="Alerts")).to_be_visible()

        page.goto("/account")
        page.get_by_role("button", name="Remove Tablet 2").click()
        expect(page.get_by_text("Tablet 2")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#passkey-message")).to_contain_text("does not sign anybody in")
    told = kinds(rig)
    for entry in (("passkey_added", None), ("signed_in", "passkey"), ("signed_out", "idle"), ("passkey_removed", None)):
        assert entry in told
    assert told[-1] == ("sign_in_failed", "passkey_unknown")


def test_a_device_that_does_not_know_its_person_registers_nothing_and_signs_nobody_in(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    with rig.serving(), localhost(browser, rig) as (page, knows):
        page.goto("/sign-in")
        sign_in(page, "ann")
        page.goto("/account")
        message = page.locator("#passkey .form-message")
        for password, known, words in (
            ("not hers", True, "not your password"),
            (PASSWORD, False, "No passkey was made"),
        ):
            knows(known)
            page.get_by_label("Name of this device").fill("Tablet 2")
            page.get_by_label("Your password").fill(password)
            page.get_by_role("button", name="Add a passkey").click()
            expect(message).to_contain_text(words)
        assert ("passkey_added", None) not in kinds(rig)
        knows(True)
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_text("added")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        knows(False)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#passkey-message")).to_contain_text("No passkey was used")
    assert ("signed_in", "passkey") not in kinds(rig)


def test_a_page_left_alone_hides_its_pictures_and_gives_back_the_half_filled_form(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), localhost(browser, rig) as (page, _):
        page.clock.install()
        page.goto(f"/alerts/{alert}")
        sign_in(page, "ann")
        expect(page).to_have_url(re.compile(f"/alerts/{alert}$"))
        choose(page, "similarities", "nose")
        choose(page, "differences", "hair")
        page.evaluate("document.body.dataset.same = 'page'")
        page.clock.fast_forward("14:00")
        choose(page, "verdict", "different")
        page.clock.fast_forward("14:00")
        expect(page.locator("#lock")).to_be_hidden()
        with page.expect_response("**/api/session/lock"):
            page.clock.fast_forward("02:00")

        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        assert page.locator("img:visible").count() == 0
        assert page.locator("main img[src]").count() == 0
        assert page.request.get(f"/alerts/{alert}/looks/0").status == 401
        assert page.request.get(f"/api/alerts/{alert}").status == 401
        # Nothing but the draft: what is ticked, never an answer, a face or a name.
        kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert [key for key in kept if not key.startswith("review:")] == []

        page.get_by_label("Password").fill("wrong password")
        page.get_by_role("button", name="Unlock", exact=True).click()
        expect(page.locator("#lock .form-message")).to_contain_text("wrong")
        assert page.locator("#lock-password").input_value() == ""
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Unlock", exact=True).click()
        expect(page.get_by_role("img", name="The reference picture")).to_be_visible()
        assert page.evaluate("document.body.dataset.same") == "page"
        assert page.locator("input:checked").count() == 3
        page.get_by_role("button", name="Record judgement").click()
        expect(page.get_by_role("heading", name="False")).to_be_visible()
    assert ("signed_out", "idle") in kinds(rig)


def test_a_page_that_lost_its_line_and_then_locked_itself_opens_again_when_the_line_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    with ExitStack() as tablets:
        with rig.serving():
            page = tablets.enter_context(tablet(browser, rig, "ann"))
            page.clock.install()
            page.goto("/live")
            expect(page.locator("#link")).to_have_text("Connected", timeout=PATIENCE_MS)
        expect(page.locator("#lost")).to_be_visible(timeout=PATIENCE_MS)
        page.clock.fast_forward("16:00")
        expect(page.get_by_role("heading", name="Locked")).to_be_visible(timeout=PATIENCE_MS)
        with rig.serving():
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Unlock", exact=True).click()
            expect(page.locator("#lock")).to_be_hidden(timeout=PATIENCE_MS)
            expect(page.locator("#lost")).to_be_hidden(timeout=PATIENCE_MS)


def test_two_pages_of_one_person_lock_and_unlock_together(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    with rig.serving(), localhost(browser, rig) as (page, _):
        page.clock.install()
        page.goto("/sign-in")
        sign_in(page, "ann")
        expect(page.locator("#link")).to_have_text("Connected")
        other = page.context.new_page()
        other.goto("/closed")
        page.clock.fast_forward("16:00")
        for each in (page, other):
            expect(each.locator("#lock")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Unlock", exact=True).click()
        for each in (page, other):
            expect(each.locator("#lock")).to_be_hidden()
        assert other.evaluate("document.body.dataset.csrf") == page.evaluate("document.body.dataset.csrf")


def test_who_is_deactivated_loses_the_page_within_the_second(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as page:
        page.goto(f"/alerts/{alert}")
        expect(page.get_by_role("img", name="The reference picture")).to_be_visible()
        with rig.stage.database.write() as session:
            person = page.evaluate("document.body.dataset.person")
            deactivate(session, person, utc_now(), by=CONSOLE)
        expect(page.get_by_role("heading", name="Locked")).to_be_visible(timeout=PATIENCE_MS)
        assert page.locator("main img[src]").count() == 0
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Unlock", exact=True).click()
        expect(page.locator("#lock .form-message")).to_contain_text("wrong", timeout=PATIENCE_MS)


def test_an_administrator_adds_an_officer_who_chooses_a_password_and_is_later_deactivated(
    browser: Browser, tmp_path: Path
) -> None:
    rig = a_rig(tmp_path)
    rig.stage.person("adm", "administrator")
    with rig.serving(), localhost(browser, rig) as (adm, _), localhost(browser, rig) as (dee, _):
        adm.goto("/sign-in")
        sign_in(adm, "adm")
        expect(adm.get_by_role("heading", name="People")).to_be_visible()
        assert adm.get_by_role("link", name="Live").count() == 0
        adm.get_by_role("button", name="Add a person").click()
        adm.locator("#adding").get_by_label("Name").fill("dee")
        adm.get_by_label("Authorising officer").check()
        adm.get_by_role("button", name="Add", exact=True).click()
        expect(adm.locator("#adding .form-message")).to_contain_text("what this officer may allow")
        adm.get_by_label("Standard").check()
        adm.get_by_role("button", name="Add", exact=True).click()
        expect(adm.locator("#given-password")).not_to_be_empty()
        password = adm.locator("#given-password").inner_text()
        adm.get_by_role("button", name="I have handed it over").click()
        expect(adm.get_by_role("row", name=re.compile("dee.*Standard.*One-time"))).to_be_visible()

        dee.goto("/closed")
        sign_in(dee, "dee", password)
        expect(dee.get_by_role("heading", name="Choose your password")).to_be_visible()
        dee.get_by_label("One-time password").fill(password)
        dee.get_by_label("New password", exact=True).fill("tired otter builds")
        dee.get_by_label("New password again").fill("tired otter builds")
        dee.get_by_role("button", name="Change the password").click()
        expect(dee.get_by_role("heading", name="Your account")).to_be_visible()

        adm.reload()
        adm.get_by_role("button", name="Deactivate dee").click()
        adm.locator("#asking-do").click()
        expect(adm.get_by_role("row", name=re.compile("dee.*Deactivated"))).to_be_visible()
        dee.goto("/account")
        expect(dee).to_have_url(re.compile("/sign-in"))


def test_an_auditor_chooses_a_reason_before_an_alert_opens(browser: Browser, tmp_path: Path) -> None:
    rig = a_rig(tmp_path)
    rig.stage.person("eve", "auditor")
    alert = rig.stage.alert()
    with rig.serving(), tablet(browser, rig, "ann") as ann, tablet(browser, rig, "eve") as eve:
        ann.goto(f"/alerts/{alert}")
        for name, value in (("similarities", "nose"), ("differences", "hair"), ("verdict", "same")):
            choose(ann, name, value)
        ann.get_by_role("button", name="Record judgement").click()
        expect(ann.get_by_role("heading", name=LABEL)).to_be_visible(timeout=PATIENCE_MS)
        eve.goto(f"/alerts/{alert}")
        assert LABEL not in eve.content()
        eve.get_by_role("button", name="Open the alert").click()
        expect(eve.locator(".form-message").first).to_contain_text("Choose")
        eve.get_by_label("Audit").check()
        eve.get_by_role("button", name="Open the alert").click()
        expect(eve.get_by_role("heading", name=LABEL)).to_be_visible(timeout=PATIENCE_MS)
    assert kinds(rig).count(("alert_viewed", "audit")) == 1
