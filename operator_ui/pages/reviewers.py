"""The supervisor's page: how each reviewer judges. It shows no face, no alert and no entry, so that looking at it is no
entry of the ledger; who may is a matter of the role, and each sign-in is in the ledger."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.reviewer_rows import reviewers
from alerts.reviewers import ALWAYS_YES_AFTER, LEAST, OFFICERS_ACCEPTED, VERY_FAST_S
from operator_ui.access import guard
from operator_ui.bodies import read_query
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.steps import Viewer

SUPERVISORS = ("authorising_officer", "auditor", "administrator")
PERIODS = (7, 30, 90, 365)
"""Days."""


class Period(msgspec.Struct, frozen=True):
    days: Annotated[Literal[7, 30, 90, 365], msgspec.Meta(description="Length of the period, until now.")] = 30


async def reviewers_page(request: Request, viewer: Viewer) -> Response:
    desk, days = desk_of(request), read_query(request, Period).days
    after, now = desk.feed.latest, desk.now()
    found = await desk.read(lambda session: reviewers(session, days, now))
    listening: dict[str, Any] = {"after": after} if viewer.follows else {}
    return render(
        request,
        "reviewers.html",
        viewer,
        reviewers=found,
        days=days,
        periods=PERIODS,
        now=now,
        least=LEAST,
        always_yes_after=ALWAYS_YES_AFTER,
        officers_accepted=OFFICERS_ACCEPTED,
        very_fast_s=VERY_FAST_S,
        **listening,
    )


ROUTES = [Route("/reviewers", guard(reviewers_page, *SUPERVISORS, page=True), methods=["GET"])]
