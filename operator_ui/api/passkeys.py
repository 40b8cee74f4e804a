"""Passkeys over HTTP: registering one, signing in with one, removing one."""

import secrets
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import passkeys, sign_ins
from alerts.passwords import LONGEST
from alerts.people import get_person
from operator_ui.access import address_of
from operator_ui.answers import answer_json
from operator_ui.api.signing import Begun, check_asked, signed_in
from operator_ui.api_routes import api_route, open_route
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.sites import site_or_409
from operator_ui.steps import Viewer
from records.schema import Person

COOKIE = "openlfr-passkey"
PATH = "/api/passkeys"
LATE = "this took too long, or was asked for elsewhere: try again"
REFUSED = "this passkey does not sign anybody in here, or there were too many tries"


class OptionsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: str
    """Asked again: a tablet that was left open must not give anybody a key of his own."""


class RegistrationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    credential: msgspec.Raw


class PasskeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    credential: msgspec.Raw


class RemovalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    credential_id: str


class PasskeyView(msgspec.Struct, frozen=True):
    credential_id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class Passkeys(msgspec.Struct, frozen=True):
    passkeys: list[PasskeyView]


async def registration_options(request: Request, viewer: Viewer) -> Response:
    desk, site, body = desk_of(request), site_or_409(request), await read_json(request, OptionsBody)
    address, now = address_of(request), desk.now()
    challenge = desk.challenges.make("register", viewer.sign_in, site, now)

    def options(session: Session, person: Person) -> str:
        return passkeys.registration_options(session, person, site, challenge)

    made = await desk.attempt(
        lambda database: sign_ins.with_password(database, viewer.name, body.password[:LONGEST], address, now, options)
    )
    if made is None:
        desk.challenges.take("register", viewer.sign_in, site, now)
        raise HTTPException(403, "this is not your password, or there were too many tries")
    return Response(made, media_type="application/json")


async def register(request: Request, viewer: Viewer) -> Response:
    desk, site, body = desk_of(request), site_or_409(request), await read_json(request, RegistrationBody)
    now = desk.now()
    challenge = desk.challenges.take("register", viewer.sign_in, site, now)
    if challenge is None:
        raise HTTPException(409, LATE)
    answer = bytes(body.credential).decode()

    def add(session: Session) -> None:
        person = get_person(session, viewer.person_id)
        passkeys.add_passkey(session, person, body.name, answer, site, challenge, now)

    await desk.write(add)
    return Response(status_code=201)


async def sign_in_options(request: Request) -> Response:
    check_asked(request)
    desk, site, holder = desk_of(request), site_or_409(request), secrets.token_urlsafe(24)
    challenge = desk.challenges.make("sign_in", sign_ins.digest(holder), site, desk.now())
    response = Response(passkeys.sign_in_options(site, challenge), media_type="application/json")
    response.set_cookie(COOKIE, holder, path=PATH, httponly=True, secure=desk.settings.tls, samesite="strict")
    return response


async def sign_in(request: Request) -> Response:
    """401 says that it did not work, and never why."""
    check_asked(request)
    desk, site, body = desk_of(request), site_or_409(request), await read_json(request, PasskeyBody)
    address, now, answer = address_of(request), desk.now(), bytes(body.credential).decode()
    challenge = desk.challenges.take("sign_in", sign_ins.digest(request.cookies.get(COOKIE, "")), site, now)
    if challenge is None:
        raise HTTPException(409, LATE)

    def begin(session: Session) -> sign_ins.Token | None:
        person = sign_ins.with_passkey_attempt(
            session, address, now, lambda session: passkeys.person_of(session, answer, site, challenge, now)
        )
        return None if person is None else sign_ins.begin(session, person, "passkey", now)

    token = await desk.write(begin)
    if token is None:
        raise HTTPException(401, REFUSED)
    response = signed_in(request, token)
    response.delete_cookie(COOKIE, path=PATH)
    return response


async def mine(request: Request, viewer: Viewer) -> Response:
    return answer_json(Passkeys(await desk_of(request).read(lambda session: passkeys_of(session, viewer))))


async def remove(request: Request, viewer: Viewer) -> Response:
    desk, body = desk_of(request), await read_json(request, RemovalBody)
    now = desk.now()
    await desk.write(lambda session: passkeys.remove_passkey(session, viewer.person_id, body.credential_id, now))
    return Response(status_code=204)


def passkeys_of(session: Session, viewer: Viewer) -> list[PasskeyView]:
    return [
        PasskeyView(found.credential_id, found.name, found.created_at, found.used_at)
        for found in passkeys.passkeys_of(session, viewer.person_id)
    ]


ROUTES = [
    api_route("GET", PATH, mine, says="Lists this person's own passkeys.", gives=Passkeys),
    api_route(
        "POST", PATH, register, says="Adds the passkey that the browser made.", takes=RegistrationBody, status=201
    ),
    api_route(
        "POST",
        f"{PATH}/options",
        registration_options,
        says="Asks for the password again; answers with what WebAuthn's `create` takes.",
        takes=OptionsBody,
        gives=dict[str, Any],
    ),
    api_route("POST", f"{PATH}/remove", remove, says="Removes a passkey.", takes=RemovalBody, status=204),
    open_route(
        "POST",
        f"{PATH}/sign-in/options",
        sign_in_options,
        says="Answers with what WebAuthn's `get` takes.",
        gives=dict[str, Any],
    ),
    open_route("POST", f"{PATH}/sign-in", sign_in, says="Signs in with a passkey.", takes=PasskeyBody, gives=Begun),
]
