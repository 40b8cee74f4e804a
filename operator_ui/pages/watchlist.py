"""A deployment's list as pages: counts and anonymous rows, and one entry, which opens only for a reason."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import NotFound
from operator_ui.access import guard
from operator_ui.api.watchlist import GONE, OpenEntry, entry_of, list_view, opened, policy_of, wanted, words_of
from operator_ui.desk import desk_of
from operator_ui.entry_views import entry_row
from operator_ui.portrait import reference_jpeg
from operator_ui.rendering import render
from operator_ui.steps import Viewer
from records.errors import KeyDestroyed, NoDataKey
from records.schema import Deployment
from watchlist.errors import ListDamaged
from watchlist.particulars import VIEWERS
from watchlist.portraits import open_portrait
from watchlist.standing import RESTORERS, STANDING, WITHDRAWERS

TAKES_ENTRIES = ("draft", "submitted", "authorised")


async def list_page(request: Request, viewer: Viewer) -> Response:
    desk, deployment_id = desk_of(request), request.path_params["deployment_id"]
    after, now = desk.feed.latest, desk.now()
    state, page = wanted(request)
    found = await desk.read(lambda session: list_view(session, deployment_id, state, page, now))
    takes = found.state in TAKES_ENTRIES and found.list.built is None
    return render(request, "watchlist.html", viewer, found=found, takes_entries=takes, after=after, now=now)


async def entry_page(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    deployment_id, entry_id = request.path_params["deployment_id"], request.path_params["entry_id"]
    after, now = desk.feed.latest, desk.now()
    until = desk.opened.until(viewer.sign_in, entry_id, now)

    def read(session: Session) -> tuple[dict[str, Any], OpenEntry | None]:
        entry = entry_of(session, deployment_id, entry_id)
        deployment = session.get_one(Deployment, deployment_id)
        policy = policy_of(deployment)
        known: dict[str, Any] = {
            "deployment_id": deployment.id,
            "deployment_name": deployment.name,
            "entry": entry_row(entry, policy, now.date()),
            "erased": entry.sealed is None,
            "view_reasons": words_of(policy.view_reasons),
            "withdrawal_reasons": words_of(policy.withdrawal_reasons),
        }
        shown = opened(desk.vault, session, entry, now) if until is not None and entry.sealed is not None else None
        return known, shown

    known, shown = await desk.read(read)
    return render(
        request,
        "entry.html",
        viewer,
        shown=shown,
        until=until,
        may_withdraw=viewer.role in WITHDRAWERS,
        may_restore=viewer.role in RESTORERS,
        standing=STANDING,
        after=after,
        now=now,
        **known,
    )


async def portrait(request: Request, viewer: Viewer) -> Response:
    """A reference picture of an entry that this sign-in has opened."""
    desk, now = desk_of(request), desk_of(request).now()
    deployment_id, entry_id = request.path_params["deployment_id"], request.path_params["entry_id"]
    picture_id = request.path_params["picture_id"]
    _must_be_open(desk.opened.until(viewer.sign_in, entry_id, now))

    def read(session: Session) -> bytes:
        entry = entry_of(session, deployment_id, entry_id)
        picture = next((one for one in entry.pictures if one.id == picture_id), None)
        if picture is None:
            raise NotFound("there is no such picture")
        try:
            jpeg = open_portrait(desk.vault, session, Path(desk.settings.vault), deployment_id, picture.id)
        except (KeyDestroyed, NoDataKey, ListDamaged) as error:
            raise NotFound(GONE) from error
        return reference_jpeg(jpeg, np.array(picture.measures["landmarks"], np.float32))

    return Response(await desk.read(read), media_type="image/jpeg")


def _must_be_open(until: datetime | None) -> None:
    if until is None:
        raise HTTPException(403, "say why you look at this entry first")


_ENTRY = "/watchlist/{deployment_id}/entries/{entry_id}"
ROUTES = [
    Route("/watchlist/{deployment_id}", guard(list_page, *VIEWERS, page=True), methods=["GET"]),
    Route(_ENTRY, guard(entry_page, *VIEWERS, page=True), methods=["GET"]),
    Route(f"{_ENTRY}/portraits/{{picture_id}}", guard(portrait, *VIEWERS), methods=["GET"]),
]
