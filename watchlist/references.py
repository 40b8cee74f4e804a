"""Keyed digests: they tell whether a reference or a picture is on a list, and say nothing to who lacks the key.

The key is the vault's (`Vault.reference_key`), not a deployment's: "was I listed?" is answered after the erasure too.
The deployment goes into each digest, so that rows of two deployments cannot be linked without the key.
"""

import hashlib
import hmac
import unicodedata


def digest(key: bytes, deployment_id: str, reference: str) -> str:
    """Of a person's reference in the source system: 64 hexadecimal digits.

    Spaces around it, runs of spaces, and small or capital letters make no difference.
    """
    plain = " ".join(unicodedata.normalize("NFKC", reference).split()).casefold()
    return _keyed(key, "reference", deployment_id, plain.encode())


def file_digest(key: bytes, deployment_id: str, content: bytes) -> str:
    """Of a picture file, byte for byte: 64 hexadecimal digits."""
    return _keyed(key, "picture", deployment_id, hashlib.sha256(content).digest())


def _keyed(key: bytes, what: str, deployment_id: str, content: bytes) -> str:
    return hmac.new(key, f"{what}\n{deployment_id}\n".encode() + content, hashlib.sha256).hexdigest()
