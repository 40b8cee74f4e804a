"""The chain of the ledger: what is hashed and what is signed. Values in, values out; shared by writer and verifier.

    hash of an entry = SHA-256 of the canonical JSON of {actor, at, facts, kind, previous, seq}
    previous         = the hash of the entry before; of the first entry: 64 zeros

Each signed text names what it is, so that a signature for one purpose can never serve as one for another.
"""

import hashlib

from records.canonical import Json, encode

GENESIS = "0" * 64

FORMAT = "openlfr-ledger-1"
"""The name of an export's format, in its first line."""


def entry_hash(seq: int, at: str, actor: str, kind: str, facts: Json, previous: str) -> str:
    """64 hexadecimal digits; `at` in the text form of `records.times`."""
    content: Json = {"seq": seq, "at": at, "actor": actor, "kind": kind, "facts": facts, "previous": previous}
    return hashlib.sha256(encode(content)).hexdigest()


def checkpoint_text(seq: int, final_hash: str, at: str, key: str) -> bytes:
    """What a checkpoint signs: the ledger up to and with entry `seq`. `key` is the id of the signing key."""
    return encode({"signed": "openlfr-checkpoint-1", "seq": seq, "hash": final_hash, "at": at, "key": key})


def header_text(header: dict[str, Json]) -> bytes:
    """What an export's first line signs: itself without its signature, counts and last hash included."""
    unsigned: dict[str, Json] = {name: value for name, value in header.items() if name != "signature"}
    return encode({"signed": "openlfr-export-1", "header": unsigned})
