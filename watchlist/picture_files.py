"""Where the pictures of an import lie: in a folder beside the table, or in one ZIP with it. Nothing is ever unpacked.

A table is not trusted: its paths stay inside their folder, no link is followed, and every read has a limit that counts
the bytes that come, not those that were announced (a ZIP bomb).
"""

import hashlib
import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Protocol

from watchlist.errors import ImportRefused, PictureRefused
from watchlist.pictures import SUFFIXES
from watchlist.rows import LARGEST_TABLE

LARGEST_PICTURE = 32 << 20
"""Bytes of one picture file."""
MOST_MEMBERS = 400_000
LARGEST_ZIP = 64 << 30
DEEPEST = 8

_NOT_OURS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


class Source(Protocol):
    """A table and its pictures."""

    @property
    def name(self) -> str:
        """Of the file, for messages."""
        ...

    @property
    def table(self) -> bytes: ...

    @property
    def sha256(self) -> str:
        """Of all content that the import depends on."""
        ...

    def picture(self, path: str) -> bytes:
        """Raises PictureRefused."""
        ...

    def __enter__(self) -> "Source": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_source(file: Path) -> Source:
    """Of a .csv with its pictures beside it, or of a .zip that holds both. Raises ImportRefused."""
    suffix = file.suffix.lower()
    if suffix not in (".csv", ".zip"):
        raise ImportRefused(f"{file.name}: name a .csv with its pictures beside it, or a .zip that holds both")
    try:
        return _Folder(file) if suffix == ".csv" else _Zip(file)
    except OSError as error:
        raise ImportRefused(f"{file}: cannot be read ({error.strerror})") from error


def path_fault(path: str) -> str | None:
    """Why this path of a picture is refused, as a sentence; None where it is plain and relative."""
    pure = PurePosixPath(path)
    if not path or "\\" in path or ":" in path or "\0" in path or pure.is_absolute():
        return "The path is not a plain one: give it from the table's folder, with forward slashes."
    if any(part in ("", ".", "..") for part in path.split("/")) or len(pure.parts) > DEEPEST:
        return "The path leaves the table's folder, or is too deep."
    if pure.suffix.lower() not in SUFFIXES:
        return f"The file is none of: {', '.join(sorted(SUFFIXES))}."
    return None


class _Folder:
    """Files beside the table. Read through handles of the folders, so that no link is followed on the way."""

    def __init__(self, file: Path) -> None:
        self.name = file.name
        with file.open("rb") as stream:
            self.table = stream.read(LARGEST_TABLE + 1)
        self.sha256 = hashlib.sha256(self.table).hexdigest()
        self._root = os.open(file.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)

    def __enter__(self) -> "_Folder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._root)

    def picture(self, path: str) -> bytes:
        fault = path_fault(path)
        if fault:
            raise PictureRefused(fault)
        *folders, name = path.split("/")
        opened: list[int] = []
        try:
            at = self._root
            for folder in folders:
                at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                opened.append(at)
            # Not to wait for a writer where the name is a pipe.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
            opened.append(handle)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise PictureRefused("This is no ordinary file.")
            with os.fdopen(os.dup(handle), "rb") as stream:
                return _limited(stream)
        except FileNotFoundError as error:
            raise PictureRefused("There is no such picture in the table's folder.") from error
        except OSError as error:
            raise PictureRefused("The picture cannot be read, or is a link: put the file itself there.") from error
        finally:
            for handle in opened:
                os.close(handle)


class _Zip:
    """A ZIP with one table. Any member that could only be there to do harm refuses the whole file."""

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._stream = file.open("rb")
        try:
            self.sha256 = hashlib.file_digest(self._stream, "sha256").hexdigest()
            self._archive = zipfile.ZipFile(self._stream)
            self._members = self._checked()
            self._base, self.table = self._find_table()
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
            self._stream.close()
            if isinstance(error, ImportRefused):
                raise
            raise ImportRefused(f"{self.name}: no ZIP file that can be read: pack it again") from error

    def __enter__(self) -> "_Zip":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        self._stream.close()

    def picture(self, path: str) -> bytes:
        fault = path_fault(path)
        if fault:
            raise PictureRefused(fault)
        member = self._members.get(f"{self._base}{path}")
        if member is None:
            raise PictureRefused("There is no such picture in the ZIP, in the table's folder.")
        try:
            with self._archive.open(member) as stream:
                return _limited(stream)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise PictureRefused("The picture is damaged inside the ZIP: pack it again.") from error

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        members = [member for member in self._archive.infolist() if not member.is_dir()]
        members = [member for member in members if not _is_not_ours(member.filename)]
        if len(members) > MOST_MEMBERS:
            raise ImportRefused(f"{self.name}: more than {MOST_MEMBERS} files: split it")
        if sum(member.file_size for member in members) > LARGEST_ZIP:
            raise ImportRefused(f"{self.name}: more than {LARGEST_ZIP >> 30} GiB when unpacked: split it")
        for member in members:
            parts = member.filename.split("/")
            if "\\" in member.filename or ":" in member.filename or any(part in ("", ".", "..") for part in parts):
                raise ImportRefused(f"{self.name}: holds a file whose path leads out of the ZIP: it is not taken in")
            if stat.S_ISLNK(member.external_attr >> 16):
                raise ImportRefused(f"{self.name}: holds a link: put the files themselves into the ZIP")
            if member.flag_bits & 1:
                raise ImportRefused(f"{self.name}: is encrypted: give a ZIP without a password, on an encrypted disk")
        found = {member.filename: member for member in members}
        if len(found) != len(members):
            raise ImportRefused(f"{self.name}: holds two files of one name: pack it again")
        return found

    def _find_table(self) -> tuple[str, bytes]:
        tables = [name for name in self._members if name.lower().endswith(".csv")]
        if len(tables) != 1:
            raise ImportRefused(f"{self.name}: holds {len(tables)} .csv files: exactly one is the table of entries")
        with self._archive.open(self._members[tables[0]]) as stream:
            return tables[0][: tables[0].rfind("/") + 1], stream.read(LARGEST_TABLE + 1)


def _is_not_ours(name: str) -> bool:
    return name.startswith(_NOT_OURS[0]) or name.rsplit("/", 1)[-1] in _NOT_OURS[1:]


def _limited(stream: IO[bytes]) -> bytes:
    content = stream.read(LARGEST_PICTURE + 1)
    if len(content) > LARGEST_PICTURE:
        raise PictureRefused(f"The picture has more than {LARGEST_PICTURE >> 20} MiB: save a smaller copy.")
    return content
