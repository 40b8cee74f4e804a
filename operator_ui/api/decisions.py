"""How people judge an alert, over HTTP: open the review, judge. Each is one transaction."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.decisions import REVIEWERS, adjudicate, open_review
from alerts.marks import Mark
from alerts.states import Verdict
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer
from operator_ui.viewing import note_act
from operator_ui.views import AlertView, alert_view
from operator_ui.words import FEATURES


class AdjudicationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verdict: Verdict
    similarities: list[str] = []
    differences: list[str] = []
    marks: list[Mark] = []


async def review(request: Request, viewer: Viewer) -> Response:
    """The reviewer has the pictures before the eyes."""
    return await do_step(
        request, viewer, lambda session, alert_id, now: open_review(session, alert_id, viewer.person_id, now)
    )


async def judge(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, AdjudicationBody)
    unknown = sorted({*body.similarities, *body.differences} - set(FEATURES))
    if unknown:
        raise HTTPException(422, f"not a feature: {unknown[0]!r}; known are {', '.join(FEATURES)}")
    alike, differing = list(dict.fromkeys(body.similarities)), list(dict.fromkeys(body.differences))
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: adjudicate(
            session, alert_id, viewer.person_id, body.verdict, alike, differing, now, body.marks
        ),
        201,
    )


async def do_step(
    request: Request, viewer: Viewer, step: Callable[[Session, str, datetime], object], status: int = 200
) -> Response:
    """Takes the step and answers with the alert as this viewer sees it afterwards."""
    desk, alert_id = desk_of(request), request.path_params["alert_id"]

    def take(session: Session) -> object:
        step(session, alert_id, desk.now())
        note_act(session, alert_id, viewer, desk.now())
        return alert_view(session, alert_id, viewer, desk.entries, desk.now())

    return answer_json(await desk.write(take), status)


ROUTES = [
    api_route(
        "POST",
        "/api/alerts/{alert_id}/reviews",
        review,
        *REVIEWERS,
        says="Says that the reviewer has the pictures before the eyes.",
        gives=AlertView,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/adjudications",
        judge,
        *REVIEWERS,
        says="Judges the alert, once, with what is alike and what differs.",
        takes=AdjudicationBody,
        gives=AlertView,
        status=201,
    ),
]
