"""A table of plain text, and how figures, times and shares are written in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from alerts.record.fields import Count, Counts, Rate
from alerts.record.words import words

NONE = "–"


@dataclass(frozen=True)
class Table:
    name: str
    """Of its CSV file, and of its place in the page."""
    heading: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def number(count: Count | None) -> str:
    if count is None:
        return NONE
    return f"{count:,}" if isinstance(count, int) else count


def percent(value: str | None) -> str:
    """Of decimal text, with digits that show one in a hundred thousand."""
    return NONE if value is None else f"{100 * float(value):.4g} %"


def interval(rate: Rate) -> str:
    return f"{100 * float(rate.low):.3g} to {100 * float(rate.high):.3g} %"


def moment(at: str | None) -> str:
    """2026-11-23 11:00:00, UTC."""
    return NONE if at is None else at[:19].replace("T", " ") if at[:1].isdigit() else at


def short(digest: str | None) -> str:
    """Of a hash: whole it stands in record.json."""
    return NONE if digest is None else digest[:16] if len(digest) == 64 else digest


def pairs(name: str, heading: str, caption: str, rows: Iterable[tuple[str, str]], note: str = "") -> Table:
    return Table(name, heading, caption, ("What", "Figure"), tuple(rows), note)


def rated(name: str, heading: str, caption: str, named: Iterable[tuple[str, Rate]], note: str = "") -> Table:
    rows = tuple(
        (words_, number(rate.hits), number(rate.of), percent(rate.value), interval(rate)) for words_, rate in named
    )
    return Table(name, heading, caption, ("What", "Count", "Of", "Share", "95 %"), rows, note)


def by_code(what: str, counts: Counts | Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """In the order of their codes: a record that was written and read again gives the same tables."""
    return ((what, words(code), number(count)) for code, count in sorted(counts.items()))
