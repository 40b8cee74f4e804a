"""Sources of pictures: `usb:0`, `rtsp://...`, `file:clip.mp4` (any video, a GIF, or a folder of pictures).

A stream's address may hold a password: it is shown only through `redact`, and never put on a command line.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np

from wire.mailbox import Pixels

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
FOLDER_FPS = 25.0
"""Speed of a folder of pictures, which has none of its own, unless the settings name one."""

_OPEN_TIMEOUT_MS = 2000
_READ_TIMEOUT_MS = 2000
_STREAM_OPTIONS = "rtsp_transport;tcp|flags;low_delay|fpsprobesize;0"
"""FFmpeg's: tcp, since lost packets smear faces; each picture as soon as it is decoded; no second of waiting at the
opening to measure a speed. Not `nobuffer`: it throws away the first key frame, and the next may be seconds away."""


class SourceError(ValueError):
    """A source that cannot be used; one line that says which and what to do, without credentials."""


class SourceLost(SourceError):
    """A live source that cannot be reached now; it may come back."""


@dataclass(frozen=True)
class Usb:
    index: int

    def __str__(self) -> str:
        return f"usb:{self.index}"


@dataclass(frozen=True)
class Stream:
    url: str = field(repr=False)

    def __str__(self) -> str:
        return redact(self.url)


@dataclass(frozen=True)
class Recording:
    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


Address = Usb | Stream | Recording


@dataclass(frozen=True)
class Hints:
    """What to ask of a camera that offers several forms (USB only; a folder of pictures takes `fps`). 0: no wish."""

    width: int = 0
    height: int = 0
    fps: float = 0.0


class Source(Protocol):
    recorded: bool
    fps: float
    """Nominal pictures a second; 0.0 where the source does not say."""
    position: float
    """Seconds into the recording of the picture that was read last; 0.0 for live sources."""

    def read(self) -> Pixels | None:
        """The next picture, its memory nobody else's; None at the end of a recording.

        Raises SourceLost when a live source gives none, SourceError for a recorded picture that cannot be decoded.
        """
        ...

    def skip(self) -> bool:
        """Pass over the next picture; False at the end of the recording."""
        ...

    def close(self) -> None: ...


def redact(source: str) -> str:
    """The same source without anything that may be a credential: user, password, query, and paths with `=` in them."""
    match = re.match(r"\s*(?P<scheme>rtsps?)://(?P<rest>.*)", source, re.IGNORECASE | re.DOTALL)
    if match is None:
        return source
    # A password may itself hold an @: what follows the last one is the host.
    rest = match["rest"].rpartition("@")[2]
    place, query, _ = rest.partition("?")
    host, slash, path = place.partition("/")
    shown = "..." if "=" in path else path
    secret = "***@" if "@" in match["rest"] else ""
    return f"{match['scheme'].lower()}://{secret}{host}{slash}{shown}{'?***' if query else ''}"


def parse(source: str) -> Address:
    """Raises SourceError for anything but the three forms. Looks at the words only: opens nothing."""
    scheme, _, rest = source.partition(":")
    if scheme == "usb":
        if not re.fullmatch(r"[0-9]{1,2}", rest):
            raise SourceError(f"source {source!r}: write usb: and the camera's number, as in usb:0")
        return Usb(int(rest))
    if scheme in ("rtsp", "rtsps"):
        if not _is_stream(source):
            raise SourceError(
                f"source {redact(source)!r}: not a stream's address, write rtsp://user:password@host/path"
            )
        return Stream(source)
    if scheme == "file" and rest:
        return Recording(Path(rest))
    raise SourceError(f"source {redact(source)!r}: write usb:0, rtsp://user:password@host/path or file:clip.mp4")


def open_source(address: Address, hints: Hints | None = None) -> Source:
    """Raises SourceError for a recording that is not there or cannot be read, SourceLost for a live source."""
    _silence_libraries()
    wishes = hints or Hints()
    match address:
        case Usb():
            return _open_usb(address, wishes)
        case Stream():
            return _open_stream(address)
        case Recording():
            if address.path.is_dir():
                return PictureFolder(address, wishes.fps or FOLDER_FPS)
            return VideoFile(address)


def try_source(source: str) -> str:
    """Opens a source, reads one picture and says what it is: `1280 x 720, 25 frames/s`. Raises SourceError."""
    address = parse(source)
    opened = open_source(address)
    try:
        pixels = opened.read()
    finally:
        opened.close()
    if pixels is None:
        raise SourceError(f"{address}: holds no pictures")
    speed = f"{opened.fps:.4g} frames/s" if opened.fps else "it does not say its speed"
    return f"{pixels.shape[1]} x {pixels.shape[0]}, {speed}"


class Live:
    """A USB camera or a stream."""

    recorded = False
    position = 0.0

    def __init__(self, address: Usb | Stream, video: cv2.VideoCapture) -> None:
        self._address = address
        self._video = video
        self.fps = _fps_of(video)

    def read(self) -> Pixels:
        there, pixels = self._video.read()
        if not there:
            raise SourceLost(f"{self._address}: gives no more pictures")
        return _bgr(pixels)

    def skip(self) -> bool:
        return self._video.grab()

    def close(self) -> None:
        self._video.release()


class VideoFile:
    recorded = True

    def __init__(self, address: Recording) -> None:
        _check_readable(address)
        self._video = cv2.VideoCapture(str(address.path), cv2.CAP_FFMPEG)
        if not self._video.isOpened():
            raise SourceError(
                f"{address}: not a video that can be read; use mp4, mkv, avi, mov, gif or a folder of pictures"
            )
        self.fps = _fps_of(self._video)
        self.position = 0.0

    def read(self) -> Pixels | None:
        there, pixels = self._video.read()
        self.position = self._video.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return _bgr(pixels) if there else None

    def skip(self) -> bool:
        return self._video.grab()

    def close(self) -> None:
        self._video.release()


class PictureFolder:
    """The pictures of a folder in the order of their names."""

    recorded = True

    def __init__(self, address: Recording, fps: float) -> None:
        try:
            files = sorted(file for file in address.path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as error:
            raise SourceError(f"{address}: cannot be read: {error.strerror}") from error
        if not files:
            raise SourceError(f"{address}: no pictures in this folder ({', '.join(sorted(PICTURE_SUFFIXES))})")
        self._files: Iterator[tuple[int, Path]] = enumerate(files)
        self.fps = fps
        self.position = 0.0

    def read(self) -> Pixels | None:
        number, file = next(self._files, (0, None))
        if file is None:
            return None
        self.position = number / self.fps
        try:
            pixels = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
        except (OSError, cv2.error):
            pixels = None
        if pixels is None:
            raise SourceError(f"file:{file}: not a picture that can be read: replace or remove it")
        return _bgr(pixels)

    def skip(self) -> bool:
        return next(self._files, None) is not None

    def close(self) -> None:
        pass


def _open_usb(address: Usb, hints: Hints) -> Live:
    video = cv2.VideoCapture(address.index, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
    if not video.isOpened():
        raise SourceLost(f"{address}: no camera answers; is it plugged in, and in use by no other program?")
    if hints.width or hints.height:
        # Uncompressed, USB 2 carries large pictures at a few frames a second only.
        video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    for setting, wish in (
        (cv2.CAP_PROP_FRAME_WIDTH, hints.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, hints.height),
        (cv2.CAP_PROP_FPS, hints.fps),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ):
        if wish:
            video.set(setting, wish)
    return Live(address, video)


def _open_stream(address: Stream) -> Live:
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS]
    with _ffmpeg_options(_STREAM_OPTIONS):
        video = cv2.VideoCapture(address.url, cv2.CAP_FFMPEG, limits)
    if not video.isOpened():
        raise SourceLost(f"{address}: no stream; is the camera on, and are address, user and password right?")
    return Live(address, video)


@contextmanager
def _ffmpeg_options(options: str) -> Iterator[None]:
    """OpenCV takes FFmpeg's options from the environment only; left there, they would make recordings lose pictures."""
    name = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
    if name in os.environ:
        yield  # a person has chosen others
        return
    os.environ[name] = options
    try:
        yield
    finally:
        del os.environ[name]


def _silence_libraries() -> None:
    """FFmpeg and OpenCV write to standard error what they like, past `redact`; our own errors say what is needed."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _is_stream(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return False


def _check_readable(address: Recording) -> None:
    if not address.path.exists():
        raise SourceError(f"{address}: no such file or folder")
    if not address.path.is_file():
        raise SourceError(f"{address}: neither a file nor a folder")
    try:
        with address.path.open("rb"):
            pass
    except OSError as error:
        raise SourceError(f"{address}: cannot be read: {error.strerror}") from error


def _fps_of(video: cv2.VideoCapture) -> float:
    fps = video.get(cv2.CAP_PROP_FPS)
    # Containers without a frame rate of their own make FFmpeg report their time base, as 1000 or 90000.
    return fps if 0 < fps <= 480 else 0.0


def _bgr(pixels: object) -> Pixels:
    picture = np.asarray(pixels, np.uint8)
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)  # type: ignore[assignment]
    return np.ascontiguousarray(picture[:, :, :3])
