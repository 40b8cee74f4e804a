"""`record.json`: one text for one record, so that it can be hashed; and its JSON Schema."""

import hashlib
import json

import msgspec

from alerts.record.errors import RecordRefused
from alerts.record.fields import Content, Record
from records.canonical import Json, encode
from records.errors import NotCanonical

SCHEMA_ID = "https://openlfr.example/record.schema.json"


def to_text(record: Record) -> bytes:
    """Indented JSON in UTF-8, keys in alphabetical order, with a line's end."""
    return indented(plain(record))


def from_text(text: bytes) -> Record:
    """Raises RecordRefused for anything but the text that `to_text` writes."""
    try:
        found = msgspec.json.decode(text, type=Record)
        again = to_text(found)
    except (msgspec.ValidationError, msgspec.DecodeError, NotCanonical, UnicodeDecodeError) as error:
        raise RecordRefused(f"it does not fit the record's schema: {error}") from error
    if again != text:
        raise RecordRefused("it is not in the form that records are written in")
    return found


def plain(part: Record | Content) -> Json:
    found: Json = msgspec.to_builtins(part)
    return json.loads(encode(_lists(found)))  # type: ignore[no-any-return]


def content_sha256(content: Content) -> str:
    return hashlib.sha256(encode(plain(content))).hexdigest()


def indented(value: Json) -> bytes:
    """Of a value that is canonical already."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def schema() -> bytes:
    """JSON Schema (2020-12) of `record.json`."""
    found = msgspec.json.schema(Record)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "The record of a deployment",
    }
    return json.dumps(head | found, ensure_ascii=False, indent=1).encode() + b"\n"


def _lists(value: object) -> Json:
    if isinstance(value, dict):
        return {str(key): _lists(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_lists(inner) for inner in value]
    found: Json = value  # type: ignore[assignment]
    return found
