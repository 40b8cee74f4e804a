"""Whether an answer of the API is as its description says: asked of every answer that a test's browser gets."""

import json
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import Match

from operator_ui.api_routes import JSON, ApiRoute, Description
from operator_ui.openapi import described, document, plain_path


def check_answer(app: object, answer: httpx2.Response) -> None:
    """Raises AssertionError for an answer of a status, a field or a type that the description does not have."""
    assert isinstance(app, Starlette)
    path, method = answer.request.url.path, answer.request.method
    if not path.startswith("/api/"):
        return
    scope = {"type": "http", "method": method, "path": path}
    route = next((route for route in app.routes if route.matches(scope)[0] == Match.FULL), None)
    if route is None or answer.status_code >= 500:
        FAULT.validate(answer.json())
        return
    assert isinstance(route, ApiRoute), f"{path} is no described route"
    one = route.description
    paths, components = described_by(tuple(described(app.routes)))
    operation = paths[plain_path(one.path)][method.lower()]
    assert str(answer.status_code) in operation["responses"], f"{method} {path} answered {answer.status_code}"
    if answer.status_code != one.status:
        FAULT.validate(answer.json())
    elif one.media != JSON:
        assert answer.headers["content-type"].split(";")[0] == one.media
    elif "content" in operation["responses"][str(one.status)]:
        schema = operation["responses"][str(one.status)]["content"]["application/json"]["schema"]
        Draft202012Validator(schema | {"components": components}).validate(answer.json())
    else:
        assert answer.content == b""


@cache
def described_by(descriptions: tuple[Description, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The paths of the description, and its components with nothing left open: an answer has each field of its shape
    and no other."""
    made: dict[str, Any] = json.loads(json.dumps(document(descriptions)))
    for schema in made["components"]["schemas"].values():
        if "properties" in schema:
            schema["required"] = list(schema["properties"])
            schema["additionalProperties"] = False
    return made["paths"], made["components"]


FAULT = Draft202012Validator(
    {
        "type": "object",
        "properties": {"error": {"type": "string", "minLength": 1}},
        "required": ["error"],
        "additionalProperties": False,
    }
)
