"""Signing in and out."""

import hmac
import secrets

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts import people
from operator_ui.access import check_csrf, check_origin, clear_session, find_viewer, secret_of, set_session
from operator_ui.bodies import read_form
from operator_ui.desk import desk_of
from operator_ui.rendering import render

LONGEST = 200
"""Characters of a name or password: longer ones only cost time."""
FORM_COOKIE = "openlfr-form"


def form_page(request: Request, message: str = "", status: int = 200, name: str = "", wait: int = 0) -> Response:
    """The form carries a token that the browser's cookie must repeat: no other site can sign anybody in."""
    token = secrets.token_urlsafe(24)
    headers = {"Retry-After": str(wait)} if wait else None
    page = render(
        request, "sign_in.html", None, code=status, headers=headers, message=message, name=name, form_token=token
    )
    tls = desk_of(request).settings.tls
    page.set_cookie(FORM_COOKIE, token, path="/sign-in", httponly=True, secure=tls, samesite="strict")
    return page


async def show(request: Request) -> Response:
    if await find_viewer(request) is not None:
        return RedirectResponse("/", 303)
    return form_page(request)


async def submit(request: Request) -> Response:
    check_origin(request)
    desk, fields = desk_of(request), await read_form(request)
    given, expected = fields.get("form_token", ""), request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(given.encode(errors="replace"), expected.encode(errors="replace")):
        return form_page(request, "The page was out of date. Please try again.", 403)
    name, password = fields.get("name", "").strip(), fields.get("password", "")
    if not name or not password or len(name) > LONGEST or len(password) > LONGEST:
        return form_page(request, "Give your name and your password.", 422, name[:LONGEST])
    address, now = request.client.host if request.client else "", desk.now()
    wait = desk.attempts.wait(address, name, now)
    if wait:
        message = f"Too many attempts. Wait {wait // 60 + 1} min and try again."
        return form_page(request, message, 429, name, wait)
    # Counted before the password is looked at: attempts sent side by side must not all find the count at nought.
    desk.attempts.failed(address, name, now)
    token = await desk.write(lambda session: people.sign_in(session, name, password, now), desk.hashers)
    if token is None:
        return form_page(request, "Name or password is wrong.", 401, name)
    desk.attempts.succeeded(address, name)
    return _entered(request, token)


async def enter(request: Request) -> Response:
    """The one-time link of a demo."""
    desk, now = desk_of(request), desk_of(request).now()
    person_id = desk.door.open(request.query_params.get("token", ""), now)
    token = None
    if person_id is not None:
        token = await desk.write(lambda session: people.sign_in_by_link(session, person_id, now))
    if token is None:
        return form_page(request, "This link was used before or has expired. Sign in here.", 403)
    return _entered(request, token)


async def sign_out(request: Request) -> Response:
    check_origin(request)
    viewer, desk = await find_viewer(request), desk_of(request)
    if viewer is None:
        return RedirectResponse("/sign-in", 303)
    fields = await read_form(request)
    try:
        check_csrf(fields.get("csrf", ""), viewer.csrf)
    except HTTPException:
        return RedirectResponse("/", 303)
    secret = secret_of(request)
    await desk.write(lambda session: people.sign_out(session, secret))
    response = RedirectResponse("/sign-in", 303)
    clear_session(response, desk)
    return response


def _entered(request: Request, token: people.Token) -> Response:
    response = RedirectResponse("/", 303)
    set_session(response, desk_of(request), token.secret)
    response.delete_cookie(FORM_COOKIE, path="/sign-in")
    return response


ROUTES = [
    Route("/sign-in", show, methods=["GET"]),
    Route("/sign-in", submit, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/enter", enter, methods=["GET"]),
]
