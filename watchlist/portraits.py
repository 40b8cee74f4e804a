"""Sealed portraits: one file for each picture in the deployment's folder of the vault, named by the picture's id."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from records.secret_files import sync_folder
from records.vault import OpenKey, Vault
from watchlist.errors import ListDamaged

_KIND = "portrait"
_ID_LENGTH = 36


def folder_of(vault_folder: Path, deployment_id: str) -> Path:
    return vault_folder / deployment_id


def write_portraits(folder: Path, key: OpenKey, portraits: Mapping[str, bytes]) -> None:
    """Seal JPEGs by picture id into new files of mode 600; all are on the disk when this returns."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for picture, jpeg in portraits.items():
        path = folder / picture
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.seal(_KIND, picture, jpeg))
            file.flush()
            os.fsync(file.fileno())
    sync_folder(folder)


def read_portrait(folder: Path, key: OpenKey, picture: str) -> bytes:
    """The JPEG. Raises ListDamaged where the file is gone, SealBroken where it was altered."""
    try:
        sealed = (folder / picture).read_bytes()
    except OSError as error:
        raise ListDamaged(f"portrait {picture} cannot be read ({error.strerror}); import the entry again") from error
    return bytes(key.open(_KIND, picture, sealed))


def open_portrait(vault: Vault, session: Session, vault_folder: Path, deployment_id: str, picture: str) -> bytes:
    """One JPEG, for a caller that records the look. Raises ListDamaged, NoDataKey, KeyDestroyed or SealBroken."""
    with vault.key(session, deployment_id, "list") as key:
        return read_portrait(folder_of(vault_folder, deployment_id), key, picture)


def remove_orphans(folder: Path, known: Iterable[str]) -> int:
    """Delete portraits that no row names: an import was killed between its files and its rows. How many."""
    if not folder.is_dir():
        return 0
    kept = frozenset(known)
    orphans = [path for path in folder.iterdir() if len(path.name) == _ID_LENGTH and path.name not in kept]
    for path in orphans:
        path.unlink()
    if orphans:
        sync_folder(folder)
    return len(orphans)


class SealedPortraits(Mapping[str, bytes]):
    """The portraits of a sealed list, opened one at a time when they are asked for."""

    def __init__(self, vault: Vault, vault_folder: Path, deployment_id: str, pictures: Iterable[str]) -> None:
        self._vault, self._folder, self._deployment_id = vault, vault_folder, deployment_id
        self._pictures = dict.fromkeys(pictures)

    def __getitem__(self, picture: str) -> bytes:
        if picture not in self._pictures:
            raise KeyError(picture)
        with self._vault.database.read() as session:
            return open_portrait(self._vault, session, self._folder, self._deployment_id, picture)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pictures)

    def __len__(self) -> int:
        return len(self._pictures)
