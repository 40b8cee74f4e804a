"""Sessions over JSON: the lock screen signs its person in again without leaving the page, and its half-filled forms.

A request that another site's page sends cannot carry `application/json` without asking this server first.
"""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import sign_ins
from alerts.passwords import LONGEST
from operator_ui.access import address_of, check_origin, clear_session, secret_of, set_session
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route, open_route
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.pages.signing import WRONG
from operator_ui.steps import Viewer


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    password: str


class Begun(msgspec.Struct, frozen=True):
    """A session that has begun; its cookie comes with the answer."""

    person: str
    csrf: str


class SessionView(Begun, frozen=True):
    name: str
    role: str


async def sign_in(request: Request) -> Response:
    """401 says that it did not work, and never why."""
    check_asked(request)
    body, desk, address = await read_json(request, SignInBody), desk_of(request), address_of(request)
    if not body.name.strip() or not body.password or max(len(body.name), len(body.password)) > LONGEST:
        raise HTTPException(422, "give your name and your password")
    now = desk.now()
    token = await desk.attempt(
        lambda database: sign_ins.with_password(
            database,
            body.name,
            body.password,
            address,
            now,
            lambda session, who: sign_ins.begin(session, who, "password", now),
        )
    )
    if token is None:
        raise HTTPException(401, WRONG)
    return signed_in(request, token)


async def session(_request: Request, viewer: Viewer) -> Response:
    """Who is signed in, and the CSRF token that changing requests carry in the header `X-CSRF-Token`."""
    return answer_json(SessionView(viewer.person_id, viewer.csrf, viewer.name, viewer.role))


async def seen(_request: Request, _viewer: Viewer) -> Response:
    """The person touched the page: `guard` has begun the idle time anew."""
    return Response(status_code=204)


async def lock(request: Request, _viewer: Viewer) -> Response:
    """The page was left alone: its session is over, whatever the page does next."""
    desk, secret = desk_of(request), secret_of(request)
    now = desk.now()
    await desk.write(lambda session: sign_ins.end(session, secret, "idle", now))
    response = Response(status_code=204)
    clear_session(response, desk)
    return response


def check_asked(request: Request) -> None:
    """Refuses what a form of another site could send."""
    check_origin(request)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send application/json")


def signed_in(request: Request, token: sign_ins.Token) -> Response:
    response = answer_json(Begun(token.person_id, token.csrf))
    set_session(response, desk_of(request), token.secret)
    return response


ROUTES = [
    open_route("POST", "/api/sign-in", sign_in, says="Signs in with a password.", takes=SignInBody, gives=Begun),
    api_route("GET", "/api/session", session, says="Tells who is signed in.", gives=SessionView, one_time=True),
    api_route("POST", "/api/session/seen", seen, says="Begins the idle time anew.", status=204, one_time=True),
    api_route("POST", "/api/session/lock", lock, says="Ends this session.", status=204, one_time=True),
]
