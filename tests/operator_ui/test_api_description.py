"""The API's description: valid, complete, and as the API behaves. What answers look like, `fitting` asks everywhere."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from alerts import sign_ins
from alerts.people import named
from operator_ui.access import cookie_name
from operator_ui.api_routes import Description
from operator_ui.openapi import described
from operator_ui.words import ROLES
from tests.operator_ui.fitting import FAULT
from tests.operator_ui.stage import Browser, Stage, record_at

NOBODY = "019383f0-7f3a-7000-8000-00000000dead"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(record_at(tmp_path_factory.mktemp("api")))
    for role in ROLES:
        stage.person(role, role)
    yield stage
    stage.database.close()


def as_role(stage: Stage, role: str | None) -> Browser:
    """A new session of a person of this role; none at all for None."""
    http = TestClient(stage.app, base_url="http://rig", follow_redirects=False)
    if role is not None:
        with stage.database.write() as session:
            token = sign_ins.begin(session, named(session, role), "password", stage.time())
        http.cookies.set(cookie_name(tls=False), token.secret)
    return Browser(http)


def operations(stage: Stage) -> list[Description]:
    return described(stage.app.routes)


def address(one: Description) -> str:
    return re.sub(r"{\w+:int}", "0", re.sub(r"{\w+}", NOBODY, one.path))


def ask(browser: Browser, one: Description, csrf: str | None = None) -> Any:
    return browser.get(address(one)) if one.method == "GET" else browser.post(address(one), {}, csrf)


def test_the_description_is_valid_openapi(rig: Stage) -> None:
    for role in ROLES:
        answer = as_role(rig, role).get("/api/openapi.json")
        assert answer.status_code == 200
    spec = answer.json()
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()
    assert not [name for name in spec["components"]["schemas"] if "." in name], "two structs have one name"


def test_every_route_of_the_api_is_described_and_nothing_else(rig: Stage) -> None:
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in rig.app.routes
        if isinstance(route, Route) and route.path.startswith(("/api/", "/events"))
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert not [mount.path for mount in rig.app.routes if isinstance(mount, Mount) and mount.path.startswith("/api")]
    paths = as_role(rig, "auditor").get("/api/openapi.json").json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == served
    identifiers = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(identifiers)) == len(identifiers)


def test_the_roles_of_the_description_are_those_that_get_in(rig: Stage) -> None:
    for one in operations(rig):
        if one.roles is None or one.path == "/events":
            continue
        for role in ROLES:
            answer = ask(as_role(rig, role), one)
            refused = answer.status_code == 403 and "not for the role" in answer.json()["error"]
            assert refused == (role not in one.roles), f"{one.method} {one.path} as {role}: {answer.text}"


def test_without_a_session_every_route_but_the_open_ones_says_so(rig: Stage) -> None:
    for one in operations(rig):
        answer = ask(as_role(rig, None), one, csrf="none")
        assert (answer.status_code == 401) == (one.roles is not None), one.path
        if answer.status_code >= 400:
            FAULT.validate(answer.json())


def test_without_the_token_nothing_can_be_changed(rig: Stage) -> None:
    for one in operations(rig):
        if one.roles is not None and one.method != "GET":
            answer = ask(as_role(rig, one.roles[0]), one, csrf="wrong")
            assert answer.status_code == 403
            assert "CSRF" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b'{"unknown": 1}', b"[" * 5000, b'"' + b"x" * 70_000 + b'"'],
    ids=["none", "cut off", "no text", "a list", "another field", "deep", "long"],
)
def test_a_body_that_is_not_understood_is_told_in_one_sentence(rig: Stage, body: bytes) -> None:
    for one in operations(rig):
        if one.takes is None or one.roles is None:
            continue
        browser = as_role(rig, one.roles[0])
        answer = browser.http.post(address(one), content=body, headers={"X-CSRF-Token": browser.csrf})
        assert answer.status_code in (404, 409, 413, 415, 422), f"{one.path}: {answer.status_code} {answer.text}"
        FAULT.validate(answer.json())


def test_every_fault_has_one_shape_whatever_went_wrong(rig: Stage) -> None:
    browser = as_role(rig, "operator")
    for path in (
        "/api/nothing",
        "/api/alerts/x/y/z",
        "/api/alerts?state=odd",
        "/api/watchlist/x?page=0",
        "/events?after=x",
    ):
        answer = browser.http.get(path)
        assert answer.status_code in (404, 422)
        FAULT.validate(answer.json())
    FAULT.validate(browser.http.put("/api/alerts").json())
    rig.clock.forward(timedelta(days=1))
    late = browser.http.get("/api/alerts")
    assert late.status_code == 401
    FAULT.validate(late.json())


def test_the_page_shows_every_route_and_every_shape_and_needs_a_session(rig: Stage) -> None:
    assert as_role(rig, None).get("/api").headers["location"] == "/sign-in?next=%2Fapi"
    for role in ROLES:
        page = as_role(rig, role).get("/api")
        assert page.status_code == 200
    for one in operations(rig):
        assert f'<code class="path">{re.sub(r":[a-z]+}", "}", one.path)}</code>' in page.text
    for name in set(re.findall(r'href="#(shape-[^"]+)"', page.text)):
        assert f'id="{name}"' in page.text


def test_the_description_needs_nothing_from_elsewhere(rig: Stage) -> None:
    page = as_role(rig, "auditor").get("/api").text
    assert "://" not in page
    assert "<script>" not in page
    assert list(Path("operator_ui/static/js").glob("swagger*")) == []
