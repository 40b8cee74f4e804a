"""`manifest.json`: the hash of every file of a bundle and of the ledger's head, signed with the rig's key."""

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from alerts.record.as_json import indented
from alerts.record.errors import RecordRefused
from alerts.record.fields import Copy, Record
from records.canonical import Json, encode
from records.errors import NotCanonical
from records.signing import Signer, key_id, signed_by

FORMAT: Literal["openlfr-bundle-1"] = "openlfr-bundle-1"
NAME = "manifest.json"


class FileOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["openlfr-bundle-1"]
    copy: Copy
    deployment: str
    made_at: str
    ledger_seq: int
    ledger_hash: str
    internal_sha256: str
    """Of the internal copy's content: the same in both copies."""
    files: dict[str, FileOf]
    key: str
    """Id of the key that signed."""
    public_key: str
    signature: str

    def signed_text(self) -> bytes:
        told: dict[str, Json] = msgspec.to_builtins(self)
        unsigned: Json = {name: value for name, value in told.items() if name != "signature"}
        return encode({"signed": FORMAT, "manifest": unsigned})

    def text(self) -> bytes:
        return indented(msgspec.to_builtins(self))


def make(record: Record, files: Mapping[str, bytes], signer: Signer) -> Manifest:
    unsigned = Manifest(
        format=FORMAT,
        copy=record.copy,
        deployment=record.content.about.id,
        made_at=record.made_at,
        ledger_seq=record.ledger_seq,
        ledger_hash=record.ledger_hash,
        internal_sha256=record.internal_sha256,
        files={name: file_of(files[name]) for name in sorted(files)},
        key=signer.id,
        public_key=signer.public.hex(),
        signature="",
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.signed_text()).hex())


def file_of(content: bytes) -> FileOf:
    return FileOf(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def read(text: bytes, trusted: bytes | None) -> Manifest:
    """Of a bundle, its signature checked. `trusted`: the rig's public key, from elsewhere. Raises RecordRefused."""
    try:
        found = msgspec.json.decode(text, type=Manifest)
        public, signature = bytes.fromhex(found.public_key), bytes.fromhex(found.signature)
        genuine = found.text() == text and signed_by(public, signature, found.signed_text())
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, NotCanonical, ValueError) as error:
        raise RecordRefused("it was altered: it is not in the form that bundles are written in") from error
    if not genuine or found.key != key_id(public):
        raise RecordRefused("it was altered: its signature does not fit")
    if trusted is not None and public != trusted:
        raise RecordRefused(f"it is signed by another key than the one given, {key_id(trusted)}")
    return found
