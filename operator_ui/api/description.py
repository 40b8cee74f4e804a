"""`GET /api/openapi.json`: what the API offers, for programs."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.openapi import described, document
from operator_ui.steps import Viewer


async def openapi(request: Request, _viewer: Viewer) -> Response:
    return answer_json(document(described(request.app.routes)))


ROUTES = [
    api_route("GET", "/api/openapi.json", openapi, says="Describes the API as OpenAPI 3.1.", gives=dict[str, Any])
]
