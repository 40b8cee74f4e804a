"""Passkeys (WebAuthn): a device that unlocks itself for its person signs in, and no password can be guessed or typed.

The challenge's life is the caller's: used once, soon, by the browser that asked for it (`operator_ui.challenges`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

import webauthn
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from alerts.decisions import Refused
from records.errors import RecordsError
from records.facts import Kind
from records.ledger import append
from records.schema import Passkey, Person

MOST = 10
"""Passkeys of one person."""
LONGEST_NAME = 40
TIMEOUT_MS = 300_000


class PasskeyError(RecordsError):
    """A passkey that is not taken; the message says why."""


@dataclass(frozen=True)
class Site:
    """Whose passkeys: the host that the browser shows (WebAuthn's relying party), and the whole origin."""

    host: str
    origin: str


def site_of(scheme: str, netloc: str) -> Site | None:
    """None where browsers have no passkeys: at an address without TLS other than localhost, or at a bare number."""
    host = netloc.rpartition(":")[0] if netloc.rpartition(":")[2].isdigit() else netloc
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        return None
    if not host or (scheme != "https" and host != "localhost"):
        return None
    return Site(host.lower(), f"{scheme}://{netloc.lower()}")


def registration_options(session: Session, person: Person, site: Site, challenge: bytes) -> str:
    """JSON for `navigator.credentials.create`: kept by the device, used only after the device knows its person."""
    known = passkeys_of(session, person.id)
    if len(known) >= MOST:
        raise Refused(f"you have {MOST} passkeys: remove one first")
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="OpenLFR",
        user_name=person.name,
        user_id=person.id.encode(),
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id)) for passkey in known
        ],
    )
    return webauthn.options_to_json(options)


def add_passkey(
    session: Session, person: Person, name: str, answer: str, site: Site, challenge: bytes, now: datetime
) -> Passkey:
    """`answer` is the browser's credential as JSON. Raises PasskeyError, or Refused for one that is known."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PasskeyError(f"give the passkey a name of at most {LONGEST_NAME} characters, for example of its device")
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError("this device's answer is not a passkey of this page: try again") from error
    credential_id = bytes_to_base64url(made.credential_id)
    if session.get(Passkey, credential_id) is not None:
        raise Refused("this passkey is registered already")
    passkey = Passkey(
        credential_id=credential_id,
        person_id=person.id,
        name=name,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    session.add(passkey)
    append(session, person.id, Kind.PASSKEY_ADDED, {}, now)
    return passkey


def sign_in_options(site: Site, challenge: bytes) -> str:
    """JSON for `navigator.credentials.get`. It names nobody: the device knows whose passkey it holds."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def person_of(session: Session, answer: str, site: Site, challenge: bytes, now: datetime) -> Person | str:
    """Whose passkey answered the challenge, or the code of what is wrong with the answer."""
    try:
        parsed = json.loads(answer)
        passkey = session.get(Passkey, str(parsed["id"]))
        handle = base64url_to_bytes(parsed["response"]["userHandle"]).decode()
    except (ValueError, KeyError, TypeError):
        return "passkey_unreadable"
    person = session.get(Person, passkey.person_id) if passkey else None
    if passkey is None or person is None or not person.active or handle != person.id:
        return "passkey_unknown"
    try:
        # The count is judged below: a copied passkey is told from a wrong answer.
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return "passkey_wrong"
    count = verified.new_sign_count
    if max(count, passkey.sign_count) > 0 and count <= passkey.sign_count:
        return "passkey_copied"
    passkey.sign_count, passkey.used_at = count, now
    return person


def remove_passkey(session: Session, person_id: str, credential_id: str, now: datetime) -> None:
    """Raises PasskeyError for one that is not this person's."""
    passkey = session.get(Passkey, credential_id)
    if passkey is None or passkey.person_id != person_id:
        raise PasskeyError("you have no such passkey")
    session.delete(passkey)
    append(session, person_id, Kind.PASSKEY_REMOVED, {}, now)


def passkeys_of(session: Session, person_id: str) -> Sequence[Passkey]:
    """Oldest first."""
    return session.scalars(select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.created_at)).all()
