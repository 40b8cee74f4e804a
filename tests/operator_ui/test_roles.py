"""What each role may see and do; and that only our own pages can act for a person."""

import pytest

from operator_ui.security import HEADERS
from records.schema import ROLES
from tests.operator_ui.stage import LABEL, Browser, Stage

STOP = {"reason": "same scar"}


def pictures_of(alert: str) -> list[str]:
    return [f"/alerts/{alert}/{picture}" for picture in ("looks/0", "thumbnail", "references/0", "context")]


def codes(browser: Browser, addresses: list[str]) -> set[int]:
    return {browser.get(address).status_code for address in addresses}


@pytest.mark.parametrize("role", ["engagement_officer", "auditor", "list_builder"])
def test_only_operators_judge(stage: Stage, role: str) -> None:
    alert = stage.alert()
    with stage.client("eve", role) as eve:
        refused = eve.judge(alert)
        assert refused.status_code == 403
        assert "role" in refused.json()["error"]
        assert eve.post(f"/api/alerts/{alert}/reviews", {}).status_code == 403
        assert eve.get("/api/alerts").json()["alerts"][0]["state"] == "waiting"


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_auditors_and_administrators_change_nothing(stage: Stage, role: str) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("eve", role) as eve:
        ann.judge(alert)
        assert eve.post(f"/api/alerts/{alert}/stops", STOP).status_code == 403
        assert eve.post(f"/api/alerts/{alert}/decisions", {"decision": "lost"}).status_code == 403


def test_an_officer_sees_no_face_before_the_confirmation_and_acts_after_it(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("cid", "engagement_officer") as cid:
        assert codes(cid, pictures_of(alert)) == {403}
        assert "With the reviewers" in cid.get(f"/alerts/{alert}").text
        assert "/looks/" not in cid.get("/").text
        ann.judge(alert)
        assert codes(cid, pictures_of(alert)) == {200}
        assert LABEL in cid.get(f"/alerts/{alert}").text
        assert cid.post(f"/api/alerts/{alert}/stops", STOP).status_code == 201
        assert (
            cid.post(f"/api/alerts/{alert}/close", {"outcome": "confirmed_true", "disposal": "advised"}).status_code
            == 200
        )


def test_an_auditor_reads_once_people_have_decided(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("eve", "auditor") as eve:
        assert codes(eve, pictures_of(alert)) == {403}
        ann.judge(alert)
        assert eve.post(f"/api/alerts/{alert}/views", {"reason": "audit"}).status_code == 201
        assert codes(eve, [*pictures_of(alert), "/", "/closed", "/record", f"/alerts/{alert}"]) == {200}
        page = eve.get(f"/alerts/{alert}").text
        assert LABEL in page
        assert "<textarea" not in page


def test_an_administrator_sees_accounts_and_no_alert_no_face_and_no_name(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("adm", "administrator") as adm:
        for step in (lambda: None, lambda: ann.judge(alert)):
            step()
            pages = [f"/alerts/{alert}", "/queue", "/closed", "/record", "/events"]
            answers = [f"/api/alerts/{alert}", "/api/alerts", "/api/status", "/api/record"]
            assert codes(adm, [*pictures_of(alert), *pages, *answers]) == {403}
            assert adm.get("/").headers["location"] == "/people"
            assert codes(adm, ["/people", "/account", "/api/people"]) == {200}


@pytest.mark.parametrize("role", ["list_builder", "authorising_officer"])
def test_those_who_prepare_and_allow_a_deployment_see_how_it_goes_and_no_face(stage: Stage, role: str) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("eve", role) as eve:
        for step in (lambda: None, lambda: ann.judge(alert)):
            step()
            assert codes(eve, [*pictures_of(alert), f"/alerts/{alert}", f"/api/alerts/{alert}"]) == {403}
            assert codes(eve, ["/", "/queue", "/closed", "/record", "/api/alerts"]) == {200}
            sent = "".join(eve.get(address).text for address in ("/", "/queue", "/closed", "/api/alerts"))
            assert "/looks/" not in sent
            assert LABEL not in sent


@pytest.mark.parametrize("role", [role for role in ROLES if role != "administrator"])
def test_nobody_but_an_administrator_manages_accounts(stage: Stage, role: str) -> None:
    person = stage.person("bob")
    with stage.client("eve", role) as eve:
        assert codes(eve, ["/people", "/api/people"]) == {403}
        assert eve.post("/api/people", {"name": "new", "role": "operator"}).status_code == 403
        for act in ("deactivate", "password"):
            assert eve.post(f"/api/people/{person}/{act}", {}).status_code == 403


def test_a_changing_request_without_the_pages_token_is_refused(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann, stage.client("bob") as bob:
        for token in ("", "wrong", bob.csrf, "\x7f"):
            refused = ann.post(f"/api/alerts/{alert}/reviews", {}, csrf=token)
            assert refused.status_code == 403
            assert "CSRF" in refused.json()["error"]
        assert ann.get(f"/api/alerts/{alert}").json()["state"] == "waiting"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://rig:81"])
def test_a_request_from_another_sites_page_is_refused(stage: Stage, origin: str) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        headers = {"X-CSRF-Token": ann.csrf, "Origin": origin}
        assert ann.http.post(f"/api/alerts/{alert}/reviews", json={}, headers=headers).status_code == 403
        assert ann.http.post("/sign-in", data={}, headers={"Origin": origin}).status_code == 403
        headers["Origin"] = "http://rig"
        assert ann.http.post(f"/api/alerts/{alert}/reviews", json={}, headers=headers).status_code == 200


def test_every_answer_is_strict_about_what_the_browser_may_load_and_keep(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        for address in ("/", "/sign-in", "/nothing", "/api/alerts", f"/alerts/{alert}", *pictures_of(alert)):
            headers = ann.get(address).headers
            assert headers["cache-control"] == "no-store", address
            assert {name: headers[name] for name in HEADERS} == HEADERS
        assert HEADERS["Content-Security-Policy"].startswith("default-src 'self'")
        assert ann.get("/static/css/base.css").headers["cache-control"] == "no-cache"


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        pages = [ann.get(address).text for address in ("/", f"/alerts/{alert}", "/closed", "/record", "/sign-in")]
        ann.judge(alert)
        pages.append(ann.get(f"/alerts/{alert}").text)
        for page in pages:
            assert "style=" not in page
            assert "<style" not in page
            assert "onclick" not in page
            assert "<script>" not in page
            assert "://" not in page.replace("http://www.w3.org", "")


def test_what_people_type_is_shown_as_text(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("<b>ann</b>") as ann:
        ann.judge(alert)
        ann.post(f"/api/alerts/{alert}/stops", {"reason": "<img src=x onerror=alert(1)>"})
        for address in ("/", f"/alerts/{alert}"):
            page = ann.get(address).text
            assert "<script>alert" not in page
            assert "<b>ann" not in page
            assert "<img src=x" not in page
