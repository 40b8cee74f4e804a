"""Accounts over HTTP: the administrator's page, the one-time password, one's own account."""

import pytest

from records.schema import ROLES, Person
from tests.operator_ui.stage import PASSWORD, Browser, Stage

NEW = "tired otter builds"


def invite(adm: Browser, name: str = "ann", role: str = "operator") -> tuple[str, str]:
    """(the id, the one-time password)."""
    answer = adm.post("/api/people", {"name": name, "role": role})
    assert answer.status_code == 201, answer.text
    return answer.json()["person"]["id"], answer.json()["password"]


def change(browser: Browser, present: str, new: str = NEW) -> int:
    return browser.post("/api/account/password", {"present": present, "new": new}).status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_added_over_the_page_and_shown_in_its_words(stage: Stage, role: str) -> None:
    with stage.client("adm", "administrator") as adm:
        authority = {"authority": 3} if role == "authorising_officer" else {}
        answer = adm.post("/api/people", {"name": "Zoë Example", "role": role} | authority)
        assert answer.status_code == 201
        shown = adm.get("/people").text
        assert "Zoë Example" in shown
        assert "One-time password</span>" in shown
        assert answer.json()["password"] not in shown
        assert answer.json()["password"] not in adm.get("/api/people").text


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"name": "ADM", "role": "operator"}, 422, "already"),
        ({"name": " ", "role": "operator"}, 422, "name"),
        ({"name": "ann", "role": "chief"}, 422, "role"),
        ({"name": "ann", "role": "authorising_officer"}, 422, "authority"),
        ({"name": "ann", "role": "operator", "authority": 2}, 422, "authority"),
        ({"name": "ann", "role": "authorising_officer", "authority": 9}, 422, "authority 9"),
        ({"name": "ann", "role": "operator", "password": "chosen by the administrator"}, 422, "password"),
        ({"name": 3, "role": "operator"}, 422, "name"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_one_line(
    stage: Stage, body: dict[str, object], code: int, message: str
) -> None:
    with stage.client("adm", "administrator") as adm:
        refused = adm.post("/api/people", body)
        assert refused.status_code == code
        assert message in refused.json()["error"]
        assert "\n" not in refused.json()["error"]
        assert len(adm.get("/api/people").json()["people"]) == 1


def test_with_a_one_time_password_nothing_opens_before_another_is_chosen(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("adm", "administrator") as adm, stage.client() as ann:
        _, password = invite(adm)
        ann.sign_in("ann", password)
        for page in ("/", "/closed", f"/alerts/{alert}"):
            assert ann.get(page).headers["location"] == "/account"
        assert "Choose your password" in ann.get("/account").text
        for address in ("/api/alerts", f"/alerts/{alert}/looks/0", "/events", "/api/passkeys"):
            assert ann.get(address).status_code == 403, address
        assert ann.judge(alert).status_code == 403
        assert change(ann, "wrong password") == 403
        assert change(ann, password, "short") == 422
        assert change(ann, password, "ann-ann-ann-ann") == 422
        assert change(ann, password, password) == 422
        assert change(ann, password) == 204
        assert ann.get("/").status_code == 200
        assert ann.http.post("/api/sign-in", json={"name": "ann", "password": password}).status_code == 401


def test_an_administrator_too_is_held_by_a_one_time_password(stage: Stage) -> None:
    with stage.client("adm", "administrator") as adm, stage.client() as second:
        _, password = invite(adm, "second", "administrator")
        second.sign_in("second", password)
        assert second.get("/people").headers["location"] == "/account"
        assert second.post("/api/people", {"name": "x", "role": "operator"}).status_code == 403


def test_who_is_deactivated_is_out_at_once_and_cannot_come_back(stage: Stage) -> None:
    person = stage.person("bob")
    with stage.client("adm", "administrator") as adm, stage.client() as bob:
        bob.sign_in("bob")
        assert bob.get("/").status_code == 200
        assert adm.post(f"/api/people/{person}/deactivate", {}).json()["person"]["active"] is False
        assert bob.get("/api/session").status_code == 401
        assert bob.sign_in("bob").status_code == 401
        assert "Deactivated" in adm.get("/people").text
        assert adm.post(f"/api/people/{person}/deactivate", {}).status_code == 409
        assert adm.post(f"/api/people/{person}/password", {}).status_code == 409
        assert adm.post("/api/people/none/deactivate", {}).status_code == 422


def test_an_administrator_cannot_close_or_reset_the_own_account(stage: Stage) -> None:
    with stage.client("adm", "administrator") as adm:
        mine = adm.get("/api/session").json()["person"]
        for act in ("deactivate", "password"):
            assert adm.post(f"/api/people/{mine}/{act}", {}).status_code == 409
        assert adm.get("/people").status_code == 200


def test_a_forgotten_password_is_replaced_by_one_for_one_time(stage: Stage) -> None:
    person = stage.person("bob")
    with stage.client("adm", "administrator") as adm, stage.client() as bob:
        bob.sign_in("bob")
        password = adm.post(f"/api/people/{person}/password", {}).json()["password"]
        assert bob.get("/api/session").status_code == 401
        assert bob.sign_in("bob").status_code == 401
        assert bob.sign_in("bob", password).status_code == 303
        assert change(bob, password) == 204


def test_changing_the_own_password_asks_for_the_present_one_and_ends_other_sessions(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client() as elsewhere:
        elsewhere.sign_in("ann")
        assert change(ann, "not mine") == 403
        assert elsewhere.get("/api/session").status_code == 200
        assert change(ann, PASSWORD) == 204
        assert ann.get("/api/session").status_code == 200
        assert elsewhere.get("/api/session").status_code == 401
        assert elsewhere.sign_in("ann", NEW).status_code == 303


def test_guessing_the_present_password_is_limited_like_signing_in(stage: Stage) -> None:
    with stage.client("ann") as ann:
        assert [change(ann, "a guess") for _ in range(5)] == [403] * 5
        assert change(ann, PASSWORD) == 403


def test_the_lock_screen_signs_in_without_leaving_the_page_and_gives_the_new_pages_token(stage: Stage) -> None:
    with stage.client("ann") as ann:
        before = ann.csrf
        assert ann.post("/api/session/lock", {}).status_code == 204
        assert ann.get("/api/session").status_code == 401
        wrong = ann.http.post("/api/sign-in", json={"name": "ann", "password": "wrong"})
        assert wrong.status_code == 401
        answer = ann.http.post("/api/sign-in", json={"name": "ann", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["csrf"] == ann.csrf != before
        assert PASSWORD not in answer.text


def test_another_sites_form_cannot_sign_anybody_in(stage: Stage) -> None:
    stage.person("eve")
    with stage.client() as browser:
        text = b'{"name": "eve", "password": "correct horse battery"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            for address in ("/api/sign-in", "/api/passkeys/sign-in/options", "/api/passkeys/sign-in"):
                refused = browser.http.post(address, content=text, headers={"content-type": kind})
                assert refused.status_code == 415
        foreign = {"Origin": "https://elsewhere.example"}
        body = {"name": "eve", "password": PASSWORD}
        assert browser.http.post("/api/sign-in", json=body, headers=foreign).status_code == 403
        assert browser.get("/api/session").status_code == 401


def test_the_name_on_a_page_of_people_is_text(stage: Stage) -> None:
    stage.person("<b>bob</b>")
    with stage.client("adm", "administrator") as adm:
        page = adm.get("/people").text
        assert "<b>bob" not in page
        assert "&lt;b&gt;bob" in page


def test_a_password_is_in_no_row_in_no_answer_and_in_no_page(stage: Stage) -> None:
    with stage.client("adm", "administrator") as adm:
        person, password = invite(adm)
        with stage.database.read() as session:
            assert password not in session.get_one(Person, person).password_hash
        assert password not in adm.get("/people").text + adm.get("/api/people").text + adm.get("/account").text
