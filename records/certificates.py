"""Deletion certificates: the rig's signed word that a data key was destroyed, and what went with it."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

import msgspec

from records.canonical import decode, encode
from records.errors import NotCanonical, VaultError
from records.ledger import facts_of
from records.schema import DataKey, LedgerEntry
from records.signing import Signer, signed_by
from records.times import to_text

FORMAT = "openlfr-deletion-1"

STATEMENT = (
    "The only stored copy of this key was overwritten, so that nothing it sealed can be opened again."
    " Copies of the record that were made before, outside the rig, are not covered."
)


@dataclass(frozen=True)
class DeletionCertificate:
    """Times in the text form of `records.times`, hashes, keys and signatures in hexadecimal digits."""

    format: str
    statement: str
    deployment: str
    purpose: str
    """What the key was for: list, alerts or context."""
    wrapped_key: str
    """SHA-256 of the wrapped key: the same as in the ledger at its creation and destruction."""
    counts: dict[str, int]
    """What went with the key, by kind of object."""
    created_at: str
    destroyed_at: str
    issued_at: str
    ledger_seq: int
    ledger_hash: str
    """The entry of the ledger that tells of the destruction."""
    public_key: str
    signature: str

    def text(self) -> str:
        """Canonical JSON, as stored and handed out."""
        return encode(asdict(self)).decode()

    def signed_text(self) -> bytes:
        return encode({name: value for name, value in asdict(self).items() if name != "signature"})


def issue(key: DataKey, entry: LedgerEntry, signer: Signer, now: datetime, remains: str = "") -> DeletionCertificate:
    """For a destroyed key and the ledger's entry about its destruction.

    `remains` is a sentence on what the database in use keeps for a while; the statement ends with it.
    """
    if key.destroyed_at is None or key.destroyed_seq != entry.seq:
        raise VaultError("a certificate is issued for a destroyed key only")
    unsigned = DeletionCertificate(
        format=FORMAT,
        statement=STATEMENT + remains,
        deployment=key.deployment_id,
        purpose=key.purpose,
        wrapped_key=key.wrapped_hash,
        counts=msgspec.convert(facts_of(entry)["counts"], dict[str, int]),
        created_at=to_text(key.created_at),
        destroyed_at=to_text(key.destroyed_at),
        issued_at=to_text(now),
        ledger_seq=entry.seq,
        ledger_hash=entry.hash,
        public_key=signer.public.hex(),
        signature="",
    )
    return replace(unsigned, signature=signer.sign(unsigned.signed_text()).hex())


def read_certificate(text: str) -> DeletionCertificate:
    """Raises VaultError for a text that is no certificate. Says nothing about its signature."""
    try:
        certificate = msgspec.convert(decode(text.encode()), DeletionCertificate)
    except (NotCanonical, UnicodeEncodeError, msgspec.ValidationError) as error:
        raise VaultError("this is no deletion certificate, or it was altered") from error
    if certificate.text() != text:
        raise VaultError("this deletion certificate holds more than one does: it was altered")
    return certificate


def is_genuine(certificate: DeletionCertificate, public_key: bytes) -> bool:
    """Whether the holder of this key (32 bytes, from a hand you trust) signed every word of it."""
    try:
        signature = bytes.fromhex(certificate.signature)
    except (ValueError, TypeError):
        return False
    named = certificate.public_key == public_key.hex()
    return named and signed_by(public_key, signature, certificate.signed_text())
