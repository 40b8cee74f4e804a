"""Manifests of what the test server serves, and a watch that remembers."""

from pathlib import Path

from inference.pulling.manifest import Manifest, read_manifest
from tests.inference.pulling.file_server import FileServer, starter_files, write_manifest

DETECTOR, RECOGNISER = starter_files()


class Notes:
    """A watch that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self.notes: list[str] = []

    def progress(self, name: str, done: int, total: int) -> None:
        self.seen.append((name, done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)


def two_files(server: FileServer, folder: Path, changes: dict[str, str] | None = None) -> Manifest:
    downloads = []
    for name, data in starter_files().items():
        server.files[f"/{name}"] = data
        downloads.append((f"{server.url}/{name}", data, (name,)))
    return read_manifest(write_manifest(folder, downloads, changes=changes))


def one_zip(server: FileServer, folder: Path, data: bytes) -> Manifest:
    server.files["/pack.zip"] = data
    return read_manifest(write_manifest(folder, [(f"{server.url}/pack.zip", data, (DETECTOR, RECOGNISER))]))


def nothing_was_made(cache: Path) -> bool:
    return not any((cache / "packs").glob("*")) and not any((cache / "downloads").glob("*.making"))
