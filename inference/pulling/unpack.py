"""The pack's files, out of a zip or a folder: only those that are wanted, each checked while it is copied."""

import hashlib
import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from inference.pulling.manifest import Download, Manifest, PullError, WantedFile

CHUNK = 1 << 20


def take_from(source: Path, manifest: Manifest, target: Path) -> None:
    """Copy every file of the pack from `source` to the folder `target`.

    `source`: a zip, or a folder with the files themselves or with the zip that is published. Raises PullError.
    """
    if source.is_dir():
        for download in manifest.downloads:
            for file in (file for file in manifest.files if file.name in download.files):
                _take_from_folder(source, download, file, target)
    elif source.is_file():
        for file in manifest.files:
            take_from_zip(source, file, target)
    else:
        raise PullError(f"{source} is neither a folder nor a zip file")


def _take_from_folder(folder: Path, download: Download, file: WantedFile, target: Path) -> None:
    if (folder / file.name).is_file():
        take_file(folder / file.name, file, target)
    elif download.archive is not None and (folder / download.name).is_file():
        take_from_zip(folder / download.name, file, target)
    else:
        wanted = dict.fromkeys((file.name, download.name))
        raise PullError(f"{folder} holds no {' and no '.join(wanted)}")


def take_file(path: Path, file: WantedFile, target: Path) -> None:
    with path.open("rb") as source:
        _copy(source, str(path), file, target)


def take_from_zip(archive: Path, file: WantedFile, target: Path) -> None:
    """Copy `file` out of the zip, from whichever folder of it. Names inside a zip never decide where anything goes."""
    try:
        with zipfile.ZipFile(archive) as opened:
            member = _member(opened, archive, file)
            with opened.open(member) as source:
                _copy(source, f"{archive}, {member.filename}", file, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PullError(f"{archive} cannot be unpacked: {error}") from error


def _member(opened: zipfile.ZipFile, archive: Path, file: WantedFile) -> zipfile.ZipInfo:
    found = [member for member in opened.infolist() if PurePosixPath(member.filename).name == file.name]
    if len(found) != 1:
        raise PullError(f"{archive} holds {len(found)} files named {file.name}, not one")
    (member,) = found
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
        raise PullError(f"{archive}: the path {member.filename!r} leads out of the zip: it is not the published one")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise PullError(f"{archive}: {member.filename} is a link, not a file")
    return member


def _copy(source: IO[bytes], label: str, file: WantedFile, target: Path) -> None:
    """Copy and check; never more than a byte over the stated size, so that a zip cannot fill the disk."""
    digest = hashlib.sha256()
    left = file.size
    with (target / file.name).open("xb") as copy:
        while chunk := source.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    if left or digest.hexdigest() != file.sha256:
        found = digest.hexdigest() if left == 0 else f"of another size than {file.size} bytes"
        raise PullError(f"{label}: expected SHA-256 {file.sha256}, the file is {found}: get it again")
