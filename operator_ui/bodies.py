"""Reading what a request sends, up to a size, and refusing what is not understood."""

from typing import TypeVar
from urllib.parse import parse_qs

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_BYTES = 64 * 1024

Body = TypeVar("Body", bound=msgspec.Struct)


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


async def read_json(request: Request, kind: type[Body]) -> Body:
    """The body as this struct; 422 says which field is wrong."""
    try:
        return msgspec.json.decode(await _read(request), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(422, f"this body is not understood: {error}") from error


def read_query(request: Request, kind: type[Body]) -> Body:
    """What the address carries after `?`, as this struct; 422 says which parameter is wrong.

    An empty one is none: an ordinary form sends also the fields that nobody filled in.
    """
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise HTTPException(422, f"this address is not understood: {error}") from error


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an ordinary form; of a field given twice, the first."""
    text = (await _read(request)).decode(errors="replace")
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=20).items()}
    except ValueError as error:
        raise HTTPException(422, "this form is not understood") from error


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"a request may send at most {MOST_BYTES // 1024} KiB")
    return bytes(body)
