"""Passkeys over HTTP, with a device in software; `tests/e2e/test_accounts.py` does the same with a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from alerts.passkeys import MOST, Site, site_of
from operator_ui.challenges import VALID
from records.ledger import facts_of
from records.schema import LedgerEntry, Passkey
from tests.operator_ui.authenticator import Device
from tests.operator_ui.stage import PASSWORD, Browser, Stage

ORIGIN = "http://localhost:8600"


@contextmanager
def at_localhost(stage: Stage, name: str | None = None, role: str = "operator") -> Iterator[Browser]:
    browser = Browser(TestClient(stage.app, base_url=ORIGIN, follow_redirects=False))
    if name is not None:
        stage.person(name, role)
        browser.sign_in(name)
    yield browser
    browser.http.close()


def a_device() -> Device:
    return Device(ORIGIN, "localhost")


def options(browser: Browser, password: str = PASSWORD) -> dict[str, Any]:
    answer = browser.post("/api/passkeys/options", {"password": password})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def register(browser: Browser, device: Device, name: str = "Tablet 2") -> httpx2.Response:
    return browser.post("/api/passkeys", {"name": name, "credential": device.register(options(browser))})


def asked(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = browser.http.post("/api/passkeys/sign-in/options", json={}).json()
    return found


def send(browser: Browser, credential: dict[str, Any]) -> httpx2.Response:
    return browser.http.post("/api/passkeys/sign-in", json={"credential": credential})


def ledger(stage: Stage) -> list[tuple[str, str, Any]]:
    with stage.database.read() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq))
        return [(row.actor, row.kind, facts_of(row)) for row in rows]


def test_a_registered_passkey_signs_its_person_in_without_name_or_password(stage: Stage) -> None:
    device = a_device()
    with at_localhost(stage, "ann") as ann, at_localhost(stage) as tablet:
        person = ann.get("/api/session").json()["person"]
        given = options(ann)
        assert given["authenticatorSelection"]["residentKey"] == "required"
        assert given["authenticatorSelection"]["userVerification"] == "required"
        assert register(ann, device).status_code == 201
        assert "Tablet 2" in ann.get("/account").text
        demanded = asked(tablet)
        assert demanded["userVerification"] == "required"
        assert demanded.get("allowCredentials", []) == []
        answer = send(tablet, device.sign_in(demanded))
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"person": person, "csrf": tablet.csrf}
        assert [told for told in ledger(stage) if told[0] == person][-2:] == [
            (person, "passkey_added", {}),
            (person, "signed_in", {"method": "passkey"}),
        ]


def test_registering_asks_for_the_password_again(stage: Stage) -> None:
    with at_localhost(stage, "ann") as ann:
        refused = ann.post("/api/passkeys/options", {"password": "not hers"})
        assert refused.status_code == 403
        late = ann.post("/api/passkeys", {"name": "x", "credential": {}})
        assert late.status_code == 409


@pytest.mark.parametrize(
    "fault",
    ["not verified", "other origin", "other host", "other key", "copied", "other person", "unknown", "nonsense"],
)
def test_a_passkey_with_a_fault_signs_nobody_in_and_is_recorded(stage: Stage, fault: str) -> None:
    device, other = a_device(), a_device()
    device.count = 7
    with at_localhost(stage, "ann") as ann, at_localhost(stage, "bob") as bob, at_localhost(stage) as tablet:
        assert register(ann, device).status_code == 201
        assert register(bob, other).status_code == 201
        if fault == "not verified":
            device.verifies = False
        elif fault == "other origin":
            device.origin = "http://localhost:9999"
        elif fault == "other host":
            device.host = "elsewhere.example"
        elif fault == "other key":
            device.key = other.key
        elif fault == "copied":
            device.count = 5
        elif fault == "other person":
            device.user = other.user
        elif fault == "unknown":
            device.credential = b"never registered"
        credential = {"id": 3} if fault == "nonsense" else device.sign_in(asked(tablet))
        if fault == "nonsense":
            asked(tablet)
        refused = send(tablet, credential)
        assert refused.status_code == 401
        assert refused.json()["error"] == "this passkey does not sign anybody in here, or there were too many tries"
        assert tablet.get("/api/session").status_code == 401
        actor, kind, facts = ledger(stage)[-1]
        assert (actor, kind) == ("rig", "sign_in_failed")
        expected = {
            "copied": "passkey_copied",
            "other person": "passkey_unknown",
            "unknown": "passkey_unknown",
            "nonsense": "passkey_unreadable",
        }
        assert facts == {"reason": expected.get(fault, "passkey_wrong")}


def test_a_device_that_does_not_count_may_sign_in_again_and_one_that_counts_must_go_upwards(stage: Stage) -> None:
    device = a_device()
    with at_localhost(stage, "ann") as ann, at_localhost(stage) as tablet:
        register(ann, device)
        for _ in range(2):
            device.count = -1
            assert send(tablet, device.sign_in(asked(tablet))).status_code == 200
        device.count = 3
        assert send(tablet, device.sign_in(asked(tablet))).status_code == 200
        device.count = 3
        assert send(tablet, device.sign_in(asked(tablet))).status_code == 401


def test_an_answer_is_taken_once(stage: Stage) -> None:
    device = a_device()
    with at_localhost(stage, "ann") as ann, at_localhost(stage) as tablet, at_localhost(stage) as thief:
        register(ann, device)
        credential = device.sign_in(asked(tablet))
        # Another browser has another challenge, or none.
        assert send(thief, credential).status_code == 409
        asked(thief)
        assert send(thief, credential).status_code == 401
        assert send(tablet, credential).status_code == 200
        assert send(tablet, credential).status_code == 409


def test_a_challenge_is_worth_nothing_after_five_minutes_nor_after_the_next_one(stage: Stage) -> None:
    device = a_device()
    with at_localhost(stage, "ann") as ann, at_localhost(stage) as tablet:
        register(ann, device)
        early = device.sign_in(asked(tablet))
        stage.clock.forward(VALID)
        assert send(tablet, early).status_code == 409
        first = device.sign_in(asked(tablet))
        asked(tablet)
        assert send(tablet, first).status_code == 401
        registration = a_device().register(options(ann))
        stage.clock.forward(VALID)
        assert ann.post("/api/passkeys", {"name": "x", "credential": registration}).status_code == 409


def test_a_registration_belongs_to_the_session_that_asked_for_it(stage: Stage) -> None:
    with at_localhost(stage, "ann") as ann, at_localhost(stage, "bob") as bob:
        credential = a_device().register(options(ann))
        assert bob.post("/api/passkeys", {"name": "x", "credential": credential}).status_code == 409
        options(bob)
        assert bob.post("/api/passkeys", {"name": "x", "credential": credential}).status_code == 422
        unverified = a_device()
        unverified.verifies = False
        assert register(ann, unverified).status_code == 422
        with stage.database.read() as session:
            assert session.scalars(select(Passkey)).all() == []


def test_one_device_is_registered_once_and_a_person_has_a_few(stage: Stage) -> None:
    device = a_device()
    with at_localhost(stage, "ann") as ann, at_localhost(stage, "bob") as bob:
        assert register(ann, device).status_code == 201
        assert [known["id"] for known in options(ann)["excludeCredentials"]] != []
        assert register(bob, device).status_code == 409
        for name in ("", "x" * 41):
            assert register(ann, a_device(), name).status_code == 422
        for _ in range(MOST - 1):
            assert register(ann, a_device()).status_code == 201
        assert ann.post("/api/passkeys/options", {"password": PASSWORD}).status_code == 409


def test_a_removed_passkey_and_that_of_a_deactivated_person_sign_nobody_in(stage: Stage) -> None:
    device, other = a_device(), a_device()
    with (
        at_localhost(stage, "ann") as ann,
        at_localhost(stage, "adm", "administrator") as adm,
        at_localhost(stage) as tablet,
    ):
        register(ann, device)
        register(ann, other)
        known = ann.get("/api/passkeys").json()["passkeys"][0]["credential_id"]
        assert adm.post("/api/passkeys/remove", {"credential_id": known}).status_code == 422
        assert ann.post("/api/passkeys/remove", {"credential_id": known}).status_code == 204
        assert send(tablet, device.sign_in(asked(tablet))).status_code == 401
        person = ann.get("/api/session").json()["person"]
        adm.post(f"/api/people/{person}/deactivate", {})
        assert send(tablet, other.sign_in(asked(tablet))).status_code == 401


def test_wrong_passkeys_are_limited_by_address_and_lock_no_name(stage: Stage) -> None:
    with at_localhost(stage, "ann") as ann, at_localhost(stage) as tablet:
        device = a_device()
        register(ann, device)
        for _ in range(8):
            stranger = a_device()
            assert send(tablet, stranger.sign_in(asked(tablet))).status_code == 401
        failed = [facts["reason"] for _, kind, facts in ledger(stage) if kind == "sign_in_failed"]
        assert failed == ["passkey_unknown"] * 5 + ["locked"]
        assert send(tablet, device.sign_in(asked(tablet))).status_code == 401
        assert tablet.sign_in("ann").status_code == 303
        stage.clock.forward(timedelta(minutes=31))
        assert send(tablet, device.sign_in(asked(tablet))).status_code == 200


def test_where_browsers_have_no_passkeys_the_pages_say_so_and_offer_none(stage: Stage) -> None:
    with stage.client("ann") as ann, stage.client() as nobody:
        assert "https address" in ann.get("/account").text
        assert 'id="passkey"' not in ann.get("/account").text
        assert "passkey" not in nobody.get("/sign-in").text.partition("<body")[2]
        assert nobody.http.post("/api/passkeys/sign-in/options", json={}).status_code == 409
        refused = ann.post("/api/passkeys/options", {"password": PASSWORD})
        assert refused.status_code == 409
        assert "http://localhost" in refused.json()["error"]
    with at_localhost(stage) as tablet:
        assert 'id="passkey"' in tablet.get("/sign-in").text


@pytest.mark.parametrize(
    ("scheme", "netloc", "site"),
    [
        ("http", "localhost:8600", Site("localhost", "http://localhost:8600")),
        ("https", "Rig.example:8443", Site("rig.example", "https://rig.example:8443")),
        ("https", "rig.example", Site("rig.example", "https://rig.example")),
        ("http", "rig.example", None),
        ("http", "127.0.0.1:8600", None),
        ("https", "192.168.1.5:8443", None),
        ("https", "[fe80::1]:8443", None),
        ("https", "", None),
    ],
)
def test_passkeys_belong_to_a_name_over_tls_or_to_localhost(scheme: str, netloc: str, site: Site | None) -> None:
    assert site_of(scheme, netloc) == site
