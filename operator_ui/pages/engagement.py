"""Pages of the engagement officer: what people have confirmed, and the card for a person who was stopped."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.decisions import OFFICERS
from operator_ui.access import guard
from operator_ui.card import code_svg, code_text, is_page, read_card
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.steps import Step, Viewer
from operator_ui.views import Card, queue

TO_ACT: tuple[Step, ...] = ("decide", "stop")


def to_act_on(cards: list[Card]) -> tuple[list[Card], int]:
    """(the alerts that an officer decides about, how many are still with the reviewers)."""
    return [card for card in cards if card.step in TO_ACT], sum(card.step not in TO_ACT for card in cards)


async def engagements(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    # Read before the list: what happens between the two is told again rather than lost.
    after = desk.feed.latest
    mine, others = to_act_on(await desk.read(lambda session: queue(session, viewer)))
    return render(request, "engagements.html", viewer, cards=mine, others=others, after=after)


async def engagements_list(request: Request, viewer: Viewer) -> Response:
    """The list alone, for the page to put in place of its own when something changed."""
    mine, others = to_act_on(await desk_of(request).read(lambda session: queue(session, viewer)))
    return render(request, "engagements_list.html", viewer, cards=mine, others=others)


async def card(request: Request, viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    made = await desk.read(lambda session: read_card(session, alert_id))
    public = desk.settings.public
    page = is_page(public.complaints or public.contact) if public else False
    return render(request, "card.html", viewer, card=made, public=public, complaints_page=page, alert_id=alert_id)


async def card_code(request: Request, _viewer: Viewer) -> Response:
    desk, alert_id = desk_of(request), request.path_params["alert_id"]
    made = await desk.read(lambda session: read_card(session, alert_id))
    return Response(code_svg(code_text(desk.settings.public, made)), media_type="image/svg+xml")


ROUTES = [
    Route("/engagements", guard(engagements, *OFFICERS, page=True), methods=["GET"]),
    Route("/engagements/list", guard(engagements_list, *OFFICERS), methods=["GET"]),
    Route("/alerts/{alert_id}/card", guard(card, *OFFICERS, page=True), methods=["GET"]),
    Route("/alerts/{alert_id}/card.svg", guard(card_code, *OFFICERS), methods=["GET"]),
]
