"""The page of a test's volunteers: one press when one of them walks past, and what the rig made of it."""

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.bluelist import LOGGERS, READERS
from operator_ui.access import guard
from operator_ui.bluelist import LABEL_REASON, BluelistView, read_present
from operator_ui.desk import Desk, desk_of
from operator_ui.rendering import render
from operator_ui.steps import Viewer
from records.canonical import Json
from records.facts import Kind
from records.ledger import append


async def bluelist_page(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    after, now = desk.feed.latest, desk.now()
    logs = viewer.role in LOGGERS
    found = await _read(request)
    labels: list[tuple[str, str]] = []
    if logs:
        fresh = [entry for entry in found.volunteers if desk.labelled.until(viewer.sign_in, entry, now) is None]
        if fresh:
            await desk.write(lambda session: _tell(session, viewer, found.deployment, fresh, now))
        # Only now: a label is never shown on the word of a transaction that failed.
        for entry in fresh:
            desk.labelled.add(viewer.sign_in, entry, now)
        labels = await desk.read(lambda _session: _labels(desk, found))
    return render(request, "bluelist.html", viewer, found=found, labels=labels, logs=logs, after=after)


async def passes(request: Request, viewer: Viewer) -> Response:
    """Figures and passes alone, for the page to put in place of its own: without a name."""
    return render(request, "bluelist_passes.html", viewer, found=await _read(request), logs=viewer.role in LOGGERS)


async def _read(request: Request) -> BluelistView:
    desk = desk_of(request)
    now, cameras = desk.now(), desk.settings.cameras or ()
    return await desk.read(lambda session: read_present(session, cameras, now))


def _tell(session: Session, viewer: Viewer, deployment: str, entries: list[str], now: datetime) -> None:
    """In the ledger before any label is opened; drawn again within some minutes, the page says it once."""
    for entry in entries:
        facts: dict[str, Json] = {"deployment": deployment, "entry": entry, "reason": LABEL_REASON}
        append(session, viewer.person_id, Kind.ENTRY_VIEWED, facts, now)


def _labels(desk: Desk, found: BluelistView) -> list[tuple[str, str]]:
    """(entry, label) of each volunteer whose label can be opened, by label."""
    known = ((entry, desk.entries.known(entry)) for entry in found.volunteers)
    return sorted(((entry, one.label) for entry, one in known if one is not None), key=lambda pair: pair[1].casefold())


ROUTES = [
    Route("/bluelist", guard(bluelist_page, *READERS, page=True), methods=["GET"]),
    Route("/bluelist/passes", guard(passes, *READERS), methods=["GET"]),
]
