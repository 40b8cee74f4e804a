"""Who may do what: every route but sign-in stands behind `guard`, which checks session, role and CSRF token."""

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from alerts import people
from operator_ui.desk import Desk, desk_of
from operator_ui.steps import Viewer
from operator_ui.words import ROLES

Handler = Callable[[Request, Viewer], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

EVERYBODY = tuple(ROLES)
SAFE_METHODS = ("GET", "HEAD")


def cookie_name(tls: bool) -> str:
    """`__Host-`: a browser takes such a cookie only if it is Secure and of this host, so plain HTTP has none."""
    return "__Host-openlfr" if tls else "openlfr"


def secret_of(connection: HTTPConnection) -> str:
    return connection.cookies.get(cookie_name(desk_of(connection).settings.tls), "")


def set_session(response: Response, desk: Desk, secret: str) -> None:
    tls = desk.settings.tls
    response.set_cookie(cookie_name(tls), secret, path="/", httponly=True, secure=tls, samesite="strict")


def clear_session(response: Response, desk: Desk) -> None:
    tls = desk.settings.tls
    response.delete_cookie(cookie_name(tls), path="/", httponly=True, secure=tls, samesite="strict")


async def find_viewer(connection: HTTPConnection) -> Viewer | None:
    """The person of the request's session, whose idle time begins anew; None where there is no live session."""
    desk, secret, now = desk_of(connection), secret_of(connection), desk_of(connection).now()
    if not secret:
        return None

    def find(session: Session) -> tuple[Viewer, bool] | None:
        found = people.signed_in(session, secret, now)
        if found is None:
            return None
        person = found.person
        return Viewer(person.id, person.name, person.role, found.csrf), people.needs_touch(found, now)

    found = await desk.read(find)
    if found is None:
        return None
    viewer, needs_touch = found
    if needs_touch:
        await desk.write(lambda session: people.touch(session, secret, now))
    return viewer


def guard(handler: Handler, *roles: str, page: bool = False) -> Endpoint:
    """The handler for live sessions of these roles only (none given: every role).

    Without a session a page leads to sign-in and anything else is 401; a wrong role, origin or CSRF token is 403.
    """

    async def endpoint(request: Request) -> Response:
        if request.method not in SAFE_METHODS:
            check_origin(request)
        viewer = await find_viewer(request)
        if viewer is None:
            if page:
                return RedirectResponse("/sign-in", 303)
            raise HTTPException(401, "you are not signed in")
        if roles and viewer.role not in roles:
            raise HTTPException(403, f"not for the role {ROLES[viewer.role].lower()}")
        if request.method not in SAFE_METHODS:
            check_csrf(request.headers.get("x-csrf-token", ""), viewer.csrf)
        return await handler(request, viewer)

    return endpoint


def check_csrf(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise HTTPException(403, "the page is out of date: load it again (CSRF token missing or wrong)")


def check_origin(request: Request) -> None:
    """Refuses a request that another site's page made the browser send."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "this request comes from another site")
