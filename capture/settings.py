"""What a capture process is told, and what it tells its parent: lines of JSON through pipes."""

from typing import Literal

import msgspec


class CaptureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source and where its frames go. May hold a stream's password: its repr does not show it."""

    camera: str
    source: str
    endpoint: str
    """Where the worker listens: ipc:// or tcp://host:port (which needs `keys`)."""
    pace: Literal["true", "fast", "live"] = "true"
    """Recorded sources only: lossless at their own speed, lossless as fast as the worker takes them, or as a camera
    would give them: at their own speed, and the newest picture wins."""
    loop: bool = False
    """Recorded sources only: begin again at the end, for ever."""
    keys: str | None = None
    """Folder with CURVE keys."""
    key: str = "capture"
    """Name of this process's own key."""
    server_key: str = "worker"
    """Name of the worker's key."""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    """Wishes to a USB camera; `fps` is also the speed of a folder of pictures. 0: no wish."""
    session: str | None = None
    """Recorded sources only: the session to go on with; otherwise a new one is minted."""
    first: int = 0
    """Recorded sources only: number of the picture to go on with."""

    def __repr__(self) -> str:
        return f"CaptureSettings({self.camera!r})"


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="beat"):
    """The capture process is well: it read on, or it waits for the worker or for a picture's time."""

    frames: int
    """Pictures read by this process."""
    sent: int
    dropped: int
    acked: int
    """Highest number that the worker has processed; -1 before the first."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="trouble"):
    """Why the capture process ends; without credentials."""

    text: str


Word = Beat | Trouble
