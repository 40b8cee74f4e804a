"""The deployments' pages: the list, one deployment with all that was asked for, and the application's form."""

from pathlib import Path

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.application import Application, read_document
from alerts.deployments import DRAFTERS
from alerts.steps import get_deployment
from operator_ui.access import guard
from operator_ui.api.deployments import TO_READ, drafting_policy
from operator_ui.application_fields import Fields, blank_fields, copied_fields, kept_fields
from operator_ui.band import read_band
from operator_ui.deployment_views import deployment_view, rig_of, rows, stamp_of
from operator_ui.desk import desk_of
from operator_ui.language import told
from operator_ui.rendering import render
from operator_ui.steps import FOLLOWS, Viewer
from records.errors import RecordsError
from records.policy import Policy
from records.schema import Deployment


async def deployments_page(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    after = desk.feed.latest
    found = await desk.read(rows)
    return render(request, "deployments.html", viewer, rows=found, after=after, drafts=viewer.role in DRAFTERS)


async def deployment_page(request: Request, viewer: Viewer) -> Response:
    desk, deployment_id = desk_of(request), request.path_params["deployment_id"]
    after, now, rig = desk.feed.latest, desk.now(), rig_of(desk.settings)
    view = await desk.read(lambda session: deployment_view(session, deployment_id, viewer, rig, now))
    operational = view.application if isinstance(view.application, Application) else None
    return render(
        request,
        "deployment.html",
        viewer,
        deployment=view,
        stamp=stamp_of(view),
        application=operational,
        to_read=TO_READ,
        after=after,
        now=now,
        drafts=viewer.role in DRAFTERS,
    )


async def new_page(request: Request, viewer: Viewer) -> Response:
    """The application's form, empty, or filled in as another deployment's (`?like=ID`)."""
    like = request.query_params.get("like")
    desk = desk_of(request)

    def fill(session: Session) -> Fields:
        if like is None:
            return blank_fields(desk.settings, desk.now())
        return copied_fields(_application(session, like), desk.now())

    return await _form(request, viewer, await desk.read(fill), "/api/deployments")


async def change_page(request: Request, viewer: Viewer) -> Response:
    deployment_id = request.path_params["deployment_id"]

    def fill(session: Session) -> Fields:
        found = session.get(Deployment, deployment_id)
        if found is not None and (found.state != "draft" or found.drafted_by != viewer.person_id):
            raise HTTPException(409, "only the person who drafted it can change it, and only while it is a draft")
        return kept_fields(_application(session, deployment_id))

    fields = await desk_of(request).read(fill)
    return await _form(request, viewer, fields, f"/api/deployments/{deployment_id}/application", deployment_id)


async def band(request: Request, viewer: Viewer) -> Response:
    """The band alone, for the page to put in place of its own."""
    request.state.band = await desk_of(request).read(lambda session: read_band(session, viewer))
    return render(request, "band.html", viewer)


async def _form(
    request: Request, viewer: Viewer, fields: Fields, address: str, deployment_id: str | None = None
) -> Response:
    desk = desk_of(request)
    policy: Policy | None = None
    fault = ""
    try:
        policy = drafting_policy(desk.settings).policy
        if policy.test:
            fault = told(f"the policy {policy.name!r} is for tests with volunteers: name an operational one")
    except RecordsError as error:
        fault = told(str(error))
    return render(
        request,
        "deployment_form.html",
        viewer,
        fields=fields,
        policy=policy,
        policy_file=Path(desk.settings.policy).name if desk.settings.policy else "",
        fault=fault,
        address=address,
        deployment_id=deployment_id,
        cameras=desk.settings.cameras or (),
        after=desk.feed.latest,
    )


def _application(session: Session, deployment_id: str) -> Application:
    application = read_document(get_deployment(session, deployment_id).document)
    if not isinstance(application, Application):
        raise HTTPException(404, "a test has no application")
    return application


ROUTES = [
    Route("/deployments", guard(deployments_page, *FOLLOWS, page=True), methods=["GET"]),
    Route("/deployments/new", guard(new_page, *DRAFTERS, page=True), methods=["GET"]),
    Route("/deployments/{deployment_id}", guard(deployment_page, *FOLLOWS, page=True), methods=["GET"]),
    Route("/deployments/{deployment_id}/change", guard(change_page, *DRAFTERS, page=True), methods=["GET"]),
    Route("/band", guard(band, *FOLLOWS), methods=["GET"]),
]
