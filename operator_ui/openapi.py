"""The API's description as OpenAPI 3.1, made from its routes and from the structs that they take and give."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import msgspec
from starlette.routing import BaseRoute

from operator_ui.answers import Fault
from operator_ui.api_routes import JSON, ApiRoute, Description
from operator_ui.words import ROLES

_SCHEMAS: Final = "#/components/schemas/{name}"
_PARAMETER: Final = re.compile(r"{(\w+)(?::\w+)?}")

_ABOUT: Final = """What the tablet's pages use, for other programs of the same rig.

A session is a cookie: `POST /api/sign-in` sets it. A request that changes something carries the session's token, which
`GET /api/session` tells, in the header `X-CSRF-Token`. Every fault is an object with one sentence under `error`. Times
are UTC; ids are UUIDs of version 7. Nothing here shows more than the pages do: before people have decided, an alert has
no name, no category and no similarity."""

FAULTS: Final[Mapping[int, str]] = {
    401: "Nobody is signed in, or the sign-in failed",
    403: "Not for this role, not at this time, or the CSRF token is missing or wrong",
    404: "There is no such thing",
    409: "Not now, or not by this person: the sentence says why; nothing was stored",
    413: "The body is too large",
    415: "The body is not `application/json`",
    422: "The body or the address is not understood: the sentence says where",
    503: "The record cannot be reached at the moment: nothing was stored",
}


def described(routes: Sequence[BaseRoute]) -> list[Description]:
    """The descriptions of those routes that are the API's, in their order."""
    return [route.description for route in routes if isinstance(route, ApiRoute)]


def plain_path(path: str) -> str:
    """The path as OpenAPI writes it, without the types of its parameters."""
    return _PARAMETER.sub(r"{\1}", path)


def document(descriptions: Iterable[Description]) -> dict[str, Any]:
    """The whole description, ready to be written as JSON."""
    listed = list(descriptions)
    types = [kind for one in listed for kind in (one.takes, one.gives) if kind is not None]
    found, components = msgspec.json.schema_components([Fault, *types], ref_template=_SCHEMAS)
    schemas = dict(zip([id(Fault), *map(id, types)], found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in listed:
        fields, named = _query_fields(one)
        components.update(named)
        paths.setdefault(plain_path(one.path), {})[one.method.lower()] = _operation(one, schemas, fields)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenLFR",
            "version": version("openlfr"),
            "summary": "The machine may only suggest; law sets the limits; people decide.",
            "description": _ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                f"Fault{code}": {"description": words, "content": {JSON: {"schema": schemas[id(Fault)]}}}
                for code, words in FAULTS.items()
            },
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-openlfr",
                    "description": "Set by signing in; named `openlfr` where the tablet is served without TLS.",
                },
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-CSRF-Token",
                    "description": "`csrf` of `GET /api/session`.",
                },
            },
        },
    }


def _operation(one: Description, schemas: Mapping[int, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(one),
        "tags": [subject_of(one)],
        "summary": one.says,
        "description": who_may(one),
        "responses": _responses(one, schemas),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(one.path)
    ]
    for name, schema in query.items():
        parameters.append({"name": name, "in": "query", "required": False, "schema": schema})
    if parameters:
        operation["parameters"] = parameters
    if one.takes is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas[id(one.takes)]}}}
    if one.roles is None:
        operation["security"] = []
    else:
        operation["x-roles"] = list(one.roles)
        operation["security"] = [{"session": []}] if one.method == "GET" else [{"session": [], "csrf": []}]
    return operation


def _query_fields(one: Description) -> tuple[dict[str, Any], dict[str, Any]]:
    """Schema of each parameter that the address may carry, and the named schemas that these need."""
    if one.query is None:
        return {}, {}
    _, named = msgspec.json.schema_components([one.query], ref_template=_SCHEMAS)
    return named.pop(one.query.__name__)["properties"], named


def who_may(one: Description) -> str:
    if one.roles is None:
        return "For anybody, without a session."
    if set(one.roles) == set(ROLES):
        return "For everybody who is signed in."
    return f"For: {', '.join(words.lower() for role, words in ROLES.items() if role in one.roles)}."


def _responses(one: Description, schemas: Mapping[int, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done"}
    if one.gives is not None and one.media == JSON:
        done["content"] = {JSON: {"schema": schemas[id(one.gives)]}}
    elif one.gives is not None:
        done["content"] = {one.media: {"schema": {"type": "string"}, "x-parts": schemas[id(one.gives)]}}
    return {str(one.status): done} | {
        str(code): {"$ref": f"#/components/responses/Fault{code}"} for code in faults_of(one)
    }


def faults_of(one: Description) -> list[int]:
    """Which faults a request of this kind can meet."""
    if one.method != "GET":
        return list(FAULTS)
    unmet = {409, 413, 415}
    if "{" not in one.path:
        unmet |= {404}
    if one.query is None:
        unmet |= {422}
    return [code for code in FAULTS if code not in unmet]


def subject_of(one: Description) -> str:
    return one.path.removeprefix("/api/").strip("/").split("/")[0].removesuffix(".json")


def _operation_id(one: Description) -> str:
    """For generated clients: `post_alerts_alert_id_stops`."""
    return "_".join([one.method.lower(), *re.findall(r"\w+", plain_path(one.path).removeprefix("/api"))]).replace(
        "-", "_"
    )
