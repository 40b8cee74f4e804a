"""The pictures of pair sets, sealed: each set a folder `training/<set id>` of the vault.

The people in them agreed or were published, so their key is derived from the master key and ends with no deployment;
sealed they are all the same, because a rig may be stolen. Which pairs show one person is sealed too: whoever can read
the disk but not the vault cannot prepare for a test.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alerts.pair_rows import PairsRefused
from records.sealing import seal, unseal
from records.secret_files import sync_folder
from records.vault import Vault

FOLDER = "training"
_INDEX = "pairs"


class Pair(msgspec.Struct, frozen=True):
    first: int
    second: int
    """Numbers of its pictures in the set."""
    same: bool


class PairFiles:
    """Reads and writes sets; remembers the labels of those it has read, which never change."""

    def __init__(self, vault: Vault, vault_folder: Path) -> None:
        self._folder = vault_folder / FOLDER
        self._vault = vault
        self._known: dict[str, tuple[Pair, ...]] = {}

    def write(self, set_id: str, pairs: Sequence[Pair], pictures: Sequence[bytes]) -> None:
        """All is on the disk when this returns, or nothing is there under this name."""
        part = self._folder / f".{set_id}"
        for left_over in (part, self._folder / set_id):
            shutil.rmtree(left_over, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        cipher = self._cipher()
        contents = {_INDEX: msgspec.json.encode(pairs)} | {str(number): jpeg for number, jpeg in enumerate(pictures)}
        for name, content in contents.items():
            with os.fdopen(os.open(part / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(seal(cipher, content, _bound_to(set_id, name)))
                file.flush()
                os.fsync(file.fileno())
        sync_folder(part)
        part.rename(self._folder / set_id)
        sync_folder(self._folder)

    def pairs(self, set_id: str) -> tuple[Pair, ...]:
        """Raises PairsRefused where the files are gone, SealBroken where they were altered."""
        if set_id not in self._known:
            self._known[set_id] = msgspec.json.decode(self._read(set_id, _INDEX), type=tuple[Pair, ...])
        return self._known[set_id]

    def picture(self, set_id: str, number: int) -> bytes:
        """A JPEG in the geometry of `watchlist.comparison`. Raises as `pairs`."""
        return self._read(set_id, str(number))

    def remove(self, set_id: str) -> None:
        self._known.pop(set_id, None)
        shutil.rmtree(self._folder / set_id, ignore_errors=True)

    def _read(self, set_id: str, name: str) -> bytes:
        try:
            sealed = (self._folder / set_id / name).read_bytes()
        except OSError as error:
            raise PairsRefused(
                f"the pair set {set_id[:12]} cannot be read ({error.strerror}): import it again"
            ) from error
        return bytes(unseal(self._cipher(), sealed, _bound_to(set_id, name)))

    def _cipher(self) -> AESGCM:
        return AESGCM(self._vault.training_key())


def set_id_of(pairs: Sequence[Pair], pictures: Sequence[bytes]) -> str:
    """SHA-256 over the labels and pictures: the same set brought twice has the same name."""
    digest = hashlib.sha256(msgspec.json.encode(pairs))
    for jpeg in pictures:
        digest.update(hashlib.sha256(jpeg).digest())
    return digest.hexdigest()


def _bound_to(set_id: str, name: str) -> dict[str, str]:
    return {"what": "pair", "set": set_id, "name": name}
