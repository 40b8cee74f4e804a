"""Reading alerts and the rig's status as JSON, as blind as the pages."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from alerts.decisions import get_alert
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import ReasonBody, read_json, read_query
from operator_ui.desk import desk_of
from operator_ui.status import Status, read_status
from operator_ui.steps import FOLLOWS, SEES_ALERTS, Viewer
from operator_ui.totals import Totals, totals
from operator_ui.viewing import look_at, note_view
from operator_ui.views import AlertView, Card, alert_view, closed, queue


class Wanted(msgspec.Struct, frozen=True):
    state: Annotated[
        Literal["open", "closed"], msgspec.Meta(description="open: the queue; closed: the closed and expired ones")
    ] = "open"


class Alerts(msgspec.Struct, frozen=True):
    alerts: list[Card]


async def list_alerts(request: Request, viewer: Viewer) -> Response:
    read = queue if read_query(request, Wanted).state == "open" else closed
    return answer_json(Alerts(await desk_of(request).read(lambda session: read(session, viewer))))


async def one_alert(request: Request, viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    await look_at(desk, alert_id, viewer)
    now = desk.now()
    return answer_json(await desk.read(lambda session: alert_view(session, alert_id, viewer, desk.entries, now)))


async def view(request: Request, viewer: Viewer) -> Response:
    """Says why this person reads the alert; from then on, for this sign-in, it is open."""
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    body, now = await read_json(request, ReasonBody), desk.now()

    def note(session: Session) -> None:
        note_view(session, get_alert(session, alert_id), viewer, now, body.reason)

    await desk.write(note)
    return Response(status_code=201)


async def status(request: Request, _viewer: Viewer) -> Response:
    desk = desk_of(request)
    found = await desk.read(lambda session: read_status(session, desk.now(), desk.settings.cameras))
    return answer_json(desk.feed.with_blind_time(found))


async def record(request: Request, _viewer: Viewer) -> Response:
    return answer_json(await desk_of(request).read(totals))


ROUTES = [
    api_route("GET", "/api/alerts", list_alerts, *FOLLOWS, says="Lists alerts.", query=Wanted, gives=Alerts),
    api_route(
        "GET",
        "/api/alerts/{alert_id}",
        one_alert,
        *SEES_ALERTS,
        says="Reads an alert, as far as this person may know of it now; 403 where a reason must be given first.",
        gives=AlertView,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/views",
        view,
        *SEES_ALERTS,
        says="Says why this person reads the alert; it goes into the ledger.",
        takes=ReasonBody,
        status=201,
    ),
    api_route("GET", "/api/status", status, *FOLLOWS, says="Tells how the rig is.", gives=Status),
    api_route("GET", "/api/record", record, *FOLLOWS, says="Reads the deployment's counters.", gives=Totals),
]
