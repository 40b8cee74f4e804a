"""Counting failed sign-ins, so that passwords cannot be tried out quickly."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

WINDOW = timedelta(minutes=5)
PER_NAME = 5
"""Failures for one name from one address; a stranger elsewhere cannot lock a person out."""
PER_ADDRESS = 20
MOST_KEYS = 10_000


class Attempts:
    """Failures of the last five minutes. Kept in memory: a restart forgives, which is slower than waiting."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str | None], deque[datetime]] = {}
        self._lock = Lock()

    def wait(self, address: str, name: str, now: datetime) -> int:
        """Seconds until another attempt is allowed; 0 when it is allowed now."""
        with self._lock:
            return max(
                self._wait((address, name), PER_NAME, now),
                self._wait((address, None), PER_ADDRESS, now),
            )

    def failed(self, address: str, name: str, now: datetime) -> None:
        with self._lock:
            if len(self._failures) >= MOST_KEYS:
                self._forget(now)
            for key in ((address, name), (address, None)):
                self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(now)

    def succeeded(self, address: str, name: str) -> None:
        with self._lock:
            self._failures.pop((address, name), None)

    def _wait(self, key: tuple[str, str | None], most: int, now: datetime) -> int:
        recent = [at for at in self._failures.get(key, ()) if now - at < WINDOW]
        if len(recent) < most:
            return 0
        return max(1, int((recent[-most] + WINDOW - now).total_seconds()) + 1)

    def _forget(self, now: datetime) -> None:
        self._failures = {key: at for key, at in self._failures.items() if now - at[-1] < WINDOW}
