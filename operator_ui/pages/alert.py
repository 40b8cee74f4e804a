"""The page of one alert: what it shows and asks depends on the step it has reached for the person who looks."""

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.states import AFTER_STOP, WITHOUT_STOP
from operator_ui.access import guard
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.status import read_status
from operator_ui.steps import SEES_ALERTS, Viewer
from operator_ui.viewing import ReasonMissing, look_at
from operator_ui.views import alert_view
from operator_ui.words import VERDICTS

TEMPLATES = {
    "review": "review.html",
    "wait": "hold.html",
    "hold": "hold.html",
    "decide": "decide.html",
    "stop": "stop.html",
    "read": "read.html",
}


async def alert_page(request: Request, viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    after, now = desk.feed.latest, desk.now()
    try:
        await look_at(desk, alert_id, viewer)
    except ReasonMissing as missing:
        return render(request, "reason.html", viewer, alert_id=alert_id, reasons=missing.reasons)
    alert, status = await desk.read(
        lambda session: (alert_view(session, alert_id, viewer, desk.entries), read_status(session, now))
    )
    # A new order each time, so that no answer has the place that the hand knows.
    verdicts = secrets.SystemRandom().sample(list(VERDICTS), len(VERDICTS))
    return render(
        request,
        TEMPLATES[alert.step],
        viewer,
        alert=alert,
        status=status,
        after=after,
        verdicts=verdicts,
        without_stop=WITHOUT_STOP,
        after_stop=AFTER_STOP,
    )


ROUTES = [Route("/alerts/{alert_id}", guard(alert_page, *SEES_ALERTS, page=True), methods=["GET"])]
