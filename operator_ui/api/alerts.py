"""Reading alerts and the rig's status as JSON, as blind as the pages."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operator_ui.access import guard
from operator_ui.answers import answer_json
from operator_ui.desk import desk_of
from operator_ui.status import read_status
from operator_ui.steps import Viewer
from operator_ui.totals import totals
from operator_ui.views import alert_view, closed, queue


async def list_alerts(request: Request, viewer: Viewer) -> Response:
    """`?state=open` (the default) is the queue, `?state=closed` the closed and expired ones."""
    wanted = request.query_params.get("state", "open")
    if wanted not in ("open", "closed"):
        raise HTTPException(422, "state is open or closed")
    read = queue if wanted == "open" else closed
    return answer_json({"alerts": await desk_of(request).read(lambda session: read(session, viewer))})


async def one_alert(request: Request, viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    return answer_json(await desk.read(lambda session: alert_view(session, alert_id, viewer, desk.entries)))


async def status(request: Request, _viewer: Viewer) -> Response:
    desk = desk_of(request)
    return answer_json(await desk.read(lambda session: read_status(session, desk.now())))


async def record(request: Request, _viewer: Viewer) -> Response:
    return answer_json(await desk_of(request).read(totals))


async def session(_request: Request, viewer: Viewer) -> Response:
    """Who is signed in, and the CSRF token that changing requests carry in the header `X-CSRF-Token`."""
    return answer_json({"person": viewer.person_id, "name": viewer.name, "role": viewer.role, "csrf": viewer.csrf})


ROUTES = [
    Route("/api/alerts", guard(list_alerts), methods=["GET"]),
    Route("/api/alerts/{alert_id}", guard(one_alert), methods=["GET"]),
    Route("/api/status", guard(status), methods=["GET"]),
    Route("/api/record", guard(record), methods=["GET"]),
    Route("/api/session", guard(session), methods=["GET"]),
]
