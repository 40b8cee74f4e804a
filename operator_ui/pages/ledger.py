"""The ledger as a page: what was done, by whom and when, in plain words; its check and its download."""

from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.exports import REASONS
from operator_ui.access import guard
from operator_ui.api.ledger import MOST_CHECKED, TAKERS
from operator_ui.bodies import read_query
from operator_ui.desk import desk_of
from operator_ui.ledger_views import LedgerPage, Wanted, actors, deployments, ledger_page
from operator_ui.ledger_words import kind_words
from operator_ui.rendering import render
from operator_ui.steps import READS_LEDGER, Viewer
from records.facts import Kind


async def page(request: Request, viewer: Viewer) -> Response:
    desk, wanted = desk_of(request), read_query(request, Wanted)

    def read(session: Session) -> tuple[LedgerPage, dict[str, str], dict[str, str]]:
        return ledger_page(session, wanted), actors(session), deployments(session)

    after = desk.feed.latest
    found, people, listed = await desk.read(read)
    return render(
        request,
        "ledger.html",
        viewer,
        found=found,
        wanted=wanted,
        kinds=sorted(((str(kind), kind_words(kind)) for kind in Kind), key=lambda pair: pair[1]),
        actors=people,
        deployments=listed,
        reasons=REASONS,
        may_take=viewer.role in TAKERS,
        at_once=MOST_CHECKED,
        query=_query(wanted),
        after=after,
    )


def _query(wanted: Wanted) -> str:
    """What is asked for, as an address carries it, but for the page."""
    asked = {"kind": wanted.kind, "day": wanted.day, "deployment": wanted.deployment, "actor": wanted.actor}
    return urlencode({name: str(value) for name, value in asked.items() if value is not None})


ROUTES = [Route("/ledger", guard(page, *READS_LEDGER, page=True), methods=["GET"])]
