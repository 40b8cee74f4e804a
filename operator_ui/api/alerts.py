"""Reading alerts and the rig's status as JSON, as blind as the pages."""

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import get_alert
from operator_ui.access import guard
from operator_ui.answers import answer_json
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.status import read_status
from operator_ui.steps import FOLLOWS, SEES_ALERTS, Viewer
from operator_ui.totals import totals
from operator_ui.viewing import look_at, note_view
from operator_ui.views import alert_view, closed, queue


class ViewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


async def list_alerts(request: Request, viewer: Viewer) -> Response:
    """`?state=open` (the default) is the queue, `?state=closed` the closed and expired ones."""
    wanted = request.query_params.get("state", "open")
    if wanted not in ("open", "closed"):
        raise HTTPException(422, "state is open or closed")
    read = queue if wanted == "open" else closed
    return answer_json({"alerts": await desk_of(request).read(lambda session: read(session, viewer))})


async def one_alert(request: Request, viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    await look_at(desk, alert_id, viewer)
    return answer_json(await desk.read(lambda session: alert_view(session, alert_id, viewer, desk.entries)))


async def view(request: Request, viewer: Viewer) -> Response:
    """Says why this person reads the alert; from then on, for this sign-in, it is open."""
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    body, now = await read_json(request, ViewBody), desk.now()

    def note(session: Session) -> None:
        note_view(session, get_alert(session, alert_id), viewer, now, body.reason)

    await desk.write(note)
    return Response(status_code=201)


async def status(request: Request, _viewer: Viewer) -> Response:
    desk = desk_of(request)
    return answer_json(await desk.read(lambda session: read_status(session, desk.now())))


async def record(request: Request, _viewer: Viewer) -> Response:
    return answer_json(await desk_of(request).read(totals))


ROUTES = [
    Route("/api/alerts", guard(list_alerts, *FOLLOWS), methods=["GET"]),
    Route("/api/alerts/{alert_id}", guard(one_alert, *SEES_ALERTS), methods=["GET"]),
    Route("/api/alerts/{alert_id}/views", guard(view, *SEES_ALERTS), methods=["POST"]),
    Route("/api/status", guard(status, *FOLLOWS), methods=["GET"]),
    Route("/api/record", guard(record, *FOLLOWS), methods=["GET"]),
]
