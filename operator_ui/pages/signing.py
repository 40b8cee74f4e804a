"""Signing in and out, as pages."""

import hmac
import secrets

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts import sign_ins
from alerts.passwords import LONGEST
from operator_ui.access import (
    address_of,
    check_csrf,
    check_origin,
    clear_session,
    find_viewer,
    local_path,
    secret_of,
    set_session,
)
from operator_ui.bodies import read_form
from operator_ui.desk import desk_of
from operator_ui.language import told, translated
from operator_ui.rendering import render
from operator_ui.sites import site_of_request

FORM_COOKIE = "openlfr-form"
WRONG = "Name or password is wrong, or there were too many tries: then wait some minutes."
"""One answer for all of it: whoever guesses learns neither which names there are nor whether one is locked."""


def form_page(request: Request, message: str = "", status: int = 200, name: str = "", goal: str = "/") -> Response:
    """The form carries a token that the browser's cookie must repeat: no other site can sign anybody in."""
    token = secrets.token_urlsafe(24)
    page = render(
        request,
        "sign_in.html",
        None,
        code=status,
        message=told(message),
        name=name,
        form_token=token,
        goal=goal,
        passkeys=site_of_request(request) is not None,
    )
    tls = desk_of(request).settings.tls
    page.set_cookie(FORM_COOKIE, token, path="/sign-in", httponly=True, secure=tls, samesite="strict")
    return page


async def show(request: Request) -> Response:
    goal = local_path(request.query_params.get("next", "/"))
    if await find_viewer(request) is not None:
        return RedirectResponse(goal, 303)
    return form_page(request, goal=goal)


async def submit(request: Request) -> Response:
    check_origin(request)
    desk, fields = desk_of(request), await read_form(request)
    given, expected = fields.get("form_token", ""), request.cookies.get(FORM_COOKIE, "")
    goal = local_path(fields.get("next", "/"))
    if not expected or not hmac.compare_digest(given.encode(errors="replace"), expected.encode(errors="replace")):
        return form_page(request, translated("The page was out of date. Please try again."), 403, goal=goal)
    name, password = fields.get("name", "").strip(), fields.get("password", "")
    if not name or not password or len(name) > LONGEST or len(password) > LONGEST:
        return form_page(request, translated("Give your name and your password."), 422, name[:LONGEST], goal)
    address, now = address_of(request), desk.now()
    token = await desk.attempt(
        lambda database: sign_ins.with_password(
            database, name, password, address, now, lambda session, who: sign_ins.begin(session, who, "password", now)
        )
    )
    if token is None:
        return form_page(request, WRONG, 401, name, goal)
    return _entered(request, token, goal)


async def enter(request: Request) -> Response:
    """The one-time link of a demo."""
    desk, now = desk_of(request), desk_of(request).now()
    person_id = desk.door.open(request.query_params.get("token", ""), now)
    token = None
    if person_id is not None:
        token = await desk.write(lambda session: sign_ins.begin_by_link(session, person_id, now))
    if token is None:
        return form_page(request, translated("This link was used before or has expired. Sign in here."), 403)
    return _entered(request, token, "/")


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
    secret, now = secret_of(request), desk.now()
    await desk.write(lambda session: sign_ins.end(session, secret, "asked", now))
    response = RedirectResponse("/sign-in", 303)
    clear_session(response, desk)
    return response


def _entered(request: Request, token: sign_ins.Token, goal: str) -> Response:
    response = RedirectResponse(goal, 303)
    set_session(response, desk_of(request), token.secret)
    response.delete_cookie(FORM_COOKIE, path="/sign-in")
    return response


ROUTES = [
    Route("/sign-in", show, methods=["GET"]),
    Route("/sign-in", submit, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/enter", enter, methods=["GET"]),
]
