"""AES-256-GCM over one object: version (1 byte), random nonce (12), ciphertext with its tag (16).

What an object is bound to (its associated data) is not stored in it: whoever opens it must say it again, and anything
else than the truth fails as an alteration would. Random nonces are safe for 2^32 objects under one key.
"""

import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.canonical import Json, encode
from records.errors import SealBroken

KEY_BYTES = 32

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_EXTRA_BYTES = len(_VERSION) + _NONCE_BYTES + _TAG_BYTES


def seal(cipher: AESGCM, plain: bytes | bytearray | memoryview, bound_to: Mapping[str, Json]) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, plain, _associated(bound_to))


def unseal(cipher: AESGCM, sealed: bytes, bound_to: Mapping[str, Json]) -> bytearray:
    """The plain content, to be overwritten (`wipe`) after its use. Raises SealBroken."""
    if len(sealed) < _EXTRA_BYTES or sealed[:1] != _VERSION:
        raise SealBroken("this is no sealed object, or it was cut off or altered")
    start = len(_VERSION) + _NONCE_BYTES
    plain = bytearray(len(sealed) - _EXTRA_BYTES)
    try:
        cipher.decrypt_into(sealed[len(_VERSION) : start], sealed[start:], _associated(bound_to), plain)
    except InvalidTag as error:
        wipe(plain)
        raise SealBroken("a sealed object was altered, or belongs to another object, deployment or kind") from error
    return plain


def wipe(secret: bytearray) -> None:
    """Overwrite in place with zeros."""
    secret[:] = bytes(len(secret))


def _associated(bound_to: Mapping[str, Json]) -> bytes:
    return _VERSION + encode(dict(bound_to))
