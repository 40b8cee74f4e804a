"""What officers decide and do about a confirmed alert, over HTTP. Each is one transaction.

A step that was taken already answers with the alert as it is now; what cannot be done any more is 409 with a sentence.
"""

import uuid
from typing import Annotated, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.decisions import OFFICERS
from alerts.engagement import Reasoned, Who, accept_identity, decide_in_person, end_stop, log_step, log_stop
from alerts.states import Disposal, Outcome
from operator_ui.api.decisions import do_step
from operator_ui.api_routes import api_route
from operator_ui.bodies import read_json
from operator_ui.steps import Viewer
from operator_ui.views import AlertView
from records.ids import new_id

MOST_REASON = 500

NotEngaged = Literal["not_them", "lost", "discretion", "stale_entry", "stood_down"]
AfterStop = Literal["confirmed_true", "confirmed_false", "undetermined"]


class DecisionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: NotEngaged


class StopBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(description=f"why the person is stopped, at most {MOST_REASON} characters")]


class StepBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Reasoned
    reason: Annotated[str, msgspec.Meta(description="a code of the policy's list for this kind")]
    id: Annotated[uuid.UUID | None, msgspec.Meta(description="a step sent twice under one id is logged once")] = None


class IdentityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: Who
    disposal: Disposal | None = None


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: AfterStop
    disposal: Disposal


async def decide(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, DecisionBody)
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: decide_in_person(session, alert_id, viewer.person_id, body.decision, now),
        201,
    )


async def stop(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, StopBody)
    if len(body.reason) > MOST_REASON:
        raise HTTPException(422, f"a reason has at most {MOST_REASON} characters")
    if not body.reason.strip():
        raise HTTPException(422, "say in a few words why the person was stopped")
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: log_stop(session, alert_id, viewer.person_id, body.reason, now),
        201,
    )


async def step(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, StepBody)
    made = str(body.id) if body.id else new_id()
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: log_step(session, alert_id, viewer.person_id, body.kind, body.reason, now, made),
        201,
    )


async def identity(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, IdentityBody)
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: accept_identity(
            session, alert_id, viewer.person_id, body.who, body.disposal, now
        ),
    )


async def close(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, CloseBody)
    outcome: Outcome = body.outcome
    return await do_step(
        request,
        viewer,
        lambda session, alert_id, now: end_stop(session, alert_id, viewer.person_id, outcome, body.disposal, now),
    )


ROUTES = [
    api_route(
        "POST",
        "/api/alerts/{alert_id}/decisions",
        decide,
        *OFFICERS,
        says="Records what the officer decided in person about a confirmed alert, and closes it without a stop.",
        takes=DecisionBody,
        gives=AlertView,
        status=201,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/stops",
        stop,
        *OFFICERS,
        says="Records that the officer engages, and that a stop has begun.",
        takes=StopBody,
        gives=AlertView,
        status=201,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/steps",
        step,
        *OFFICERS,
        says="Logs, with its reason, what is done during the open stop: fingerprints, force, going on.",
        takes=StepBody,
        gives=AlertView,
        status=201,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/identity",
        identity,
        *OFFICERS,
        says="Ends the open stop at once: it is known who the person is; `entry` takes a disposal.",
        takes=IdentityBody,
        gives=AlertView,
    ),
    api_route(
        "POST",
        "/api/alerts/{alert_id}/close",
        close,
        *OFFICERS,
        says="Ends the open stop, with its outcome and what became of the person.",
        takes=CloseBody,
        gives=AlertView,
    ),
]
