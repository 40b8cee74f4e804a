"""The live page: the queue of alerts and the state of the rig; and the lists behind it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from operator_ui.access import guard
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.status import read_status
from operator_ui.steps import FOLLOWS, Viewer
from operator_ui.totals import totals
from operator_ui.training import training_offer
from operator_ui.views import closed, queue


async def live(request: Request, viewer: Viewer) -> Response:
    if not viewer.follows:
        return RedirectResponse("/people", 303)
    if viewer.role == "engagement_officer" and request.url.path == "/":
        return RedirectResponse("/engagements", 303)
    desk = desk_of(request)
    # Read before the queue: what happens between the two is told again rather than lost.
    after, now = desk.feed.latest, desk.now()
    cameras = desk.settings.cameras
    cards, status, offer = await desk.read(
        lambda session: (
            queue(session, viewer),
            read_status(session, now, cameras),
            training_offer(session, desk, viewer, now),
        )
    )
    return render(request, "live.html", viewer, cards=cards, status=status, after=after, offer=offer)


async def live_queue(request: Request, viewer: Viewer) -> Response:
    """The queue alone, for the page to put in place of its own when something changed."""
    cards = await desk_of(request).read(lambda session: queue(session, viewer))
    return render(request, "queue.html", viewer, cards=cards)


async def closed_alerts(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    after = desk.feed.latest
    cards = await desk.read(lambda session: closed(session, viewer))
    return render(request, "closed.html", viewer, cards=cards, after=after)


async def record(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    after = desk.feed.latest
    counted = await desk.read(totals)
    return render(request, "record.html", viewer, totals=counted, after=after)


async def health(request: Request, viewer: Viewer) -> Response:
    """What each camera sees, how well, and how the rig's processes are; filled in by the first status."""
    return render(request, "health.html", viewer, after=desk_of(request).feed.latest)


ROUTES = [
    Route("/", guard(live, page=True), methods=["GET"]),
    Route("/live", guard(live, page=True), methods=["GET"]),
    Route("/queue", guard(live_queue, *FOLLOWS), methods=["GET"]),
    Route("/closed", guard(closed_alerts, *FOLLOWS, page=True), methods=["GET"]),
    Route("/health", guard(health, *FOLLOWS, page=True), methods=["GET"]),
    Route("/record", guard(record, *FOLLOWS, page=True), methods=["GET"]),
]
