"""Who gets in: passwords, sessions, the one-time link, and the limits on trying."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from alerts.people import add_person
from operator_ui.entrance import VALID, Door, make_entrance
from operator_ui.settings import UiSettings
from records.policy import Sessions
from records.schema import FailedSignIn, Person
from tests.operator_ui.stage import PASSWORD, START, Browser, Stage, record_at, settings_of

RULES = Sessions()


def test_without_a_session_pages_lead_to_sign_in_and_the_api_says_401(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client() as nobody:
        for page in ("/", "/closed", "/record", f"/alerts/{alert}"):
            answer = nobody.get(page)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")
        for address in ("/api/alerts", f"/api/alerts/{alert}", "/api/status", "/events", f"/alerts/{alert}/looks/0"):
            answer = nobody.get(address)
            assert answer.status_code == 401, address
        answer = nobody.post(f"/api/alerts/{alert}/adjudications", {"verdict": "same"}, csrf="x")
        assert (answer.status_code, answer.json()) == (401, {"error": "you are not signed in"})


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stage: Stage) -> None:
    stage.person("ann")
    with stage.client() as ann:
        cookie = ann.sign_in("ann").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie


def test_with_tls_the_cookie_is_bound_to_the_host_and_secure(tmp_path: Path) -> None:
    database = record_at(tmp_path)
    plain = settings_of(database)
    settings = UiSettings(vault=plain.vault, changes=plain.changes, certificate="c.pem", key="k.pem")
    stage = Stage(database, settings=settings)
    stage.person("ann")
    browser = Browser(TestClient(stage.app, base_url="https://rig", follow_redirects=False))
    answer = browser.sign_in("ann")
    assert answer.headers["set-cookie"].startswith("__Host-openlfr=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("form", [{}, {"form_token": "wrong"}, {"form_token": "ünicode"}])
def test_a_sign_in_form_that_did_not_come_from_this_page_is_refused(stage: Stage, form: dict[str, str]) -> None:
    stage.person("ann")
    with stage.client() as browser:
        browser.get("/sign-in")
        answer = browser.http.post("/sign-in", data=form | {"name": "ann", "password": PASSWORD})
        assert answer.status_code == 403
        assert "openlfr=" not in answer.headers.get("set-cookie", "").replace("openlfr-form=", "")


def test_wrong_name_and_wrong_password_get_the_same_answer(stage: Stage) -> None:
    stage.person("ann")
    with stage.client() as browser:
        answers = [browser.sign_in("ann", "not the password"), browser.sign_in("nobody", "not the password")]
        assert [answer.status_code for answer in answers] == [401, 401]
        texts = [re.sub(r'(name="form_token"|name="name") value="[^"]*"', "", answer.text) for answer in answers]
        assert texts[0] == texts[1]


def test_a_locked_name_gets_the_same_answer_as_a_wrong_password_even_with_the_right_one(stage: Stage) -> None:
    stage.person("ann")
    with stage.client() as browser:
        answers = [browser.sign_in("ann", "wrong password") for _ in range(RULES.attempts)] + [browser.sign_in("ann")]
        assert {answer.status_code for answer in answers} == {401}
        texts = {re.sub(r'name="form_token" value="[^"]*"', "", answer.text) for answer in answers}
        assert len(texts) == 1
        stage.clock.forward(2 * timedelta(minutes=RULES.locked_minutes))
        assert browser.sign_in("ann").status_code == 303


def test_attempts_sent_side_by_side_all_count(stage: Stage) -> None:
    stage.person("ann")
    # Entered, a client has one event loop for all its requests, as a server has.
    with stage.client() as browser, browser.http, ThreadPoolExecutor(12) as threads:
        page = browser.get("/sign-in").text
        found = re.search(r'name="form_token" value="([^"]+)"', page)
        assert found is not None
        form = {"form_token": found[1], "name": "ann", "password": "wrong password"}
        answers = list(threads.map(lambda _: browser.http.post("/sign-in", data=form), range(12)))
        assert {answer.status_code for answer in answers} == {401}
    with stage.database.read() as session:
        assert session.query(FailedSignIn).count() == RULES.attempts + 1


def test_a_session_lives_on_what_its_person_does_and_not_on_what_a_page_fetches_by_itself(stage: Stage) -> None:
    idle = timedelta(minutes=RULES.idle_minutes)
    with stage.client("ann") as ann:
        for _ in range(2):
            stage.clock.forward(idle - timedelta(seconds=1))
            assert ann.post("/api/session/seen", {}).status_code == 204
        for address in ("/api/session", "/", "/queue", "/api/alerts"):
            stage.clock.forward(idle / 5)
            assert ann.get(address).status_code == 200
        stage.clock.forward(idle / 5 + timedelta(seconds=1))
        assert ann.get("/api/session").status_code == 401
        assert ann.get("/closed").headers["location"] == "/sign-in?next=%2Fclosed"


def test_after_signing_in_again_one_is_back_where_one_was_and_never_elsewhere(stage: Stage) -> None:
    stage.person("ann")
    for asked, reached in (
        ("/closed", "/closed"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/\nx", "/"),
    ):
        with stage.client() as browser:
            page = browser.http.get("/sign-in", params={"next": asked}).text
            token = re.search(r'name="form_token" value="([^"]+)"', page)
            goal = re.search(r'name="next" value="([^"]*)"', page)
            assert token is not None
            assert goal is not None
            form = {"form_token": token[1], "name": "ann", "password": PASSWORD, "next": asked}
            assert (goal[1], browser.http.post("/sign-in", data=form).headers["location"]) == (reached, reached)


def test_a_person_made_inactive_is_out_at_once(stage: Stage) -> None:
    with stage.client("ann") as ann:
        with stage.database.write() as session:
            session.query(Person).one().active = False
        assert ann.get("/api/session").status_code == 401


def test_signing_out_ends_the_session_and_needs_its_own_token(stage: Stage) -> None:
    with stage.client("ann") as ann:
        assert ann.http.post("/sign-out", data={"csrf": "wrong"}).headers["location"] == "/"
        assert ann.get("/api/session").status_code == 200
        secret = dict(ann.http.cookies)
        assert ann.http.post("/sign-out", data={"csrf": ann.csrf}).headers["location"] == "/sign-in"
        ann.http.cookies.update(secret)
        assert ann.get("/api/session").status_code == 401


def test_the_one_time_link_signs_its_person_in_once(tmp_path: Path) -> None:
    database = record_at(tmp_path)
    with database.write() as session:
        person = add_person(session, "demo operator", "operator", PASSWORD, START).id
    secret, entrance = make_entrance(person, START)
    plain = settings_of(database)
    stage = Stage(
        database,
        settings=UiSettings(vault=plain.vault, changes=plain.changes, entrance=entrance),
    )
    with stage.client() as first, stage.client() as second:
        assert first.get("/enter?token=wrong").status_code == 403
        assert first.get(f"/enter?token={secret}").headers["location"] == "/"
        assert first.get("/api/session").json()["name"] == "demo operator"
        refused = second.get(f"/enter?token={secret}")
        assert refused.status_code == 403
        assert "used before" in refused.text
        assert second.get("/api/session").status_code == 401


def test_the_one_time_link_expires_and_is_absent_by_default() -> None:
    secret, entrance = make_entrance("person", START)
    assert Door(entrance).open(secret, START + VALID) is None
    assert Door(entrance).open(secret, START + VALID - timedelta(seconds=1)) == "person"
    assert Door(None).open(secret, START) is None
    assert secret not in repr(entrance)


def test_settings_refuse_half_of_tls_and_an_impossible_port() -> None:
    with pytest.raises(ValueError, match="belong together"):
        UiSettings(vault="v", changes="ipc:///x", certificate="c.pem")
    with pytest.raises(ValueError, match="port 70000"):
        UiSettings(vault="v", changes="ipc:///x", port=70000)
