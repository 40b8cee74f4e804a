"""Challenges of passkeys: each is answered once, within five minutes, by the browser that asked, at the same address.

Kept in memory: after a restart one asks again.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal

from alerts.passkeys import Site

Purpose = Literal["register", "sign_in"]

VALID = timedelta(minutes=5)
MOST = 1000
"""Open challenges; beyond it the oldest go."""


@dataclass(frozen=True)
class Challenge:
    signs: bytes
    purpose: Purpose
    holder: str
    """Hash of the session that registers, or of the browser's cookie that signs in."""
    site: Site
    expires_at: datetime


class Challenges:
    def __init__(self) -> None:
        self._open: dict[str, Challenge] = {}
        self._lock = Lock()

    def make(self, purpose: Purpose, holder: str, site: Site, now: datetime) -> bytes:
        """A new challenge; the holder's last one for this purpose is worth nothing any more."""
        made = Challenge(secrets.token_bytes(32), purpose, holder, site, now + VALID)
        with self._lock:
            self._open.pop(f"{purpose} {holder}", None)
            while len(self._open) >= MOST:
                del self._open[next(iter(self._open))]
            self._open[f"{purpose} {holder}"] = made
        return made.signs

    def take(self, purpose: Purpose, holder: str, site: Site, now: datetime) -> bytes | None:
        """The holder's challenge, which no second answer gets; None for a wrong place, a late answer or none asked."""
        with self._lock:
            found = self._open.pop(f"{purpose} {holder}", None)
        return None if found is None or found.site != site or now >= found.expires_at else found.signs
