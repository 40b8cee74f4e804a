"""`GET /events`: what changed, as server-sent events with the ids of the record, so that a tablet that slept reads on.

Numbered events carry {"event", "kind", "alert"}, and for the live page the alert's card as this viewer may see it: what
a tablet draws at once need not be asked for. The un-numbered `status` comes each second: the rig is there. No event
carries a name, a similarity or a first vote.
"""

from collections.abc import AsyncIterator, Callable
from functools import cache, partial
from typing import Annotated

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from alerts.decisions import REVIEWERS
from operator_ui.access import find_viewer
from operator_ui.api_routes import api_route
from operator_ui.bodies import read_query
from operator_ui.desk import Desk, desk_of
from operator_ui.rendering import drawn
from operator_ui.status import Status
from operator_ui.steps import FOLLOWS, Viewer
from operator_ui.views import queued
from records.schema import Adjudication, Event

MOST_AT_ONCE = 500
LARGEST_ID = 2**63 - 1
MOST_CARDS = 8
"""Where more alerts changed at once, the page asks for its queue."""


class Change(msgspec.Struct, frozen=True):
    """What a numbered event carries: `event: change`."""

    event: int
    kind: str
    alert: str | None
    card: Annotated[
        str | msgspec.UnsetType | None,
        msgspec.Meta(
            description="the alert's item of the queue, as HTML; null once it left it; only if `cards` was asked"
        ),
    ] = msgspec.UNSET


class Events(msgspec.Struct, frozen=True):
    """The data of each event, by the event's name."""

    change: Change
    status: Status


class After(msgspec.Struct, frozen=True):
    after: Annotated[
        int | None, msgspec.Meta(description="number of the last event known; the header Last-Event-ID is newer")
    ] = None
    cards: Annotated[bool, msgspec.Meta(description="changes carry the alert's card, drawn for this person")] = False


async def events(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    start, cards = _start(request), read_query(request, After).cards
    stream = _stream(request, desk, viewer, desk.feed.latest if start is None else start, cards)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _start(request: Request) -> int | None:
    """The last id that the tablet has; a browser's own `Last-Event-ID` is newer than the address it opens again."""
    text = request.headers.get("last-event-id") or request.query_params.get("after")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= LARGEST_ID):
        raise HTTPException(422, "after (or Last-Event-ID) is the number of an event")
    return int(text)


async def _stream(request: Request, desk: Desk, viewer: Viewer, after: int, cards: bool) -> AsyncIterator[bytes]:
    feed, ticks = desk.feed, -1
    while not feed.closing:
        wake = feed.wake
        # A number that this record has not reached was another record's: what comes from now on is sent.
        after = min(after, feed.latest) if feed.latest else after
        while after < feed.latest:
            kept = feed.since(after)
            if kept and not any(_is_for_some(event.kind) for event in kept):
                found, after = [(event.id, event.kind, event.alert_id) for event in kept], kept[-1].id
            else:
                found, after = await desk.read(partial(read_events, after=after, viewer=viewer))
            card_of = _cards(request, desk, viewer, {alert_id for _, _, alert_id in found}) if cards else _no_card
            for number, kind, alert_id in found:
                yield _event(kind, number, alert_id, card_of(alert_id))
        if feed.ticks != ticks:
            # Whoever was deactivated, or left the page alone for too long, is out within a second.
            present = await find_viewer(request)
            if present is None or present != viewer:
                yield b"event: signed-out\ndata: {}\n\n"
                return
            viewer = present
            ticks = feed.ticks
            yield b"event: status\ndata: " + feed.status + b"\n\n" if feed.status else b"event: ping\ndata: {}\n\n"
        await wake.wait()


def read_events(session: Session, after: int, viewer: Viewer) -> tuple[list[tuple[int, str, str | None]], int]:
    """The events after this id that the viewer may know of, oldest first, and the id up to which was read."""
    rows = session.scalars(select(Event).where(Event.id > after).order_by(Event.id).limit(MOST_AT_ONCE)).all()
    hidden = {row.alert_id for row in rows if _is_for_some(row.kind)} if viewer.role in REVIEWERS else set()
    if hidden:
        # That a second review began tells what the first vote was: only to those who have voted themselves.
        mine = select(Adjudication.alert_id).where(
            Adjudication.reviewer_id == viewer.person_id, Adjudication.alert_id.in_(hidden)
        )
        hidden -= set(session.scalars(mine))
    shown = [
        (row.id, row.kind, row.alert_id) for row in rows if not (_is_for_some(row.kind) and row.alert_id in hidden)
    ]
    return shown, rows[-1].id if rows else after


Drawn = str | msgspec.UnsetType | None


def _no_card(_alert_id: str | None) -> Drawn:
    return msgspec.UNSET


def _cards(request: Request, desk: Desk, viewer: Viewer, alert_ids: set[str | None]) -> Callable[[str | None], Drawn]:
    """The cards of these alerts as the viewer may see them now; none where the page had better ask for its queue."""
    alerts = desk.feed.alerts
    if len(alert_ids) > MOST_CARDS:
        return _no_card

    def card_of(alert_id: str | None) -> Drawn:
        alert = alerts.get(alert_id or "")
        if alert is None:
            return msgspec.UNSET
        card = queued(alert, viewer)
        return drawn(request, "queue_item.html", viewer=viewer, card=card) if card else None

    return cache(card_of)


def _is_for_some(kind: str) -> bool:
    """Whether who may know of it has to be asked of the record."""
    return kind == "second_review"


def _event(kind: str, number: int, alert_id: str | None, card: Drawn) -> bytes:
    data = msgspec.json.encode(Change(number, kind, alert_id, card))
    return b"id: %d\nevent: change\ndata: %s\n\n" % (number, data)


ROUTES = [
    api_route(
        "GET",
        "/events",
        events,
        *FOLLOWS,
        says="Streams what changed, as ids and states, and each second how the rig is (`event: status`).",
        query=After,
        gives=Events,
        media="text/event-stream",
    )
]
