"""The ledger over HTTP: reading it, checking its chain, handing it out."""

import tempfile
from pathlib import Path

import anyio
import msgspec
from anyio import to_thread
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from alerts.exports import REASONS, note_export
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import ReasonBody, read_json, read_query
from operator_ui.desk import desk_of
from operator_ui.ledger_views import LedgerPage, Number, Wanted, ledger_page
from operator_ui.steps import READS_LEDGER, Viewer
from records.checking import ChainCheck, check_chain
from records.export import export_ledger
from records.schema import LedgerEntry, Person
from records.signing import open_signer

TAKERS = ("auditor",)
MOST_CHECKED = 50_000
"""Entries in one request: some seconds' work."""

_LINES = "application/jsonl"

_checkers = anyio.CapacityLimiter(1)
"""One check at a time: the tablets go on beside it."""


class RangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entries to check; none given: the newest."""

    first: Number | None = None
    last: Number | None = None


class Line(msgspec.Struct, frozen=True):
    """Each line of an export has such a word; the rest is as `openlfr verify` reads it."""

    line: str


async def listed(request: Request, _viewer: Viewer) -> Response:
    wanted = read_query(request, Wanted)
    return answer_json(await desk_of(request).read(lambda session: ledger_page(session, wanted)))


async def verify(request: Request, _viewer: Viewer) -> Response:
    desk, body = desk_of(request), await read_json(request, RangeBody)

    def check() -> ChainCheck:
        with desk.database.read() as session:
            return check_chain(session, *_range(session, body))

    return answer_json(await to_thread.run_sync(check, limiter=_checkers))


def _range(session: Session, body: RangeBody) -> tuple[int, int]:
    total = session.scalar(select(func.max(LedgerEntry.seq))) or 0
    last = total if body.last is None else min(body.last, total)
    first = max(1, last - MOST_CHECKED + 1) if body.first is None else body.first
    if first > last:
        raise HTTPException(422, f"there are no entries from {first} to {last}: the ledger has {total}")
    if last - first >= MOST_CHECKED:
        raise HTTPException(422, f"at most {MOST_CHECKED:,} entries at a time: download the ledger for more")
    return first, last


async def export(request: Request, viewer: Viewer) -> Response:
    """The ledger as a file for `openlfr verify`. That it was handed out, and why, is its last entry."""
    desk, body = desk_of(request), await read_json(request, ReasonBody)
    if body.reason not in REASONS:
        raise HTTPException(422, f"reason is one of: {', '.join(REASONS)}")
    if desk.settings.keys is None:
        raise HTTPException(409, "this tablet has no key to sign an export with: use `openlfr ledger export`")
    signer, now = open_signer(Path(desk.settings.keys)), desk.now()
    folder = tempfile.TemporaryDirectory(prefix="openlfr-")
    file = Path(folder.name) / "ledger.jsonl"

    def note(session: Session) -> None:
        note_export(session, signer, session.get_one(Person, viewer.person_id), body.reason, now)

    try:
        await desk.write(note)
        # By itself: nothing waits until the last entry of a long ledger is on the disk.
        await desk.read(lambda session: export_ledger(session, file, signer, now))
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        file,
        filename=f"openlfr-ledger-{now:%Y-%m-%d-%H%M%S}.jsonl",
        media_type=_LINES,
        background=BackgroundTask(folder.cleanup),
    )


ROUTES = [
    api_route(
        "GET",
        "/api/ledger",
        listed,
        *READS_LEDGER,
        says="Reads the ledger, the newest first, fifty entries at a time.",
        query=Wanted,
        gives=LedgerPage,
    ),
    api_route(
        "POST",
        "/api/ledger/verify",
        verify,
        *READS_LEDGER,
        says="Checks the chain of hashes and the signatures of a range of entries.",
        takes=RangeBody,
        gives=ChainCheck,
    ),
    api_route(
        "POST",
        "/api/ledger/export",
        export,
        *TAKERS,
        says="Hands out the whole ledger, signed, for a reason that goes into it.",
        takes=ReasonBody,
        gives=Line,
        media=_LINES,
    ),
]
