"""A built watchlist as a folder, the only place where one is stored.

    list.json        format, times, contract, subjects, digests of the other files, and the list's hash
    templates.npy    float32, n x d
    pictures/<id>.jpg

The folder is written beside its place and then renamed, so that it is there whole or not at all, readable by its owner
only, and never overwritten.
"""

import errno
import hashlib
import io
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from records.times import from_text, to_text
from watchlist.enrolment import Enrolment
from watchlist.entries import Subject, WatchList
from watchlist.errors import BadTemplates, ListDamaged, ListExists, NobodyEnrolled, WrongContract
from watchlist.pictures import MOST_PICTURES
from watchlist.templates import Templates, check_templates

FORMAT = 1
_LIST, _TEMPLATES, _PICTURES = "list.json", "templates.npy", "pictures"


class _Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the list's hash is taken over, as canonical JSON (keys sorted, no spaces)."""

    format: int
    created_at: str
    contract: str
    embedding_size: int
    templates_sha256: str
    pictures_sha256: dict[str, str]
    subjects: tuple[Subject, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hash: str
    content: _Content


class StoredPortraits(Mapping[str, bytes]):
    """The portraits of a stored list, read when they are asked for and checked against the list's digests."""

    def __init__(self, folder: Path, digests: Mapping[str, str]) -> None:
        self._folder, self._digests = folder, digests

    def __getitem__(self, picture: str) -> bytes:
        digest = self._digests[picture]
        jpeg = _read(self._folder / _PICTURES / f"{picture}.jpg")
        if _sha256(jpeg) != digest:
            raise ListDamaged(f"{self._folder}: picture {picture} was altered; build the list again")
        return jpeg

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)


def build_list(enrolment: Enrolment, *, contract: str, created_at: datetime) -> WatchList:
    """A list in memory. Raises NobodyEnrolled if no picture passed."""
    if not enrolment.subjects:
        first = (
            f", the first ({enrolment.rejected[0].path}): {enrolment.rejected[0].detail}" if enrolment.rejected else ""
        )
        raise NobodyEnrolled(f"nobody is enrolled: {len(enrolment.rejected)} pictures were rejected{first}")
    content = _content(enrolment.subjects, enrolment.templates, enrolment.portraits, contract, created_at)
    _check_content("the new list", content, enrolment.templates)
    return WatchList(enrolment.subjects, enrolment.templates, enrolment.portraits, contract, created_at, _hash(content))


def save_list(watchlist: WatchList, folder: Path) -> None:
    """Raises ListExists if the folder is there already, ListDamaged if the list's hash is not that of its content."""
    content = _content(
        watchlist.subjects, watchlist.templates, watchlist.portraits, watchlist.contract, watchlist.created_at
    )
    if _hash(content) != watchlist.hash:
        raise ListDamaged(f"{folder}: not saved, the list was altered after it was built; build it again")
    if folder.exists():
        raise ListExists(f"{folder}: a list is never overwritten; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (making / _PICTURES).mkdir(mode=0o700)
        for picture, jpeg in watchlist.portraits.items():
            _write(making / _PICTURES / f"{picture}.jpg", jpeg)
        _write(making / _TEMPLATES, _npy(watchlist.templates))
        _write(making / _LIST, _canonical(_Header(hash=watchlist.hash, content=content)))
        for written in (making / _PICTURES, making):
            _sync_folder(written)
        _move_into_place(making, folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    _sync_folder(folder.parent)


def load_list(folder: Path, *, contract: str) -> WatchList:
    """The stored list, every file checked. `contract` is that of the running pack.

    Raises ListDamaged, or WrongContract where the pack's templates cannot be compared with the list's.
    """
    try:
        header = msgspec.json.decode(_read(folder / _LIST), type=_Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ListDamaged(f"{folder}: {_LIST} is not understood ({error}); build the list again") from error
    content = header.content
    if content.format != FORMAT:
        raise ListDamaged(f"{folder}: list format {content.format}, this version reads {FORMAT}; build the list again")
    if _hash(content) != header.hash:
        raise ListDamaged(f"{folder}: {_LIST} was altered, its hash does not fit; build the list again")
    if content.contract != contract:
        raise WrongContract(
            f"{folder}: made with embedding contract {content.contract[:12]}, the running pack has {contract[:12]}; "
            "enrol the pictures again with this pack"
        )
    encoded = _read(folder / _TEMPLATES)
    if _sha256(encoded) != content.templates_sha256:
        raise ListDamaged(f"{folder}: {_TEMPLATES} was altered; build the list again")
    templates = _templates(folder, encoded)
    _check_content(str(folder), content, templates)
    portraits = StoredPortraits(folder, content.pictures_sha256)
    for picture in portraits:
        portraits[picture]
    return WatchList(
        content.subjects, templates, portraits, content.contract, from_text(content.created_at), header.hash
    )


def _templates(folder: Path, encoded: bytes) -> Templates:
    try:
        values = np.lib.format.read_array(io.BytesIO(encoded), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ListDamaged(f"{folder}: {_TEMPLATES} is not understood; build the list again") from error
    if values.dtype != np.float32:
        raise ListDamaged(f"{folder}: {_TEMPLATES} does not hold float32 values; build the list again")
    return values


def _check_content(where: str, content: _Content, templates: Templates) -> None:
    """Raises ListDamaged unless rows, pictures and subjects agree. Digests alone do not say that a list makes sense."""
    try:
        check_templates(templates, what=where, dimension=content.embedding_size)
    except BadTemplates as error:
        raise ListDamaged(str(error)) from error
    references = [reference for subject in content.subjects for reference in subject.pictures]
    ids = [reference.id for reference in references]
    everyone = [subject.id for subject in content.subjects]
    faults = {
        "no subject": not content.subjects,
        "a subject without a label": any(not subject.label.strip() for subject in content.subjects),
        f"a subject without 1 to {MOST_PICTURES} pictures": any(
            not 1 <= len(subject.pictures) <= MOST_PICTURES for subject in content.subjects
        ),
        "a template without exactly one picture": sorted(r.row for r in references) != list(range(len(templates))),
        "an id that occurs twice": len({*ids, *everyone}) != len(ids) + len(everyone),
        "an id that is no UUID": not all(_is_uuid(name) for name in (*ids, *everyone)),
        "pictures that belong to nobody": set(content.pictures_sha256) != set(ids),
    }
    for fault, found in faults.items():
        if found:
            raise ListDamaged(f"{where}: it has {fault}; build the list again")


def _is_uuid(text: str) -> bool:
    # Ids become file names: nothing but the canonical form, and so no path, may pass.
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _content(
    subjects: tuple[Subject, ...],
    templates: Templates,
    portraits: Mapping[str, bytes],
    contract: str,
    created_at: datetime,
) -> _Content:
    return _Content(
        format=FORMAT,
        created_at=to_text(created_at),
        contract=contract,
        embedding_size=templates.shape[1],
        templates_sha256=_sha256(_npy(templates)),
        pictures_sha256={picture: _sha256(jpeg) for picture, jpeg in portraits.items()},
        subjects=subjects,
    )


def _canonical(value: _Header | _Content) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _hash(content: _Content) -> str:
    return _sha256(_canonical(content))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _npy(templates: Templates) -> bytes:
    encoded = io.BytesIO()
    np.save(encoded, np.ascontiguousarray(templates, "<f4"), allow_pickle=False)
    return encoded.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ListDamaged(f"{path}: cannot be read ({error.strerror}); give the folder of a built list") from error


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move_into_place(making: Path, folder: Path) -> None:
    try:
        os.rename(making, folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise ListExists(f"{folder}: a list is never overwritten; choose another folder") from error
        raise
