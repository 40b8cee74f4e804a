"""How the demonstration hands its one-time link to the tablet's process: a file of mode 600 with a hash, read once."""

import os
from pathlib import Path

import msgspec

from operator_ui.entrance import Entrance

_NAME = "entrance.json"


def leave(folder: Path, entrance: Entrance) -> None:
    descriptor = os.open(folder / _NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(entrance))


def collect(folder: Path) -> Entrance | None:
    """The entrance that was left, if any; it cannot be collected again."""
    path = folder / _NAME
    try:
        content = path.read_bytes()
        path.unlink()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=Entrance)
