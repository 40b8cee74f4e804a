"""Routes of the API, each with the words and types that describe it: what is enforced and what is described are one.

`operator_ui.openapi` makes the description of the whole API from these.
"""

from typing import Any, Final, Literal

import msgspec
from starlette.routing import Route

from operator_ui.access import EVERYBODY, Endpoint, Handler, guard

Method = Literal["GET", "POST"]
JSON: Final = "application/json"


class Description(msgspec.Struct, frozen=True, kw_only=True):
    method: Method
    path: str
    says: str
    """What it does, in one sentence."""
    roles: tuple[str, ...] | None
    """Who may; None: anybody, without a session."""
    takes: Any = None
    """Type of the body, or None."""
    gives: Any = None
    """Type of the answer, or None where it has no body."""
    status: int = 200
    """Of the answer where all is well."""
    query: type[msgspec.Struct] | None = None
    """Its fields are the parameters that the address may carry after `?`."""
    media: str = JSON
    """Media type of the answer; `gives` of anything but JSON is what its parts hold."""


class ApiRoute(Route):
    """A route that describes itself."""

    def __init__(self, endpoint: Endpoint, description: Description) -> None:
        super().__init__(description.path, endpoint, methods=[description.method])
        self.description = description


def api_route(
    method: Method,
    path: str,
    handler: Handler,
    *roles: str,
    says: str,
    takes: Any = None,
    gives: Any = None,
    status: int = 200,
    query: type[msgspec.Struct] | None = None,
    media: str = JSON,
    one_time: bool = False,
) -> ApiRoute:
    """A route behind `guard` for these roles (none given: every role); `gives` is the struct that it answers with."""
    description = Description(
        method=method,
        path=path,
        says=says,
        roles=roles or EVERYBODY,
        takes=takes,
        gives=gives,
        status=status,
        query=query,
        media=media,
    )
    return ApiRoute(guard(handler, *roles, one_time=one_time), description)


def open_route(
    method: Method, path: str, endpoint: Endpoint, *, says: str, takes: Any = None, gives: Any = None
) -> ApiRoute:
    """A route for whoever is not signed in yet."""
    return ApiRoute(endpoint, Description(method=method, path=path, says=says, roles=None, takes=takes, gives=gives))
