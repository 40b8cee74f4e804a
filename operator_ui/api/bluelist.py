"""Volunteers' passes over HTTP: log one that goes on now, take one back, read them with their figures."""

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from alerts.bluelist import LOGGERS, READERS, withdraw_pass
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bluelist import BluelistView, log_present, read_bluelist
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer


class PassBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: str
    """The volunteer's."""
    camera: str
    light: str
    group: str | None = None
    """As the volunteer says it, a code of small letters and _; never guessed."""


class PassLogged(msgspec.Struct, frozen=True):
    id: str


async def read(request: Request, _viewer: Viewer) -> Response:
    desk, deployment = desk_of(request), request.path_params["deployment_id"]
    now, cameras = desk.now(), desk.settings.cameras or ()
    return answer_json(await desk.read(lambda session: read_bluelist(session, deployment, cameras, now)))


async def log(request: Request, viewer: Viewer) -> Response:
    desk, body, deployment = desk_of(request), await read_json(request, PassBody), request.path_params["deployment_id"]
    now, cameras, by = desk.now(), desk.settings.cameras or (), viewer.person_id

    def write(session: Session) -> PassLogged:
        what = body.entry, body.camera, body.light, body.group
        return PassLogged(log_present(session, deployment, *what, cameras, by, now))

    return answer_json(await desk.write(write), 201)


async def withdraw(request: Request, viewer: Viewer) -> Response:
    desk, pass_id = desk_of(request), request.path_params["pass_id"]
    now = desk.now()

    def take_back(session: Session) -> None:
        withdraw_pass(session, pass_id, viewer.person_id, now)

    await desk.write(take_back)
    return Response(status_code=204)


ROUTES = [
    api_route(
        "GET",
        "/api/deployments/{deployment_id}/passes",
        read,
        *READERS,
        says="Tells the passes of a test’s volunteers, which were found, and the rates with their intervals.",
        gives=BluelistView,
    ),
    api_route(
        "POST",
        "/api/deployments/{deployment_id}/passes",
        log,
        *LOGGERS,
        says="Logs that a volunteer walks past a camera now.",
        takes=PassBody,
        gives=PassLogged,
        status=201,
    ),
    api_route(
        "POST",
        "/api/passes/{pass_id}/withdraw",
        withdraw,
        *LOGGERS,
        says="Takes a pass back: it is not counted any more.",
        status=204,
    ),
]
