"""Checking an export of the ledger offline: every byte of it is covered by a hash or a signature.

Needs the file and, to know that it is the rig's and not somebody else's, the rig's public key from a trusted hand. Uses
nothing of the rig but the canonical form, the chain and the signatures: no database, no network.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from records.canonical import Json, decode
from records.chain import FORMAT, GENESIS, checkpoint_text, entry_hash, header_text
from records.errors import LedgerError, NotCanonical
from records.signing import key_id, signed_by

_LONGEST_LINE = 1 << 20

_HEADER = {"line", "format", "at", "entries", "checkpoints", "final", "keys", "key", "signature"}
_ENTRY = {"line", "seq", "at", "actor", "kind", "facts", "previous", "hash"}
_CHECKPOINT = {"line", "seq", "hash", "at", "key", "signature"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_BYTES = re.compile(r"([0-9a-f]{2})+")


@dataclass(frozen=True)
class Verdict:
    """What an export is worth. Counts and times are those found before the first fault."""

    line: int | None
    """Number of the first faulty line, from 1; None where everything is in order."""
    fault: str | None
    entries: int
    checkpoints: int
    exported_at: str | None
    last_at: str | None
    key: str | None
    """Id of the key that signed the export."""
    key_known: bool
    """Whether that key was compared with one that the caller trusts."""

    @property
    def in_order(self) -> bool:
        return self.fault is None

    @property
    def sentence(self) -> str:
        if self.fault is not None:
            return f"line {self.line}: {self.fault}"
        last = f", the last of {self.last_at}" if self.last_at else ""
        whose = "the key given" if self.key_known else "a key that the file itself names (give --key to know whose)"
        return (
            f"Complete and unaltered: {self.entries} entries{last}, {self.checkpoints} checkpoints, exported at"
            f" {self.exported_at} and signed by {self.key}, {whose}."
        )


def verify(path: Path, public_key: bytes | None = None) -> Verdict:
    """Find the first fault of an export. `public_key` (32 bytes) is the rig's, from elsewhere than the export.

    Without it, an export that somebody forged as a whole, with a key of his own, passes. Raises LedgerError where the
    file cannot be read.
    """
    reading = _Reading(public_key)
    try:
        for line in _lines(path):
            reading.take(line)
        reading.finish()
    except _Fault as fault:
        return reading.verdict(str(fault))
    return reading.verdict(None)


class _Fault(Exception):
    """The first fault; its text ends the sentence "line N: ..."."""


class _Reading:
    """How far an export was read, and what it must go on with."""

    def __init__(self, trusted: bytes | None) -> None:
        self._trusted = trusted
        self._line = 0
        self._header: dict[str, Json] | None = None
        self._keys: dict[str, bytes] = {}
        self._seq = 0
        self._hash = GENESIS
        self._at: str | None = None
        self._checkpoint = 0
        self._checkpoints = 0

    def take(self, text: bytes) -> None:
        self._line += 1
        line = _object(text)
        if self._header is None:
            self._take_header(line)
        elif line.get("line") == "entry":
            self._take_entry(line)
        elif line.get("line") == "checkpoint":
            self._take_checkpoint(line)
        else:
            raise _Fault("here stands neither an entry nor a checkpoint: the line was altered or inserted")

    def finish(self) -> None:
        self._line += 1
        header = self._header
        if header is None:
            raise _Fault("the file is empty: it is no export, or all of it was cut off")
        if self._seq != header["entries"]:
            raise _Fault(f"the file ends after entry {self._seq} of {header['entries']}: its end is cut off")
        if self._checkpoints != header["checkpoints"]:
            raise _Fault(f"only {self._checkpoints} of {header['checkpoints']} checkpoints are here: some were removed")
        if self._hash != header["final"]:
            raise _Fault("the last entry is not the one that was exported: entries were replaced")

    def verdict(self, fault: str | None) -> Verdict:
        header = self._header or {}
        at, key = header.get("at"), header.get("key")
        return Verdict(
            line=None if fault is None else self._line,
            fault=fault,
            entries=self._seq,
            checkpoints=self._checkpoints,
            exported_at=at if isinstance(at, str) else None,
            last_at=self._at,
            key=key if isinstance(key, str) else None,
            key_known=self._trusted is not None,
        )

    def _take_header(self, line: dict[str, Json]) -> None:
        if line.keys() != _HEADER or line["line"] != "header" or line["format"] != FORMAT:
            raise _Fault(f"this is not the header of a ledger export ({FORMAT}): it was altered or removed")
        self._keys = _public_keys(line["keys"])
        public = self._keys.get(str(line["key"]))
        if self._trusted is not None and public != self._trusted:
            raise _Fault(f"the export is signed by another key than the one given, {key_id(self._trusted)}")
        if public is None or not signed_by(public, _bytes(line["signature"]), header_text(line)):
            raise _Fault("the header was altered: its signature does not fit")
        if not (_is_time(line["at"]) and isinstance(line["entries"], int) and isinstance(line["checkpoints"], int)):
            raise _Fault("the header was not written by an export")
        self._header = line

    def _take_entry(self, line: dict[str, Json]) -> None:
        seq, at, actor, kind = line.get("seq"), line.get("at"), line.get("actor"), line.get("kind")
        previous, own = line.get("previous"), line.get("hash")
        if (
            line.keys() != _ENTRY
            or not isinstance(seq, int)
            or not (_is_time(at) and isinstance(actor, str) and isinstance(kind, str))
            or not (isinstance(previous, str) and isinstance(own, str))
            or entry_hash(seq, at, actor, kind, line["facts"], previous) != own
        ):
            raise _Fault("this entry was altered: its hash does not fit its content")
        if seq > self._seq + 1:
            raise _Fault(f"entry {seq} follows entry {self._seq}: {seq - self._seq - 1} between were removed or moved")
        if seq <= self._seq:
            raise _Fault(f"entry {seq} follows entry {self._seq}: it was moved, repeated or inserted")
        if previous != self._hash:
            raise _Fault(f"entry {seq} does not continue the one before: one of them was replaced or inserted")
        self._seq, self._hash, self._at = seq, own, at

    def _take_checkpoint(self, line: dict[str, Json]) -> None:
        seq, final, at, key = line.get("seq"), line.get("hash"), line.get("at"), line.get("key")
        public = self._keys.get(str(key))
        if (
            line.keys() != _CHECKPOINT
            or public is None
            or not isinstance(seq, int)
            or not (isinstance(final, str) and isinstance(at, str) and isinstance(key, str))
            or not signed_by(public, _bytes(line["signature"]), checkpoint_text(seq, final, at, key))
        ):
            raise _Fault("this checkpoint was altered: its signature does not fit")
        if seq == self._checkpoint:
            raise _Fault(f"the checkpoint of entry {seq} stands here twice: it was repeated")
        if seq != self._seq:
            raise _Fault(
                f"the checkpoint of entry {seq} follows entry {self._seq}: it was moved or entries are missing"
            )
        if final != self._hash:
            raise _Fault(f"entry {seq} is not the one that the rig signed: entries before this line were replaced")
        self._checkpoint = seq
        self._checkpoints += 1


def _lines(path: Path) -> Iterator[bytes]:
    """The lines with their ends. Raises LedgerError where the file cannot be read."""
    try:
        with path.open("rb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield line
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}") from error


def _object(text: bytes) -> dict[str, Json]:
    if not text.endswith(b"\n"):
        raise _Fault("this line is cut off or was altered: it does not end as exported")
    try:
        line = decode(text[:-1])
    except NotCanonical:
        line = None
    if not isinstance(line, dict):
        raise _Fault("this line was altered: it is not in the form that exports are written in")
    return line


def _is_time(value: Json) -> TypeGuard[str]:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _public_keys(listed: Json) -> dict[str, bytes]:
    if not isinstance(listed, dict):
        raise _Fault("the header was altered: it lists no public keys")
    keys = {name: _bytes(public) for name, public in listed.items()}
    if any(key_id(public) != name for name, public in keys.items()):
        raise _Fault("the header was altered: a public key is not the one that its id names")
    return keys


def _bytes(digits: Json) -> bytes:
    """The bytes of hexadecimal digits; none where there are none, which no signature and no key id fits."""
    return bytes.fromhex(digits) if isinstance(digits, str) and _BYTES.fullmatch(digits) else b""
