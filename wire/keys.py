"""CURVE key pairs, one for each process of a rig that spans machines.

A keys folder holds `<name>.public` and `<name>.secret`, each one line of 40 characters (Z85). A machine needs its own
processes' secrets and everyone's public keys: a peer whose public key is not in the folder is refused.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.utils import z85

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_KEY_CHARACTERS = 40


class KeysError(ValueError):
    """Keys that cannot be made, read or trusted; the message says which file and what to do."""


@dataclass(frozen=True)
class Keys:
    """What one process knows: its own pair and everyone's public keys."""

    name: str
    public: bytes
    secret: bytes = field(repr=False)
    known: Mapping[str, bytes]

    def public_of(self, name: str) -> bytes:
        """The public key of the peer of this name. Raises KeysError where there is none."""
        if name not in self.known:
            raise KeysError(f"no public key named {name!r}; known are: {', '.join(sorted(self.known)) or 'none'}")
        return self.known[name]


def make_keys(folder: Path, names: Sequence[str]) -> None:
    """Writes a new pair for each name; the folder becomes mode 700, secrets 600. Never overwrites: KeysError."""
    for name in names:
        _check_name(name)
        for file in (_public_file(folder, name), _secret_file(folder, name)):
            if file.exists():
                raise KeysError(f"{file} exists: remove it first if its key is really to be replaced")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for name in names:
            public, secret = zmq.curve_keypair()
            _write_new(_secret_file(folder, name), secret, 0o600)
            _write_new(_public_file(folder, name), public, 0o644)
    except OSError as error:
        raise KeysError(f"keys cannot be written to {folder}: {error.strerror}") from error


def load_keys(folder: Path, name: str) -> Keys:
    """The pair of this name with all public keys of the folder. Raises KeysError, also for a secret others may read."""
    _check_name(name)
    if not folder.is_dir():
        raise KeysError(f"no keys folder {folder}: make it with `openlfr keys`")
    secret_file = _secret_file(folder, name)
    secret = _read(secret_file)
    for path, mode in ((folder, "700"), (secret_file, "600")):
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeysError(f"{path} is open to other users: run `chmod {mode} {path}`")
    public = _read(_public_file(folder, name))
    if zmq.curve_public(secret) != public:
        raise KeysError(f"{_public_file(folder, name)} does not belong to {secret_file}")
    known = {file.stem: _read(file) for file in sorted(folder.glob("*.public"))}
    return Keys(name=name, public=public, secret=secret, known=known)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise KeysError(f"key name {name!r}: use small letters, digits, - and _")


def _public_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.public"


def _secret_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.secret"


def _write_new(file: Path, key: bytes, mode: int) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(key + b"\n")


def _read(file: Path) -> bytes:
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        raise KeysError(f"{file} cannot be read: {error.strerror}") from error
    try:
        valid = len(key) == _KEY_CHARACTERS and len(z85.decode(key)) == 32
    except (KeyError, ValueError, OverflowError):
        valid = False
    if not valid:
        raise KeysError(f"{file} holds no key of {_KEY_CHARACTERS} characters: make new ones with `openlfr keys`")
    return key
