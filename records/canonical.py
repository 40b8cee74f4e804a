"""Canonical JSON: one text for one value, so that it can be hashed and signed.

The subset of RFC 8785 (JSON Canonicalization Scheme) without fractions: object keys sorted by their UTF-16 code units,
no white space, UTF-8, integers within +-(2^53 - 1). A number with a fraction is written as a decimal string.
"""

import json
from typing import Any, NoReturn, TypeAlias

from records.errors import NotCanonical

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

LARGEST = 2**53 - 1
DEEPEST = 16
"""How many lists and objects may stand inside one another."""


def encode(value: Json) -> bytes:
    """The canonical text. Raises NotCanonical for anything but None, bool, int, str, list and dict with text keys."""
    text = json.dumps(_ordered(value, DEEPEST), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def decode(text: bytes) -> Json:
    """The value of a canonical text. Raises NotCanonical where `encode` would have written anything else."""
    try:
        value: Json = json.loads(
            text, parse_float=_refuse_fraction, parse_constant=_refuse_fraction, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        raise NotCanonical("this is not canonical JSON") from error
    if encode(value) != text:
        raise NotCanonical("this JSON is not in its canonical form")
    return value


def _ordered(value: Any, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonical(f"the number {value} is beyond 2^53 - 1: write it as text")
        return int(value)
    if depth == 0:
        raise NotCanonical(f"more than {DEEPEST} lists and objects stand inside one another")
    if isinstance(value, list):
        return [_ordered(item, depth - 1) for item in value]
    if isinstance(value, dict):
        keys = sorted((_text(key) for key in value), key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key], depth - 1) for key in keys}
    raise NotCanonical(f"canonical JSON has no {type(value).__name__}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotCanonical(f"an object's key is text, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a text holds half of a surrogate pair") from error
    return str(value)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("an object holds a key twice")
    return found


def _refuse_fraction(text: str) -> NoReturn:
    raise NotCanonical(f"the number {text} is not an integer")
