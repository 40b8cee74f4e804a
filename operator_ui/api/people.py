"""Accounts over HTTP: administrators add, deactivate and reset; everybody changes his or her own password."""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts import people
from alerts.passwords import LONGEST
from alerts.sign_ins import with_password
from operator_ui.access import address_of, guard
from operator_ui.answers import answer_json
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer
from operator_ui.words import AUTHORITY, ROLES
from records.schema import Person

MANAGERS = ("administrator",)


class NewPersonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    role: str
    authority: int | None = None


class PasswordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    present: str
    new: str


class PersonView(msgspec.Struct, frozen=True):
    id: str
    name: str
    role: str
    role_words: str
    authority: int | None
    authority_words: str | None
    active: bool
    one_time: bool
    """Has yet to choose a password of his or her own."""
    created_at: datetime


def view_of(person: Person) -> PersonView:
    return PersonView(
        id=person.id,
        name=person.name,
        role=person.role,
        role_words=ROLES[person.role],
        authority=person.authority,
        authority_words=AUTHORITY[person.authority] if person.authority else None,
        active=person.active,
        one_time=person.password_until is not None,
        created_at=person.created_at,
    )


def everybody(session: Session) -> list[PersonView]:
    return [view_of(person) for person in people.everybody(session)]


async def listed(request: Request, _viewer: Viewer) -> Response:
    return answer_json({"people": await desk_of(request).read(everybody)})


async def add(request: Request, viewer: Viewer) -> Response:
    """The one-time password is in this answer and nowhere else."""
    desk, body = desk_of(request), await read_json(request, NewPersonBody)
    now = desk.now()

    def invite(session: Session) -> tuple[PersonView, str]:
        person, password = people.invite(
            session, body.name, body.role, now, authority=body.authority, by=viewer.person_id
        )
        return view_of(person), password

    person, password = await desk.write(invite)
    return answer_json({"person": person, "password": password}, 201)


async def deactivate(request: Request, viewer: Viewer) -> Response:
    desk, person_id = desk_of(request), request.path_params["person_id"]
    now = desk.now()
    person = await desk.write(lambda session: view_of(people.deactivate(session, person_id, now, by=viewer.person_id)))
    return answer_json({"person": person})


async def reset(request: Request, viewer: Viewer) -> Response:
    desk, person_id = desk_of(request), request.path_params["person_id"]
    now = desk.now()
    password = await desk.write(lambda session: people.reset_password(session, person_id, now, by=viewer.person_id))
    return answer_json({"password": password})


async def change_password(request: Request, viewer: Viewer) -> Response:
    """Asks for the present one again; other sessions of the person end, this one goes on."""
    desk, body = desk_of(request), await read_json(request, PasswordBody)
    address, now = address_of(request), desk.now()

    def change(session: Session, person: Person) -> bool:
        people.change_password(session, person, body.new, now, keep=viewer.sign_in)
        return True

    done = await desk.attempt(
        lambda database: with_password(database, viewer.name, body.present[:LONGEST], address, now, change)
    )
    if not done:
        raise HTTPException(403, "the present password is wrong, or there were too many tries")
    return Response(status_code=204)


ROUTES = [
    Route("/api/people", guard(listed, *MANAGERS), methods=["GET"]),
    Route("/api/people", guard(add, *MANAGERS), methods=["POST"]),
    Route("/api/people/{person_id}/deactivate", guard(deactivate, *MANAGERS), methods=["POST"]),
    Route("/api/people/{person_id}/password", guard(reset, *MANAGERS), methods=["POST"]),
    Route("/api/account/password", guard(change_password, one_time=True), methods=["POST"]),
]
