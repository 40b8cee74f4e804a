"""A built list, sealed: one file with two objects, its content (who, which pictures) and its matrix of templates.

The matrix is one object so that a list of 10,000 loads in one piece, and so that nothing else holds a copy: graphs of
an index are built in memory at each load and never written. Portraits stay single sealed files. No name is in here.

    "OLFRLIST" 1, then for each object its length (8 bytes, big-endian) and its sealed bytes
"""

import hashlib
import os
import struct
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from sqlalchemy.orm import Session

from records.ids import new_id
from records.schema import BuiltList
from records.sealing import wipe
from records.secret_files import sync_folder
from records.times import from_text, to_text
from records.vault import OpenKey, Vault
from watchlist.entries import Subject, WatchList
from watchlist.errors import ListDamaged, WrongContract
from watchlist.portraits import SealedPortraits, folder_of
from watchlist.templates import Templates, check_templates

FILE = "list"
FORMAT = 1

_MAGIC = b"OLFRLIST\x01"
_LENGTH = struct.Struct(">Q")


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry as it was when the list was built."""

    subject: Subject
    category: str
    response: str
    expires_at: str
    particulars_sha256: str


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the list's hash is taken over, as canonical JSON (keys sorted, no spaces)."""

    format: int
    deployment: str
    built_at: str
    contract: str
    embedding_size: int
    templates_sha256: str
    portraits_sha256: dict[str, str]
    entries: tuple[Listed, ...]

    def encoded(self) -> bytes:
        return msgspec.json.encode(self, order="sorted")


def content_of(
    deployment_id: str,
    entries: tuple[Listed, ...],
    templates: Templates,
    portraits_sha256: dict[str, str],
    contract: str,
    built_at: datetime,
) -> Content:
    return Content(
        format=FORMAT,
        deployment=deployment_id,
        built_at=to_text(built_at),
        contract=contract,
        embedding_size=templates.shape[1],
        templates_sha256=hashlib.sha256(_raw(templates)).hexdigest(),
        portraits_sha256=portraits_sha256,
        entries=entries,
    )


def write_list(folder: Path, key: OpenKey, content: Content, templates: Templates) -> str:
    """Seal the list into the deployment's folder, whole or not at all; returns its hash."""
    encoded = content.encoded()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f".{FILE}.{new_id()}"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_MAGIC)
            for kind, plain in (("list_content", encoded), ("list_templates", _raw(templates))):
                sealed = key.seal(kind, content.deployment, plain)
                file.write(_LENGTH.pack(len(sealed)) + sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, folder / FILE)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(folder)
    return hashlib.sha256(encoded).hexdigest()


def open_list(session: Session, vault: Vault, vault_folder: Path, deployment_id: str, *, contract: str) -> WatchList:
    """The built list, every byte checked against the hash in the record. Subjects' ids are the entries' ids.

    The templates are writable, so that they can be wiped; portraits are opened when asked for. Raises ListDamaged,
    WrongContract, NoDataKey, KeyDestroyed or SealBroken.
    """
    built = session.get(BuiltList, deployment_id)
    if built is None:
        raise ListDamaged(f"deployment {deployment_id} has no built list: run `openlfr watchlist build`")
    file = folder_of(vault_folder, deployment_id) / FILE
    with vault.key(session, deployment_id, "list") as key:
        sealed_content, sealed_templates = _parts(file)
        plain = key.open("list_content", deployment_id, sealed_content)
        raw = key.open("list_templates", deployment_id, sealed_templates)
    try:
        content = _checked(plain, raw, built, file)
    finally:
        wipe(plain)
    if content.contract != contract:
        wipe(raw)
        raise WrongContract(
            f"the list of deployment {deployment_id} was made with embedding contract {content.contract[:12]}, the"
            f" running pack has {contract[:12]}: run the pack that the list was built with"
        )
    templates = np.frombuffer(raw, "<f4").reshape(-1, content.embedding_size)
    subjects = tuple(listed.subject for listed in content.entries)
    _check_rows(subjects, content, len(templates), file)
    return WatchList(
        subjects,
        check_templates(templates, what=str(file), dimension=content.embedding_size),
        SealedPortraits(vault, vault_folder, deployment_id, content.portraits_sha256),
        content.contract,
        from_text(content.built_at),
        built.hash,
    )


def _checked(plain: bytearray, raw: bytearray, built: BuiltList, file: Path) -> Content:
    if hashlib.sha256(plain).hexdigest() != built.hash:
        raise ListDamaged(f"{file}: this is not the list that the record names (its hash differs)")
    content = msgspec.json.decode(plain, type=Content)
    if content.format != FORMAT:
        raise ListDamaged(f"{file}: list format {content.format}, this version reads {FORMAT}")
    if hashlib.sha256(raw).hexdigest() != content.templates_sha256:
        raise ListDamaged(f"{file}: its templates are not those that it was built with")
    return content


def _check_rows(subjects: tuple[Subject, ...], content: Content, rows: int, file: Path) -> None:
    references = [reference for subject in subjects for reference in subject.pictures]
    if sorted(reference.row for reference in references) != list(range(rows)) or {
        reference.id for reference in references
    } != set(content.portraits_sha256):
        raise ListDamaged(f"{file}: its pictures, templates and entries do not agree")


def _parts(file: Path) -> tuple[bytes, bytes]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ListDamaged(f"{file}: the sealed list cannot be read ({error.strerror})") from error
    found: list[bytes] = []
    at = len(_MAGIC)
    while data.startswith(_MAGIC) and at + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        found.append(data[at + _LENGTH.size : at + _LENGTH.size + length])
        at += _LENGTH.size + length
    if len(found) != 2 or at != len(data):
        raise ListDamaged(f"{file}: this is no sealed list, or it was cut off")
    return found[0], found[1]


def _raw(templates: Templates) -> memoryview:
    return np.ascontiguousarray(templates, "<f4").reshape(-1).data.cast("B")
