"""The administrators' list of people, and everybody's own account."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.passwords import SHORTEST
from alerts.people import get_person
from operator_ui.access import ACCOUNT, guard
from operator_ui.api.passkeys import passkeys_of
from operator_ui.api.people import MANAGERS, everybody, view_of
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.sites import site_of_request
from operator_ui.steps import Viewer


async def people_page(request: Request, viewer: Viewer) -> Response:
    found = await desk_of(request).read(everybody)
    return render(request, "people.html", viewer, people=found)


async def account_page(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    person, passkeys = await desk.read(
        lambda session: (view_of(get_person(session, viewer.person_id)), passkeys_of(session, viewer))
    )
    site = site_of_request(request)
    # With it the page listens: an alert rings here too. An administrator hears of none.
    listening: dict[str, Any] = {"after": desk.feed.latest} if viewer.follows and not viewer.one_time else {}
    return render(
        request, "account.html", viewer, person=person, passkeys=passkeys, site=site, shortest=SHORTEST, **listening
    )


ROUTES = [
    Route("/people", guard(people_page, *MANAGERS, page=True), methods=["GET"]),
    Route(ACCOUNT, guard(account_page, page=True, one_time=True), methods=["GET"]),
]
