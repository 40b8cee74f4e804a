"""Manifests of packs that can be fetched. A manifest is the pack.toml that the pack will have, word for word: beside
the tables of a pack it says where the files come from and under which terms."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from inference.pack import DetectorFile, Measured, Pack, PackError, RecogniserFile

OFFERED = Path(__file__).parents[1] / "packs"
"""Where the manifests lie that ship with OpenLFR: `<name>.toml` beside the folders of the packs that ship whole."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(gt=0)]
"""Bytes."""


class PullError(PackError):
    """A pack that could not be fetched; the message says why and what to do."""


class Download(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row [[download]]: a file on a server that is one of the pack's files, or a zip that holds some of them."""

    url: str
    size: Size
    sha256: Sha256
    files: tuple[str, ...]
    archive: Literal["zip"] | None = None
    proof: str
    """Where the SHA-256 was published."""

    @property
    def name(self) -> str:
        """The file's name on the server."""
        return urlsplit(self.url).path.rpartition("/")[2]


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table [terms]."""

    non_commercial: bool
    """A person must accept the licence before anything is fetched."""
    url: str
    """Where the licence is published."""


class WantedFile(NamedTuple):
    """One ONNX file of the pack."""

    name: str
    size: int
    sha256: str
    licence: str


class _Detector(DetectorFile, frozen=True, kw_only=True):
    size: Size
    sha256: Sha256


class _Recogniser(RecogniserFile, frozen=True, kw_only=True):
    size: Size
    sha256: Sha256


class _ManifestFile(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal[1]
    name: str
    version: str
    notes: str
    terms: Terms
    download: tuple[Download, ...]
    detector: _Detector
    recogniser: _Recogniser


class Manifest(NamedTuple):
    """A manifest that is sound in itself. Make it with `read_manifest`."""

    name: str
    version: str
    notes: str
    terms: Terms
    downloads: tuple[Download, ...]
    files: tuple[WantedFile, ...]
    contract: str
    """The embedding contract of the pack."""
    text: bytes
    """The file as it was read: what becomes pack.toml."""

    @property
    def download_size(self) -> int:
        """Bytes to fetch."""
        return sum(download.size for download in self.downloads)

    @property
    def licences(self) -> tuple[str, ...]:
        """Of detector and recogniser, each once."""
        return tuple(dict.fromkeys(file.licence for file in self.files))


def offered() -> list[Manifest]:
    """The manifests that ship with OpenLFR, by name."""
    return [read_manifest(path) for path in sorted(OFFERED.glob("*.toml"))]


def find_manifest(name_or_path: str) -> Manifest:
    """The manifest that is offered under this name, or that is this file. Raises PackError."""
    if name_or_path.endswith(".toml"):
        return read_manifest(Path(name_or_path).expanduser())
    known = {path.stem: path for path in sorted(OFFERED.glob("*.toml"))}
    if name_or_path not in known:
        raise PackError(f"no pack named {name_or_path} can be pulled; there are: {', '.join(known)}")
    return read_manifest(known[name_or_path])


def read_manifest(path: Path) -> Manifest:
    """Read and check the manifest at `path`. Raises PackError with its fault."""
    try:
        text = path.read_bytes()
        parsed = msgspec.convert(tomllib.loads(text.decode("utf-8")), _ManifestFile)
    except OSError as error:
        raise PackError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise PackError(f"{path}: {error}") from error
    if fault := _fault(parsed):
        raise PackError(f"{path}: {fault}")
    parts = (parsed.detector, parsed.recogniser)
    pack = Pack(
        folder=path.parent,
        name=parsed.name,
        version=parsed.version,
        notes=parsed.notes,
        detector=parsed.detector,
        recogniser=parsed.recogniser,
        calibration=None,
        measured=Measured(),
    )
    return Manifest(
        name=parsed.name,
        version=parsed.version,
        notes=parsed.notes,
        terms=parsed.terms,
        downloads=parsed.download,
        files=tuple(WantedFile(part.file, part.size, part.sha256, part.licence) for part in parts),
        contract=pack.contract,
        text=text,
    )


def _fault(parsed: _ManifestFile) -> str:
    """What is wrong beyond types; empty: nothing."""
    parts = {part.file: part for part in (parsed.detector, parsed.recogniser)}
    for name in (parsed.name, *parts, *(download.name for download in parsed.download)):
        if not _PLAIN_NAME.fullmatch(name):
            return f"{name!r} is not a plain name of letters, digits, '.', '_' and '-'"
    if len(parts) != 2:
        return "detector and recogniser must be two files"
    for part in parts.values():
        if not part.licence.strip():
            return f"{part.file} has no licence"
    named = [name for download in parsed.download for name in download.files]
    if sorted(named) != sorted(parts):
        return f"the downloads give {', '.join(named)}, the pack needs {', '.join(parts)}"
    for download in parsed.download:
        if urlsplit(download.url).scheme not in ("https", "http"):
            return f"{download.url} is not an http address"
        if download.archive is None:
            alone = parts[download.files[0]] if len(download.files) == 1 else None
            if alone is None or (alone.sha256, alone.size) != (download.sha256, download.size):
                return f"{download.url} is no archive: it must be one file of the pack, with its size and SHA-256"
    return ""
