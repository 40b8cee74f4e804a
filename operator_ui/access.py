"""Who may do what: every route but sign-in stands behind `guard`, which checks session, role and CSRF token."""

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from alerts import sign_ins
from alerts.qualified import is_qualified
from operator_ui.band import read_band
from operator_ui.desk import Desk, desk_of
from operator_ui.language import translated
from operator_ui.steps import Viewer
from operator_ui.words import ROLES
from records.schema import SignIn

Handler = Callable[[Request, Viewer], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

EVERYBODY = tuple(ROLES)
SAFE_METHODS = ("GET", "HEAD")
ACCOUNT = "/account"


def cookie_name(tls: bool) -> str:
    """`__Host-`: a browser takes such a cookie only if it is Secure and of this host, so plain HTTP has none."""
    return "__Host-openlfr" if tls else "openlfr"


def secret_of(connection: HTTPConnection) -> str:
    return connection.cookies.get(cookie_name(desk_of(connection).settings.tls), "")


def address_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def set_session(response: Response, desk: Desk, secret: str) -> None:
    tls = desk.settings.tls
    response.set_cookie(cookie_name(tls), secret, path="/", httponly=True, secure=tls, samesite="strict")


def clear_session(response: Response, desk: Desk) -> None:
    tls = desk.settings.tls
    response.delete_cookie(cookie_name(tls), path="/", httponly=True, secure=tls, samesite="strict")


async def find_viewer(connection: HTTPConnection) -> Viewer | None:
    """The person of the request's session; None where there is no live one. A session that went idle is ended."""
    desk, secret, now = desk_of(connection), secret_of(connection), desk_of(connection).now()
    if not secret:
        return None

    def find(session: Session) -> tuple[Viewer | None, bool]:
        found = sign_ins.live(session, secret, now)
        if found is None:
            return None, session.get(SignIn, sign_ins.digest(secret)) is not None
        person = found.person
        viewer = Viewer(
            person.id,
            person.name,
            person.role,
            found.csrf,
            found.token_hash,
            person.password_until is not None,
            sign_ins.idle_time(session).total_seconds(),
            is_qualified(person, now),
        )
        return viewer, False

    viewer, over = await desk.read(find)
    if over:
        await desk.write(lambda session: sign_ins.end_idle(session, now))
    return viewer


def guard(handler: Handler, *roles: str, page: bool = False, one_time: bool = False) -> Endpoint:
    """The handler for live sessions of these roles only (none given: every role).

    Without a session a page leads to sign-in and anything else is 401; a wrong role, origin or CSRF token is 403.
    `one_time`: also for those who have yet to choose a password of their own; anything else sends them to do so.
    The idle time begins anew with what a person does, never with what a page fetches by itself.
    """

    async def endpoint(request: Request) -> Response:
        safe = request.method in SAFE_METHODS
        if not safe:
            check_origin(request)
        viewer = await find_viewer(request)
        if viewer is None:
            if page:
                return RedirectResponse(sign_in_address(request), 303)
            raise HTTPException(401, "you are not signed in")
        if viewer.one_time and not one_time:
            if page:
                return RedirectResponse(ACCOUNT, 303)
            raise HTTPException(403, "choose a password of your own first, on your account's page")
        if roles and viewer.role not in roles:
            role = translated(ROLES[viewer.role]).lower()
            raise HTTPException(403, translated("not for the role {role}").format(role=role))
        if not safe:
            check_csrf(request.headers.get("x-csrf-token", ""), viewer.csrf)
            await seen(request)
        if page and viewer.follows and not viewer.one_time:
            request.state.band = await desk_of(request).read(lambda session: read_band(session, viewer))
        return await handler(request, viewer)

    return endpoint


async def seen(request: Request) -> None:
    """The person of this request did something."""
    desk, secret = desk_of(request), secret_of(request)
    await desk.write(lambda session: sign_ins.touch(session, secret, desk.now()))


def sign_in_address(request: Request) -> str:
    """Where to sign in, and to come back from to this page."""
    path = request.url.path
    return "/sign-in" if path == "/" else f"/sign-in?next={quote(path, safe='')}"


def local_path(text: str) -> str:
    """The path of a page of ours; anything else becomes the first page."""
    ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isascii() and text.isprintable()
    return text if ours and len(text) <= 200 else "/"


def check_csrf(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise HTTPException(403, "the page is out of date: load it again (CSRF token missing or wrong)")


def check_origin(request: Request) -> None:
    """Refuses a request that another site's page made the browser send."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "this request comes from another site")
