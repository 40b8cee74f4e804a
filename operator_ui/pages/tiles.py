"""A camera's small picture of now: covered for everybody, but for those who act on the alert of a person in it."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operator_ui.access import guard
from operator_ui.desk import Desk, desk_of
from operator_ui.steps import FOLLOWS, Viewer, sees_faces, step_for
from operator_ui.viewing import CARRY_THEIR_REASON, ReasonMissing, look_at
from records.schema import OPEN_STATES, Alert, Sighting
from records.times import from_ns, to_text

AT = "Tile-At"
"""Header: when the picture was taken."""


async def tile(request: Request, viewer: Viewer) -> Response:
    """JPEG; 204 where there is no picture of the last three seconds."""
    desk = desk_of(request)
    held = desk.tiles.newest(request.path_params["camera"])
    if held is None:
        return Response(status_code=204)
    picture = held.covered
    if held.shown is not None and await _may_see(desk, held.tile.alerts, viewer):
        picture = held.shown
    return Response(picture, media_type="image/jpeg", headers={AT: to_text(from_ns(held.tile.at))})


async def _may_see(desk: Desk, candidates: list[str], viewer: Viewer) -> bool:
    """Whether every alert of these is open and this viewer's to act on; then that he or she looks is in the ledger."""
    alerts = await desk.read(lambda session: open_alerts(session, candidates, viewer))
    if alerts is None:
        return False
    try:
        for alert_id in alerts:
            await look_at(desk, alert_id, viewer)
    except ReasonMissing:
        # It moved on between the two reads: this viewer has nothing to decide on it any more.
        return False
    return True


def open_alerts(session: Session, candidates: list[str], viewer: Viewer) -> list[str] | None:
    """The alerts that these candidates are, or belong to; None where one of them is not to be seen by this viewer."""
    found: list[str] = []
    for candidate in candidates:
        sighting = session.get(Sighting, candidate)
        alert = session.get(Alert, candidate if sighting is None else sighting.alert_id)
        if alert is None or alert.state not in OPEN_STATES:
            return None
        if not sees_faces(alert, viewer) or step_for(alert, viewer) not in CARRY_THEIR_REASON:
            return None
        found.append(alert.id)
    return found


ROUTES = [Route("/cameras/{camera}/tile", guard(tile, *FOLLOWS), methods=["GET"])]
