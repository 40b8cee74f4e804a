"""Times in records: UTC, ISO 8601 with microseconds and a Z, so that text order is time order in every database."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

Now = Callable[[], datetime]
"""The injected clock of the record: returns an aware UTC datetime."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def from_ns(ns: int) -> datetime:
    """UTC datetime from nanoseconds since the epoch (microsecond resolution; no float rounding)."""
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).replace(microsecond=ns // 1_000 % 1_000_000)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch, without float rounding."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


def to_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: records hold UTC only")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


class UtcTime(TypeDecorator[datetime]):
    """A column of the times above."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else to_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_text(value)
