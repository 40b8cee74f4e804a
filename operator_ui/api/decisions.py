"""What people do with an alert, over HTTP: open the review, judge, log a stop, close. Each is one transaction."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import (
    OFFICERS,
    REVIEWERS,
    adjudicate,
    close_stop,
    do_not_engage,
    get_alert,
    log_stop,
    open_review,
)
from alerts.states import AFTER_STOP, WITHOUT_STOP, Outcome, Verdict
from operator_ui.access import guard
from operator_ui.answers import answer_json
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer
from operator_ui.viewing import note_act
from operator_ui.views import alert_view
from operator_ui.words import FEATURES

MOST_REASON = 500


class AdjudicationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verdict: Verdict
    similarities: list[str] = []
    differences: list[str] = []


class StopBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: Outcome


async def review(request: Request, viewer: Viewer) -> Response:
    """The reviewer has the pictures before the eyes."""
    return await _do(
        request, viewer, lambda session, alert_id, now: open_review(session, alert_id, viewer.person_id, now)
    )


async def judge(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, AdjudicationBody)
    unknown = sorted({*body.similarities, *body.differences} - set(FEATURES))
    if unknown:
        raise HTTPException(422, f"not a feature: {unknown[0]!r}; known are {', '.join(FEATURES)}")
    alike, differing = list(dict.fromkeys(body.similarities)), list(dict.fromkeys(body.differences))
    return await _do(
        request,
        viewer,
        lambda session, alert_id, now: adjudicate(
            session, alert_id, viewer.person_id, body.verdict, alike, differing, now
        ),
        201,
    )


async def stop(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, StopBody)
    if len(body.reason) > MOST_REASON:
        raise HTTPException(422, f"a reason has at most {MOST_REASON} characters")
    if not body.reason.strip():
        raise HTTPException(422, "say in a few words why the person was stopped")
    return await _do(
        request,
        viewer,
        lambda session, alert_id, now: log_stop(session, alert_id, viewer.person_id, body.reason, now),
        201,
    )


async def close(request: Request, viewer: Viewer) -> Response:
    """Ends an open stop, or a confirmed alert without one; which of the two, the alert's state says."""
    body = await read_json(request, CloseBody)
    if body.outcome not in AFTER_STOP + WITHOUT_STOP:
        known = ", ".join(AFTER_STOP + WITHOUT_STOP)
        raise HTTPException(422, f"outcome {body.outcome} is not for people to give; known are {known}")

    def end(session: Session, alert_id: str, now: datetime) -> None:
        if get_alert(session, alert_id).state == "engaged":
            close_stop(session, alert_id, viewer.person_id, body.outcome, now)
        else:
            do_not_engage(session, alert_id, viewer.person_id, body.outcome, now)

    return await _do(request, viewer, end)


async def _do(
    request: Request, viewer: Viewer, step: Callable[[Session, str, datetime], object], status: int = 200
) -> Response:
    """Takes the step and answers with the alert as this viewer sees it afterwards."""
    desk, alert_id = desk_of(request), request.path_params["alert_id"]

    def take(session: Session) -> object:
        step(session, alert_id, desk.now())
        note_act(session, alert_id, viewer, desk.now())
        return alert_view(session, alert_id, viewer, desk.entries)

    return answer_json(await desk.write(take), status)


ROUTES = [
    Route("/api/alerts/{alert_id}/reviews", guard(review, *REVIEWERS), methods=["POST"]),
    Route("/api/alerts/{alert_id}/adjudications", guard(judge, *REVIEWERS), methods=["POST"]),
    Route("/api/alerts/{alert_id}/stops", guard(stop, *OFFICERS), methods=["POST"]),
    Route("/api/alerts/{alert_id}/close", guard(close, *OFFICERS), methods=["POST"]),
]
