"""Deployments over HTTP: draft, sign, check signage, start, pause, resume, raise the threshold, end."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import deployments, signing, thresholds
from alerts.application import Application, ApplicationError, document
from alerts.decisions import NotFound
from alerts.steps import get_deployment
from operator_ui.access import Handler
from operator_ui.answers import answer_json
from operator_ui.api_routes import ApiRoute, api_route
from operator_ui.bodies import ReasonBody, read_json
from operator_ui.deployment_views import DeploymentView, Row, deployment_view, rig_of, rows, stamp_of
from operator_ui.desk import Desk, desk_of
from operator_ui.settings import UiSettings
from operator_ui.steps import FOLLOWS, Viewer
from records.errors import NotCanonical
from records.policy import PinnedPolicy, read_policy
from records.schema import Person, ThresholdChange

TO_READ = ("necessity", "proportionality", "alternatives")
"""What an officer says that he or she has read before signing."""
RESUMERS = (*deployments.STARTERS, *signing.OFFICERS)


class Deployments(msgspec.Struct, frozen=True):
    deployments: list[Row]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class SigningBody(_Body, frozen=True):
    seen: str
    """Hash of the application that was read."""
    read: list[str]
    """All of TO_READ."""
    reference: str | None = None


class NotedBody(_Body, frozen=True):
    reason: str
    note: str | None = None


class ResumeBody(_Body, frozen=True):
    note: str | None = None


class ItemBody(_Body, frozen=True):
    item: str


class ThresholdBody(_Body, frozen=True):
    after: float
    reason: str


Step = Callable[[Session, str, Person, datetime], object]


def drafting_policy(settings: UiSettings) -> PinnedPolicy:
    """The policy that is drafted under. Raises PolicyError, or ApplicationError where the rig names none."""
    if settings.policy is None:
        raise ApplicationError("this rig names no policy: put its file under [policy] in the rig file")
    return read_policy(Path(settings.policy))


async def listed(request: Request, _viewer: Viewer) -> Response:
    return answer_json(Deployments(await desk_of(request).read(rows)))


async def one(request: Request, viewer: Viewer) -> Response:
    desk, deployment_id = desk_of(request), request.path_params["deployment_id"]
    view = await desk.read(lambda session: _view(session, desk, deployment_id, viewer))
    return answer_json(view, headers={"ETag": stamp_of(view)})


async def draft(request: Request, viewer: Viewer) -> Response:
    desk, application = desk_of(request), await _application(request)
    pinned, now = drafting_policy(desk.settings), desk.now()

    def make(session: Session) -> object:
        person = session.get_one(Person, viewer.person_id)
        made = deployments.draft(session, application, pinned, person, now)
        return _view(session, desk, made.id, viewer)

    return answer_json(await desk.write(make), 201)


async def redraft(request: Request, viewer: Viewer) -> Response:
    application = await _application(request)
    pinned = drafting_policy(desk_of(request).settings)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: deployments.redraft(session, found, application, pinned, person, now),
    )


async def submit(request: Request, viewer: Viewer) -> Response:
    return await _do(request, viewer, deployments.submit)


async def take_back(request: Request, viewer: Viewer) -> Response:
    return await _do(request, viewer, deployments.take_back)


async def authorise(request: Request, viewer: Viewer) -> Response:
    body = await _signing(request)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: signing.authorise(session, found, person, body.seen, now, body.reference),
    )


async def ratify(request: Request, viewer: Viewer) -> Response:
    body = await _signing(request)

    def sign(session: Session, found: str, person: Person, now: datetime) -> None:
        # Its document is never changed after it was authorised: `seen` can only be a mistake.
        if body.seen != get_deployment(session, found).document_hash:
            raise ApplicationError("seen is not the hash of this application: read it again")
        signing.ratify(session, found, person, now, body.reference)

    return await _do(request, viewer, sign)


async def refuse(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, ReasonBody)
    return await _do(
        request, viewer, lambda session, found, person, now: signing.refuse(session, found, person, body.reason, now)
    )


async def refuse_ratification(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, ReasonBody)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: signing.refuse_ratification(session, found, person, body.reason, now),
    )


async def check_signage(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, ItemBody)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: deployments.check_signage(session, found, body.item, person, now),
    )


async def start(request: Request, viewer: Viewer) -> Response:
    rig = rig_of(desk_of(request).settings)
    return await _do(
        request, viewer, lambda session, found, person, now: deployments.start(session, found, person, rig, now)
    )


async def pause(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, NotedBody)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: deployments.pause(session, found, person, body.reason, now, body.note),
    )


async def resume(request: Request, viewer: Viewer) -> Response:
    body, rig = await read_json(request, ResumeBody), rig_of(desk_of(request).settings)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: deployments.resume(session, found, person, rig, now, body.note),
    )


async def end(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, ReasonBody)
    return await _do(
        request, viewer, lambda session, found, person, now: deployments.end(session, found, person, body.reason, now)
    )


async def propose(request: Request, viewer: Viewer) -> Response:
    body = await read_json(request, ThresholdBody)
    return await _do(
        request,
        viewer,
        lambda session, found, person, now: thresholds.propose_threshold(
            session, found, person, body.after, body.reason, now
        ),
    )


async def second(request: Request, viewer: Viewer) -> Response:
    change_id = request.path_params["change_id"]

    def agree(session: Session, found: str, person: Person, now: datetime) -> None:
        change = session.get(ThresholdChange, change_id)
        if change is None or change.deployment_id != found:
            raise NotFound(f"there is no proposal {change_id} for this deployment")
        thresholds.second_threshold(session, change_id, person, now)

    return await _do(request, viewer, agree)


async def _do(request: Request, viewer: Viewer, step: Step) -> Response:
    """Takes the step and answers with the deployment as this viewer sees it afterwards."""
    desk, deployment_id = desk_of(request), request.path_params["deployment_id"]

    def take(session: Session) -> object:
        step(session, deployment_id, session.get_one(Person, viewer.person_id), desk.now())
        return _view(session, desk, deployment_id, viewer)

    return answer_json(await desk.write(take))


def _view(session: Session, desk: Desk, deployment_id: str, viewer: Viewer) -> DeploymentView:
    return deployment_view(session, deployment_id, viewer, rig_of(desk.settings), desk.now())


async def _application(request: Request) -> Application:
    application = await read_json(request, Application)
    try:
        document(application)
    except NotCanonical as error:
        raise ApplicationError(f"this application cannot be kept: {error}") from error
    return application


async def _signing(request: Request) -> SigningBody:
    body = await read_json(request, SigningBody)
    unread = [what for what in TO_READ if what not in body.read]
    if unread:
        raise HTTPException(422, f"say that you have read it: {', '.join(unread)}")
    return body


def _act(name: str, handler: Handler, *roles: str, says: str, takes: object = None) -> ApiRoute:
    path = f"/api/deployments/{{deployment_id}}/{name}"
    return api_route("POST", path, handler, *roles, says=says, takes=takes, gives=DeploymentView)


ROUTES = [
    api_route(
        "GET", "/api/deployments", listed, *FOLLOWS, says="Lists deployments, the newest first.", gives=Deployments
    ),
    api_route(
        "POST",
        "/api/deployments",
        draft,
        *deployments.DRAFTERS,
        says="Drafts a deployment.",
        takes=Application,
        gives=DeploymentView,
        status=201,
    ),
    api_route(
        "GET",
        "/api/deployments/{deployment_id}",
        one,
        *FOLLOWS,
        says="Reads a deployment, with what this person may do with it now.",
        gives=DeploymentView,
    ),
    _act("application", redraft, *deployments.DRAFTERS, says="Changes a draft.", takes=Application),
    _act("submit", submit, *deployments.DRAFTERS, says="Submits a draft for authority."),
    _act("take-back", take_back, *deployments.DRAFTERS, says="Makes a submitted one a draft again."),
    _act("authorise", authorise, *signing.OFFICERS, says="Authorises what was read.", takes=SigningBody),
    _act("refuse", refuse, *signing.OFFICERS, says="Refuses it, for good.", takes=ReasonBody),
    _act("ratify", ratify, *signing.OFFICERS, says="Ratifies an urgent one.", takes=SigningBody),
    _act(
        "refuse-ratification",
        refuse_ratification,
        *signing.OFFICERS,
        says="Refuses to ratify: it ends at once.",
        takes=ReasonBody,
    ),
    _act("signage", check_signage, *deployments.CHECKERS, says="Says that a sign was seen.", takes=ItemBody),
    _act("start", start, *deployments.STARTERS, says="Starts the search."),
    _act("pause", pause, *deployments.PAUSERS, says="Pauses the search.", takes=NotedBody),
    _act("resume", resume, *RESUMERS, says="Resumes the search.", takes=ResumeBody),
    _act("end", end, *deployments.ENDERS, says="Ends the deployment, for good.", takes=ReasonBody),
    _act("thresholds", propose, *thresholds.RAISERS, says="Proposes a higher threshold.", takes=ThresholdBody),
    _act(
        "thresholds/{change_id}/second",
        second,
        *thresholds.RAISERS,
        says="Seconds a proposed threshold, as another person: it counts from now on.",
    ),
]
