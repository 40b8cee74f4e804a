"""Who gets in: passwords, sessions, the one-time link, and the limits on trying."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from alerts.people import IDLE
from operator_ui.attempts import PER_ADDRESS, PER_NAME, WINDOW, Attempts
from operator_ui.entrance import VALID, Door, make_entrance
from operator_ui.settings import UiSettings
from records.schema import Person
from tests.operator_ui.stage import PASSWORD, START, Browser, Stage, record_at, settings_of


def test_without_a_session_pages_lead_to_sign_in_and_the_api_says_401(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client() as nobody:
        for page in ("/", "/closed", "/record", f"/alerts/{alert}"):
            answer = nobody.get(page)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
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
    settings = UiSettings(
        record=plain.record, watchlist="none", contract="c", changes=plain.changes, certificate="c.pem", key="k.pem"
    )
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


def test_after_five_failures_even_the_right_password_must_wait(stage: Stage) -> None:
    stage.person("ann")
    with stage.client() as browser:
        for _ in range(PER_NAME):
            assert browser.sign_in("ann", "wrong password").status_code == 401
        refused = browser.sign_in("ann")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) == WINDOW.seconds + 1
        stage.clock.forward(WINDOW)
        assert browser.sign_in("ann").status_code == 303


def test_failures_from_one_address_do_not_lock_a_person_out_elsewhere() -> None:
    attempts = Attempts()
    for _ in range(PER_NAME):
        attempts.failed("10.0.0.1", "ann", START)
    assert attempts.wait("10.0.0.1", "ann", START) > 0
    assert attempts.wait("10.0.0.2", "ann", START) == 0


def test_an_address_that_tries_many_names_must_wait_too() -> None:
    attempts = Attempts()
    for number in range(PER_ADDRESS):
        attempts.failed("10.0.0.1", f"name {number}", START)
    assert attempts.wait("10.0.0.1", "another", START) > 0
    assert attempts.wait("10.0.0.1", "another", START + WINDOW) == 0


def test_a_session_ends_after_the_idle_time(stage: Stage) -> None:
    with stage.client("ann") as ann:
        stage.clock.forward(IDLE - timedelta(seconds=1))
        assert ann.get("/api/session").status_code == 200
        stage.clock.forward(IDLE - timedelta(seconds=1))
        assert ann.get("/api/session").status_code == 200
        stage.clock.forward(IDLE + timedelta(seconds=1))
        assert ann.get("/api/session").status_code == 401


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
    stage = Stage(database)
    secret, entrance = make_entrance(stage.person("demo operator"), START)
    plain = settings_of(database)
    stage = Stage(
        database,
        settings=UiSettings(
            record=plain.record, watchlist="none", contract="c", changes=plain.changes, entrance=entrance
        ),
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
        UiSettings(record="r", watchlist="w", contract="c", changes="ipc:///x", certificate="c.pem")
    with pytest.raises(ValueError, match="port 70000"):
        UiSettings(record="r", watchlist="w", contract="c", changes="ipc:///x", port=70000)
