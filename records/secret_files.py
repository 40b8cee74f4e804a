"""Files that hold a secret: written whole and once, mode 600, and refused where other users may read them."""

import contextlib
import os
import secrets
from pathlib import Path

from records.errors import RecordsError


def write_secret(file: Path, content: bytes, error: type[RecordsError]) -> bool:
    """Write a new file of mode 600, on the disk when this returns; False, with nothing changed, where it exists.

    It never exists half written, also not for another process that looks at the same moment. Raises `error`.
    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.link(part, file)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        sync_folder(file.parent)
    except FileExistsError:
        return False
    except OSError as fault:
        raise error(f"{file} cannot be written: {fault.strerror}") from fault
    return True


def read_secret(file: Path, error: type[RecordsError], hint: str) -> bytes:
    """Raises `error`, also where the file is open to other users; `hint` says what to do where there is none."""
    try:
        mode = file.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            raise error(f"{file} is open to other users: run `chmod 600 {file}`")
        return file.read_bytes()
    except FileNotFoundError as fault:
        raise error(f"there is no {file}: {hint}") from fault
    except OSError as fault:
        raise error(f"{file} cannot be read: {fault.strerror}") from fault


def sync_folder(folder: Path) -> None:
    """Make a new name in this folder survive a power cut (a no-op where folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
