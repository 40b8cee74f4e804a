"""The API's description as a page, for those who write programs for a rig."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operator_ui.access import guard
from operator_ui.api_words import in_words
from operator_ui.openapi import FAULTS, described
from operator_ui.rendering import render
from operator_ui.steps import Viewer


async def api_page(request: Request, viewer: Viewer) -> Response:
    return render(request, "api.html", viewer, api=in_words(described(request.app.routes)), faults=FAULTS)


ROUTES = [Route("/api", guard(api_page, page=True), methods=["GET"])]
