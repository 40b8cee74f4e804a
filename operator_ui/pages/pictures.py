"""The pictures of an alert, under addresses that name nobody."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import NotFound, get_alert
from operator_ui.access import guard
from operator_ui.desk import desk_of
from operator_ui.pages.alert import SEES_ALERTS
from operator_ui.portrait import look_jpeg, reference_jpeg
from operator_ui.steps import Viewer, sees_faces
from operator_ui.views import MOST_LOOKS, MOST_REFERENCES
from records.schema import Alert, Picture


async def look(request: Request, viewer: Viewer) -> Response:
    number = _number(request, MOST_LOOKS)
    return await _picture(request, viewer, lambda alert, session: look_jpeg(_stored(session, alert, "look", number)))


async def context(request: Request, viewer: Viewer) -> Response:
    return await _picture(request, viewer, lambda alert, session: _stored(session, alert, "context", 0))


async def reference(request: Request, viewer: Viewer) -> Response:
    entries, number = desk_of(request).entries, _number(request, MOST_REFERENCES)

    def aligned(alert: Alert, _session: Session) -> bytes:
        pictures = entries.references(alert.subject_id)
        if number >= len(pictures):
            raise NotFound("there is no such picture")
        return reference_jpeg(pictures[number].jpeg, pictures[number].landmarks)

    return await _picture(request, viewer, aligned)


def _stored(session: Session, alert: Alert, kind: str, rank: int) -> bytes:
    found = session.scalar(
        select(Picture.jpeg).where(Picture.alert_id == alert.id, Picture.kind == kind, Picture.rank == rank)
    )
    if found is None:
        raise NotFound("there is no such picture")
    return found


async def _picture(request: Request, viewer: Viewer, read: Callable[[Alert, Session], bytes]) -> Response:
    """The picture, where this viewer may see it at this time."""

    def run(session: Session) -> bytes:
        alert = get_alert(session, request.path_params["alert_id"])
        if not sees_faces(alert, viewer):
            raise HTTPException(403, "the pictures of this alert are not for you at this time")
        try:
            return read(alert, session)
        except ValueError as error:
            raise NotFound(str(error)) from error

    return Response(await desk_of(request).read(run), media_type="image/jpeg")


def _number(request: Request, most: int) -> int:
    number: int = request.path_params["number"]
    if number >= most:
        raise NotFound("there is no such picture")
    return number


ROUTES = [
    Route("/alerts/{alert_id}/looks/{number:int}", guard(look, *SEES_ALERTS), methods=["GET"]),
    Route("/alerts/{alert_id}/references/{number:int}", guard(reference, *SEES_ALERTS), methods=["GET"]),
    Route("/alerts/{alert_id}/context", guard(context, *SEES_ALERTS), methods=["GET"]),
]
