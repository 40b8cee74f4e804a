"""JSON answers, encoded by msgspec: structs, datetimes and plain values alike."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response


class Fault(msgspec.Struct, frozen=True):
    """Every fault, of every route."""

    error: str
    """One sentence for a person."""


def answer_json(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
