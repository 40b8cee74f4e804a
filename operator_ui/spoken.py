"""Which language a request is answered in: the one that was chosen here, else the browser's own."""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from operator_ui.access import check_origin, local_path
from operator_ui.bodies import read_form
from operator_ui.desk import desk_of
from operator_ui.language import ENGLISH, LANGUAGES, use

COOKIE = "language"
YEAR_S = 365 * 24 * 3600


class Spoken:
    """Sets the language for everything that a request renders."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            use(chosen(headers.get("cookie", ""), headers.get("accept-language", "")))
        await self._app(scope, receive, send)


def chosen(cookies: str, accepted: str) -> str:
    """By the cookie; else the first of the browser's languages that there is; else English."""
    try:
        cookie = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie is not None and cookie.value in LANGUAGES:
        return cookie.value
    # Browsers send the most wanted first.
    for wanted in accepted.split(","):
        code = wanted.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH


async def choose(request: Request) -> Response:
    """Without a session too: who signs in chooses first. Leads back to the page."""
    check_origin(request)
    fields = await read_form(request)
    response = RedirectResponse(local_path(fields.get("next", "/")), 303)
    if fields.get(COOKIE) in LANGUAGES:
        response.set_cookie(
            COOKIE,
            fields[COOKIE],
            path="/",
            max_age=YEAR_S,
            httponly=True,
            secure=desk_of(request).settings.tls,
            samesite="strict",
        )
    return response


ROUTES = [Route("/language", choose, methods=["POST"])]
