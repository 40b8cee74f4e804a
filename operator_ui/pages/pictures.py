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
from operator_ui.portrait import look_jpeg, reference_jpeg, thumbnail_jpeg
from operator_ui.steps import SEES_ALERTS, Viewer, sees_faces
from operator_ui.viewing import is_noted, note_view
from operator_ui.views import MOST_LOOKS, MOST_REFERENCES
from records.errors import KeyDestroyed
from records.schema import Alert, Picture
from records.vault import Address, Vault


async def look(request: Request, viewer: Viewer) -> Response:
    number = _number(request, MOST_LOOKS)
    vault = desk_of(request).vault
    return await _picture(
        request, viewer, lambda alert, session: look_jpeg(_stored(vault, session, alert, "look", number))
    )


async def thumbnail(request: Request, viewer: Viewer) -> Response:
    """The best look, small: as much a view as the large one."""
    vault = desk_of(request).vault
    return await _picture(
        request, viewer, lambda alert, session: thumbnail_jpeg(_stored(vault, session, alert, "look", 0))
    )


async def context(request: Request, viewer: Viewer) -> Response:
    vault = desk_of(request).vault
    return await _picture(request, viewer, lambda alert, session: _stored(vault, session, alert, "context", 0))


async def reference(request: Request, viewer: Viewer) -> Response:
    entries, number = desk_of(request).entries, _number(request, MOST_REFERENCES)

    def aligned(alert: Alert, _session: Session) -> bytes:
        pictures = entries.references(alert.subject_id)
        if number >= len(pictures):
            raise NotFound("there is no such picture")
        return reference_jpeg(pictures[number].jpeg, pictures[number].landmarks)

    return await _picture(request, viewer, aligned)


def _stored(vault: Vault, session: Session, alert: Alert, kind: str, rank: int) -> bytes:
    found = session.execute(
        select(Picture.id, Picture.sealed).where(
            Picture.alert_id == alert.id, Picture.kind == kind, Picture.rank == rank
        )
    ).first()
    if found is None:
        raise NotFound("there is no such picture")
    return bytes(vault.open(session, Address(alert.deployment_id, "alerts", kind, found.id), found.sealed))


async def _picture(request: Request, viewer: Viewer, read: Callable[[Alert, Session], bytes]) -> Response:
    """The picture, where this viewer may see it at this time, and the ledger says that and why."""
    desk, alert_id = desk_of(request), request.path_params["alert_id"]

    def run(session: Session, noting: bool = False) -> bytes | None:
        alert = get_alert(session, alert_id)
        if not sees_faces(alert, viewer):
            raise HTTPException(403, "the pictures of this alert are not for you at this time")
        if noting:
            note_view(session, alert, viewer, desk.now())
        elif not is_noted(session, alert, viewer):
            return None
        try:
            return read(alert, session)
        except KeyDestroyed as error:
            raise NotFound("this picture was erased") from error
        except ValueError as error:
            raise NotFound(str(error)) from error

    picture = await desk.read(run)
    if picture is None:
        picture = await desk.write(lambda session: run(session, noting=True))
    return Response(picture, media_type="image/jpeg")


def _number(request: Request, most: int) -> int:
    number: int = request.path_params["number"]
    if number >= most:
        raise NotFound("there is no such picture")
    return number


ROUTES = [
    Route("/alerts/{alert_id}/thumbnail", guard(thumbnail, *SEES_ALERTS), methods=["GET"]),
    Route("/alerts/{alert_id}/looks/{number:int}", guard(look, *SEES_ALERTS), methods=["GET"]),
    Route("/alerts/{alert_id}/references/{number:int}", guard(reference, *SEES_ALERTS), methods=["GET"]),
    Route("/alerts/{alert_id}/context", guard(context, *SEES_ALERTS), methods=["GET"]),
]
