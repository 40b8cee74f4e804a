"""Reading a `ledger.jsonl` of a bundle (`alerts.record.extract`): what can be checked of it by itself."""

from alerts.record.errors import RecordRefused
from alerts.record.extract import Extract, Told
from records.canonical import Json, decode
from records.chain import checkpoint_text, entry_hash
from records.errors import NotCanonical
from records.signing import key_id, signed_by


def read(text: bytes) -> Extract:
    """Check a `ledger.jsonl` as far as it can be checked by itself. Raises RecordRefused, which names the line."""
    found = Extract()
    signed = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            signed = _read_line(found, line, signed)
        except _Fault as fault:
            raise RecordRefused(f"line {number}: {fault}") from fault
    if not found.seq or signed != found.seq:
        raise RecordRefused("it does not end with the rig's signature on its last entry: its end was cut off")
    return found


class _Fault(Exception):
    """Its text ends the sentence "line N: ..."."""


def _read_line(found: Extract, text: bytes, signed: int) -> int:
    """Take a line; the last entry that is signed for."""
    line = _object(text)
    what = line.get("line")
    try:
        if what == "entry":
            _read_entry(found, line)
        elif what == "redacted":
            _read_redacted(found, line)
        elif what == "gap":
            _follow(found, _whole(line["first"]), _whole(line["last"]), _text(line["hash"]))
        elif what == "checkpoint":
            return _read_checkpoint(found, line)
        else:
            raise _Fault("this is no line of a ledger: it was altered or inserted")
    except KeyError as missing:
        raise _Fault(f"{missing} is missing: the line was altered") from missing
    return signed


def _read_entry(found: Extract, line: dict[str, Json]) -> None:
    seq, at, kind, facts = _whole(line["seq"]), _text(line["at"]), _text(line["kind"]), line["facts"]
    previous, own = _text(line["previous"]), _text(line["hash"])
    if not isinstance(facts, dict) or entry_hash(seq, at, _text(line["actor"]), kind, facts, previous) != own:
        raise _Fault("this entry was altered: its hash does not fit its content")
    if previous != found.hash:
        raise _Fault(f"entry {seq} does not continue the line before: one of them was replaced or removed")
    _follow(found, seq, seq, own)
    found.told.append(Told(seq, at, kind, facts, own))


def _read_redacted(found: Extract, line: dict[str, Json]) -> None:
    seq, facts = _whole(line["seq"]), line["facts"]
    if not isinstance(facts, dict):
        raise _Fault("this entry was altered: it tells nothing")
    own = _text(line["hash"])
    _follow(found, seq, seq, own)
    found.told.append(Told(seq, _text(line["at"]), _text(line["kind"]), facts, own))


def _read_checkpoint(found: Extract, line: dict[str, Json]) -> int:
    seq, own, at, digits = _whole(line["seq"]), _text(line["hash"]), _text(line["at"]), _text(line["public_key"])
    try:
        public, signature = bytes.fromhex(digits), bytes.fromhex(_text(line["signature"]))
    except ValueError as error:
        raise _Fault("this checkpoint was altered: its signature is none") from error
    if not signed_by(public, signature, checkpoint_text(seq, own, at, key_id(public))):
        raise _Fault("this checkpoint was altered: its signature does not fit")
    if (seq, own) != (found.seq, found.hash):
        raise _Fault(f"the entry before is not the one that the rig signed as entry {seq}")
    return seq


def _follow(found: Extract, first: int, last: int, own: str) -> None:
    if first != found.seq + 1 or last < first:
        raise _Fault(f"entry {first} follows entry {found.seq}: lines were removed, moved or inserted")
    found.seq, found.hash = last, own


def _object(text: bytes) -> dict[str, Json]:
    try:
        line = decode(text.removesuffix(b"\n"))
    except (NotCanonical, UnicodeDecodeError):
        line = None
    if not isinstance(line, dict) or not text.endswith(b"\n"):
        raise _Fault("this line was altered or cut off: it is not in the form that exports are written in")
    return line


def _whole(value: Json) -> int:
    if not isinstance(value, int):
        raise _Fault("a number was altered")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise _Fault("a text was altered")
    return value
