"""The page of one alert: what it shows and asks depends on the step it has reached for the person who looks."""

import secrets

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import OFFICERS, get_alert
from alerts.marks import MOST
from alerts.states import AFTER_STOP
from operator_ui.access import guard
from operator_ui.desk import desk_of
from operator_ui.engagement import offered_reasons
from operator_ui.rendering import render
from operator_ui.steps import SEES_ALERTS, Viewer
from operator_ui.viewing import ReasonMissing, look_at
from operator_ui.views import AlertView, alert_view
from operator_ui.words import DISPOSALS, VERDICTS
from records.ids import new_id
from records.policy import pin

REST: tuple[str, ...] = ("discretion", "stale_entry", "stood_down")
"""Decisions not to stop that take two taps; "not them" and "lost sight" take one."""

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

    def read(session: Session) -> tuple[AlertView, dict[str, dict[str, str]]]:
        view = alert_view(session, alert_id, viewer, desk.entries, now)
        policy = pin(get_alert(session, alert_id).deployment.policy).policy
        return view, offered_reasons(policy) if view.step == "stop" else {}

    alert, offered = await desk.read(read)
    # A new order each time, so that no answer has the place that the hand knows.
    verdicts = secrets.SystemRandom().sample(list(VERDICTS), len(VERDICTS))
    return render(
        request,
        TEMPLATES[alert.step],
        viewer,
        alert=alert,
        now=now,
        after=after,
        verdicts=verdicts,
        rest=REST,
        after_stop=AFTER_STOP,
        most_marks=MOST,
        disposals=DISPOSALS,
        offered=offered,
        shows_card=viewer.role in OFFICERS,
        # A step sent twice, because its answer was lost on the way, is logged once.
        step_ids={kind: new_id() for kind in offered},
    )


ROUTES = [Route("/alerts/{alert_id}", guard(alert_page, *SEES_ALERTS, page=True), methods=["GET"])]
