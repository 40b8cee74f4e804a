"""Accounts over HTTP: administrators add, deactivate and reset; everybody changes his or her own password."""

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import people
from alerts.passwords import LONGEST
from alerts.qualification import by_assessment, end_of_day
from alerts.sign_ins import with_password
from operator_ui.access import address_of
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer
from operator_ui.training import rig_rules
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
    qualified_until: datetime | None
    """Of an operator: until when the test of face matching counts."""


class QualificationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    until: str
    """The last day on which it counts, as 2027-06-30."""
    reference: str
    """Of the certificate; it is kept for good and names nobody."""


class People(msgspec.Struct, frozen=True):
    people: list[PersonView]


class OnePerson(msgspec.Struct, frozen=True):
    person: PersonView


class Password(msgspec.Struct, frozen=True):
    password: str
    """Works once; is in this answer and nowhere else."""


class Invited(msgspec.Struct, frozen=True):
    person: PersonView
    password: str
    """Works once; is in this answer and nowhere else."""


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
        qualified_until=person.qualified_until,
    )


def everybody(session: Session) -> list[PersonView]:
    return [view_of(person) for person in people.everybody(session)]


async def listed(request: Request, _viewer: Viewer) -> Response:
    return answer_json(People(await desk_of(request).read(everybody)))


async def add(request: Request, viewer: Viewer) -> Response:
    desk, body = desk_of(request), await read_json(request, NewPersonBody)
    now = desk.now()

    def invite(session: Session) -> Invited:
        person, password = people.invite(
            session, body.name, body.role, now, authority=body.authority, by=viewer.person_id
        )
        return Invited(view_of(person), password)

    return answer_json(await desk.write(invite), 201)


async def deactivate(request: Request, viewer: Viewer) -> Response:
    desk, person_id = desk_of(request), request.path_params["person_id"]
    now = desk.now()
    person = await desk.write(lambda session: view_of(people.deactivate(session, person_id, now, by=viewer.person_id)))
    return answer_json(OnePerson(person))


async def reset(request: Request, viewer: Viewer) -> Response:
    desk, person_id = desk_of(request), request.path_params["person_id"]
    now = desk.now()
    password = await desk.write(lambda session: people.reset_password(session, person_id, now, by=viewer.person_id))
    return answer_json(Password(password))


async def qualify(request: Request, viewer: Viewer) -> Response:
    desk, person_id, body = (
        desk_of(request),
        request.path_params["person_id"],
        await read_json(request, QualificationBody),
    )
    now, rules, until = desk.now(), rig_rules(desk), end_of_day(body.until)
    person = await desk.write(
        lambda session: view_of(
            by_assessment(session, person_id, until, body.reference, rules, now, by=viewer.person_id)
        )
    )
    return answer_json(OnePerson(person))


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
    api_route("GET", "/api/people", listed, *MANAGERS, says="Lists accounts.", gives=People),
    api_route(
        "POST",
        "/api/people",
        add,
        *MANAGERS,
        says="Adds an account with a one-time password.",
        takes=NewPersonBody,
        gives=Invited,
        status=201,
    ),
    api_route(
        "POST",
        "/api/people/{person_id}/deactivate",
        deactivate,
        *MANAGERS,
        says="Closes an account and ends its sessions.",
        gives=OnePerson,
    ),
    api_route(
        "POST",
        "/api/people/{person_id}/password",
        reset,
        *MANAGERS,
        says="Gives an account another one-time password and ends its sessions.",
        gives=Password,
    ),
    api_route(
        "POST",
        "/api/people/{person_id}/qualification",
        qualify,
        *MANAGERS,
        says="Enters that an operator passed a test of face matching elsewhere.",
        takes=QualificationBody,
        gives=OnePerson,
    ),
    api_route(
        "POST",
        "/api/account/password",
        change_password,
        says="Changes this person's own password; other sessions end.",
        takes=PasswordBody,
        status=204,
        one_time=True,
    ),
]
