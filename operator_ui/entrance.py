"""A link that signs one person in once: `openlfr demo` opens its page with it. Only a hash of its secret is kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from threading import Lock

import msgspec

VALID = timedelta(minutes=10)


class Entrance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token_hash: str
    person_id: str
    expires_at: datetime


def make_entrance(person_id: str, now: datetime, valid: timedelta = VALID) -> tuple[str, Entrance]:
    """(secret for the link `/enter?token=SECRET`, what the server is told)."""
    secret = secrets.token_urlsafe(32)
    return secret, Entrance(token_hash=_digest(secret), person_id=person_id, expires_at=now + valid)


class Door:
    """Lets one bearer of the secret in, once, before it expires."""

    def __init__(self, entrance: Entrance | None) -> None:
        self._entrance = entrance
        self._lock = Lock()

    def open(self, secret: str, now: datetime) -> str | None:
        """The person's id, or None for a wrong, used or expired secret."""
        with self._lock:
            entrance = self._entrance
            if entrance is None or now >= entrance.expires_at:
                return None
            if not hmac.compare_digest(_digest(secret), entrance.token_hash):
                return None
            self._entrance = None
            return entrance.person_id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
