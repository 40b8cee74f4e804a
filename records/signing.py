"""The rig's Ed25519 key: signs checkpoints of the ledger, exports and deletion certificates.

Made once, in a folder: `signing.secret` (PKCS8 PEM, mode 600) and `signing.public` (PEM), which anybody may have; give
it to those who will verify *before* they need it. A key's id is the first 16 hexadecimal digits of the SHA-256 of its
32 public bytes.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from records.errors import SigningError
from records.secret_files import read_secret, write_secret

SECRET = "signing.secret"  # noqa: S105 - the file's name
PUBLIC = "signing.public"


class Signer:
    """A private key in memory, with its public half."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        """32 bytes."""
        self.id = key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this key signed exactly this message; False also for keys and signatures that are none."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def open_signer(folder: Path) -> Signer:
    """The rig's key in this folder, made at the first call. Raises SigningError, also for a secret others may read."""
    secret = folder / SECRET
    if not secret.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret(secret, pem, SigningError)  # where another process was faster, its key is the rig's
    signer = Signer(_private(secret))
    public = folder / PUBLIC
    if not public.exists():
        _write_public(public, signer.public)
    if read_public_key(public) != signer.public:
        raise SigningError(f"{public} does not belong to {secret}: remove {public}, it is made again")
    return signer


def read_public_key(file: Path) -> bytes:
    """The 32 bytes of a public key file. Raises SigningError."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise SigningError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(f"{file} is no public key: give the rig's {PUBLIC}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError(f"{file} holds a key of another kind: give the rig's {PUBLIC} (Ed25519)")
    return key.public_bytes_raw()


def _private(file: Path) -> Ed25519PrivateKey:
    hint = "it is made when the rig first starts"
    try:
        key = load_pem_private_key(read_secret(file, SigningError, hint), password=None)
    except SigningError:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(f"{file} holds no signing key: restore it from a copy") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"{file} holds a key of another kind than Ed25519: restore it from a copy")
    return key


def _write_public(file: Path, public: bytes) -> None:
    pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if write_secret(file, pem, SigningError):
        file.chmod(0o644)
