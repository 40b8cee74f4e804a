"""What a control room is told: ids, kinds, states and times, signed; never a picture, a name, a score or a category.

Signed as Standard Webhooks (standardwebhooks.com, version 1): the header `webhook-signature` holds "v1," and the
base64 of HMAC-SHA256 over "{webhook-id}.{webhook-timestamp}.{body}", keyed with the bytes of the secret.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from records.errors import RecordsError
from records.times import to_text

Kind = Literal[
    "alert.raised",
    "alert.sighted",
    "alert.in_review",
    "alert.confirmed",
    "alert.engaged",
    "alert.closed",
    "alert.expired",
    "alert.erased",
    "stop.step",
    "entry.changed",
    "deployment.changed",
]

KINDS: Final[Mapping[str, Kind]] = {
    "alert": "alert.raised",
    "sighting": "alert.sighted",
    "in_review": "alert.in_review",
    "confirmed": "alert.confirmed",
    "engaged": "alert.engaged",
    "closed": "alert.closed",
    "expired": "alert.expired",
    "erased": "alert.erased",
    "step": "stop.step",
    "entry": "entry.changed",
    "deployment": "deployment.changed",
}
"""By the record's kind. That a second review has begun is told to nobody: it tells what the first reviewer said."""

MEANINGS: Final[Mapping[Kind, str]] = {
    "alert.raised": "A person may be on the list; nobody has looked yet.",
    "alert.sighted": "The person of an open alert was seen again.",
    "alert.in_review": "A reviewer has the pictures before the eyes.",
    "alert.confirmed": "As many people as the policy asks for judged it to be the same person.",
    "alert.engaged": "A stop has begun.",
    "alert.closed": "The alert is closed, with or without a stop.",
    "alert.expired": "Nobody decided in time: no engagement.",
    "alert.erased": "The alert's pictures were erased at their date.",
    "stop.step": "Something was logged during a stop.",
    "entry.changed": "An entry was withdrawn, quarantined, restored, or has expired.",
    "deployment.changed": "A deployment began, paused, went on, ended, or changed otherwise.",
}

_STATES: Final[Mapping[Kind, str]] = {
    "alert.raised": "waiting",
    "alert.in_review": "in_review",
    "alert.confirmed": "confirmed",
    "alert.engaged": "engaged",
    "alert.closed": "closed",
    "alert.expired": "expired",
}
"""The state that an event of this kind brought the alert into."""

PREFIX: Final = "whsec_"
SHORTEST_SECRET: Final = 24
LONGEST_SECRET: Final = 64


class WebhookError(RecordsError):
    """A webhook that cannot be used; one line that says what and what to do."""


class Data(msgspec.Struct, frozen=True):
    event: int
    """Its number in the rig's record: grows from one event to the next."""
    deployment: str | None
    alert: str | None
    state: str | None
    """That it brought the alert into, or that the deployment is in; None where it changed no state."""


class Message(msgspec.Struct, frozen=True):
    type: Kind
    timestamp: str
    """When it happened, UTC."""
    data: Data


@dataclass(frozen=True)
class Happened:
    """An event of the record with what may be told of it."""

    number: int
    at: datetime
    kind: Kind
    deployment: str | None
    deployment_state: str | None
    alert: str | None


def message_of(happened: Happened) -> bytes:
    state = happened.deployment_state if happened.kind == "deployment.changed" else _STATES.get(happened.kind)
    data = Data(happened.number, happened.deployment, happened.alert, state)
    return msgspec.json.encode(Message(happened.kind, to_text(happened.at), data))


def message_id(webhook: str, happened: Happened) -> str:
    """The same each time that the event is sent, so that who gets it twice can tell."""
    text = f"{webhook}\n{happened.number}\n{to_text(happened.at)}"
    return f"msg_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def read_key(secret: bytes, where: str) -> bytes:
    """The key of a secret as Standard Webhooks writes it. Raises WebhookError, which never repeats the secret."""
    text = secret.decode("ascii", "replace").strip()
    try:
        if not text.startswith(PREFIX):
            raise ValueError
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (ValueError, binascii.Error) as error:
        raise WebhookError(f"{where} holds no secret: it begins with {PREFIX}, and base64 follows") from error
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise WebhookError(
            f"{where} holds a secret of {len(key)} bytes: it takes {SHORTEST_SECRET} to {LONGEST_SECRET}"
        )
    return key


def signed_headers(key: bytes, identity: str, sent_at: int, body: bytes) -> dict[str, str]:
    """`sent_at`: seconds since 1970; whoever receives it refuses what is older than some minutes."""
    signed = b"%s.%d.%s" % (identity.encode(), sent_at, body)
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "OpenLFR",
        "webhook-id": identity,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": f"v1,{signature}",
    }
