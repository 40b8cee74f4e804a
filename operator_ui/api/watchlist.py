"""Watchlists over HTTP: counts and anonymous rows; an entry opened for a reason; withdrawing and restoring."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts.decisions import NotFound
from alerts.steps import get_deployment
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import ReasonBody, read_json, read_query
from operator_ui.desk import Desk, desk_of
from operator_ui.entry_views import EntriesPage, EntryRow, entries_page, entry_row
from operator_ui.list_counts import ListSummary, list_summary
from operator_ui.steps import Viewer
from records.errors import KeyDestroyed, NoDataKey
from records.facts import TEXT
from records.policy import Named, Policy, pin
from records.schema import Deployment, Entry, Person
from records.vault import Vault
from watchlist.errors import NoSuchEntry
from watchlist.particulars import VIEWERS, Particulars, open_particulars, view_entry
from watchlist.standing import RESTORERS, WITHDRAWERS, restore, withdraw

GONE = "this entry was erased: nothing of it is left"
MOST_PAGES = 10_000

Result = TypeVar("Result")


class Wanted(msgspec.Struct, frozen=True):
    state: Annotated[
        Literal["active", "quarantined", "withdrawn", "expired"] | None, msgspec.Meta(description="none: all")
    ] = None
    page: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES, description="behind the last page: the last")] = 1


class PictureView(msgspec.Struct, frozen=True):
    url: str
    taken_on: date


class OpenEntry(msgspec.Struct, frozen=True):
    """An entry with what only people may read of it, and only after they said why."""

    entry: EntryRow
    name: str
    reason: str
    reference: str
    look_alike_note: str
    offence_code: str
    lawful_basis: str
    source_system: str
    retention_status: str
    review_on: date
    under_18: bool
    vulnerable: bool
    approved_by: str | None
    pictures: list[PictureView]


class ListView(msgspec.Struct, frozen=True):
    deployment: str
    name: str
    kind: str
    state: str
    list: ListSummary
    entries: EntriesPage


def policy_of(deployment: Deployment) -> Policy:
    return pin(deployment.policy).policy


def words_of(named: tuple[Named, ...]) -> dict[str, str]:
    return {item.code: item.words for item in named}


def list_view(session: Session, deployment_id: str, state: str | None, page: int, now: datetime) -> ListView:
    """Raises NotFound."""
    found = get_deployment(session, deployment_id)
    policy = policy_of(found)
    return ListView(
        deployment=found.id,
        name=found.name,
        kind=found.kind,
        state=found.state,
        list=list_summary(session, found, policy),
        entries=entries_page(session, found.id, policy, state, page, now.date()),
    )


def wanted(request: Request) -> tuple[str | None, int]:
    """State and page that the address asks for."""
    asked = read_query(request, Wanted)
    return asked.state, asked.page


def entry_of(session: Session, deployment_id: str, entry_id: str) -> Entry:
    """Raises NoSuchEntry also where it is another deployment's."""
    entry = session.get(Entry, entry_id)
    if entry is None or entry.deployment_id != deployment_id:
        raise NoSuchEntry(f"there is no entry {entry_id} on this list")
    return entry


def opened(vault: Vault, session: Session, entry: Entry, now: datetime) -> OpenEntry:
    """For a caller that has looked for the reason. Raises NotFound once erased."""
    if entry.sealed is None:
        raise NotFound(GONE)
    try:
        return _open(session, entry, open_particulars(vault, session, entry), now)
    except (KeyDestroyed, NoDataKey) as error:
        raise NotFound(GONE) from error


def _open(session: Session, entry: Entry, found: Particulars, now: datetime) -> OpenEntry:
    policy = policy_of(session.get_one(Deployment, entry.deployment_id))
    approved = session.get(Person, entry.approved_by) if entry.approved_by else None
    base = f"/watchlist/{entry.deployment_id}/entries/{entry.id}/portraits"
    return OpenEntry(
        entry=entry_row(entry, policy, now.date()),
        name=found.name,
        reason=found.reason,
        reference=found.reference,
        look_alike_note=found.look_alike_note,
        offence_code=found.offence_code,
        lawful_basis=words_of(policy.lawful_bases).get(entry.lawful_basis, entry.lawful_basis),
        source_system=words_of(policy.source_systems).get(entry.source_system, entry.source_system),
        retention_status=words_of(policy.retention_statuses).get(entry.retention_status, entry.retention_status),
        review_on=entry.review_on,
        under_18=entry.under_18,
        vulnerable=entry.vulnerable,
        approved_by=approved.name if approved else None,
        pictures=[PictureView(f"{base}/{picture.id}", picture.taken_on) for picture in entry.pictures],
    )


async def listed(request: Request, _viewer: Viewer) -> Response:
    desk, deployment_id = desk_of(request), request.path_params["deployment_id"]
    state, page = wanted(request)
    return answer_json(await desk.read(lambda session: list_view(session, deployment_id, state, page, desk.now())))


async def view(request: Request, viewer: Viewer) -> Response:
    """Says why this person looks at the entry; it is open to this sign-in for some minutes. The ledger tells of it."""
    desk, body, now = desk_of(request), await read_json(request, ReasonBody), desk_of(request).now()

    def look(session: Session, entry: Entry) -> OpenEntry:
        _known(body.reason, policy_of(session.get_one(Deployment, entry.deployment_id)).view_reasons)
        if entry.sealed is None:
            raise NotFound(GONE)
        try:
            found = view_entry(desk.vault, session, entry.id, viewer.person_id, body.reason, now)[1]
        except (KeyDestroyed, NoDataKey) as error:
            raise NotFound(GONE) from error
        return _open(session, entry, found, now)

    shown = await _do(request, desk, look)
    desk.opened.add(viewer.sign_in, shown.entry.id, now)
    return answer_json(shown, 201)


async def take_out(request: Request, viewer: Viewer) -> Response:
    desk, body, now = desk_of(request), await read_json(request, ReasonBody), desk_of(request).now()

    def out(session: Session, entry: Entry) -> EntryRow:
        policy = policy_of(session.get_one(Deployment, entry.deployment_id))
        _known(body.reason, policy.withdrawal_reasons)
        withdraw(session, entry.id, viewer.person_id, body.reason, now)
        return entry_row(entry, policy, now.date())

    return answer_json(await _do(request, desk, out))


async def put_back(request: Request, viewer: Viewer) -> Response:
    desk, body, now = desk_of(request), await read_json(request, ReasonBody), desk_of(request).now()
    if not TEXT.accepts(body.reason.strip()):
        raise HTTPException(422, f"say in a few words, without a name, why it is restored, in {TEXT.what}")

    def back(session: Session, entry: Entry) -> EntryRow:
        restore(session, entry.id, viewer.person_id, body.reason, now)
        return entry_row(entry, policy_of(session.get_one(Deployment, entry.deployment_id)), now.date())

    return answer_json(await _do(request, desk, back))


async def _do(request: Request, desk: Desk, step: Callable[[Session, Entry], Result]) -> Result:
    deployment_id, entry_id = request.path_params["deployment_id"], request.path_params["entry_id"]
    return await desk.write(lambda session: step(session, entry_of(session, deployment_id, entry_id)))


def _known(code: str, reasons: tuple[Named, ...]) -> None:
    if code not in words_of(reasons):
        raise HTTPException(422, f"reason is one of: {', '.join(words_of(reasons))}")


_ENTRY = "/api/watchlist/{deployment_id}/entries/{entry_id}"
ROUTES = [
    api_route(
        "GET",
        "/api/watchlist/{deployment_id}",
        listed,
        *VIEWERS,
        says="Lists a deployment's entries without a name, fifty at a time.",
        query=Wanted,
        gives=ListView,
    ),
    api_route(
        "POST",
        f"{_ENTRY}/views",
        view,
        *VIEWERS,
        says="Opens an entry for five minutes, for a reason that goes into the ledger.",
        takes=ReasonBody,
        gives=OpenEntry,
        status=201,
    ),
    api_route(
        "POST",
        f"{_ENTRY}/withdraw",
        take_out,
        *WITHDRAWERS,
        says="Withdraws an entry: it never alerts again.",
        takes=ReasonBody,
        gives=EntryRow,
    ),
    api_route(
        "POST",
        f"{_ENTRY}/restore",
        put_back,
        *RESTORERS,
        says="Lets a quarantined entry alert again.",
        takes=ReasonBody,
        gives=EntryRow,
    ),
]
