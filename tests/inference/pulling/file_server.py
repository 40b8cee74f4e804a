"""A real HTTP server on this machine with the faults of real ones, and a manifest of a pack that it serves."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from inference.catalogue import SHIPPED

NAME = "street"
LICENCE = "for this test only"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


@dataclass
class FileServer:
    """Serves `files` (path to bytes). Its faults may be changed between two requests."""

    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Where the server sends on who asks for a path, as GitHub does."""
    ranges: bool = True
    length: bool = True
    etag: str = '"one"'
    status: int = 200
    wrong_range: bool = False
    cut_after: list[int] = field(default_factory=list)
    """The next requests are cut off after so many bytes, one entry each."""
    hold_after: int | None = None
    """After so many bytes the server sends no more until `released`; then it cuts off."""
    released: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    """The Range of each request, empty where it had none."""
    url: str = ""

    @contextmanager
    def running(self) -> Iterator["FileServer"]:
        server = _Server(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        faults = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range", "")
                faults.asked.append(asked)
                self.close_connection = True
                if self.path in faults.moved:
                    self.send_response(302)
                    self.send_header("Location", faults.moved[self.path])
                    self.end_headers()
                    return
                data = faults.files.get(self.path)
                if data is None or faults.status != 200:
                    self.send_error(404 if data is None else faults.status)
                    return
                begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and faults.ranges else 0
                if begin >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206 if begin else 200)
                if begin:
                    told = 0 if faults.wrong_range else begin
                    self.send_header("Content-Range", f"bytes {told}-{len(data) - 1}/{len(data)}")
                if faults.length:
                    self.send_header("Content-Length", str(len(data) - begin))
                if faults.etag:
                    self.send_header("ETag", faults.etag)
                self.end_headers()
                self._send(data[begin:])

            def _send(self, data: bytes) -> None:
                if faults.hold_after is not None:
                    self.wfile.write(data[: faults.hold_after])
                    faults.released.wait(60)
                elif faults.cut_after:
                    self.wfile.write(data[: faults.cut_after.pop(0)])
                else:
                    self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def starter_files() -> dict[str, bytes]:
    return {name: (SHIPPED / "starter" / name).read_bytes() for name in ("det_starter.onnx", "rec_starter.onnx")}


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def write_manifest(
    folder: Path,
    downloads: Sequence[tuple[str, bytes, tuple[str, ...]]],
    *,
    non_commercial: bool = False,
    changes: dict[str, str] | None = None,
) -> Path:
    """A manifest of the starter pack under another name. `downloads`: address, content and the files in it; a zip
    where there are several."""
    text = (SHIPPED / "starter" / "pack.toml").read_text("utf-8").replace('name = "starter"', f'name = "{NAME}"')
    text = re.sub(r'^licence = ".*"$', f'licence = "{LICENCE}"', text, flags=re.MULTILINE)
    for name, data in starter_files().items():
        text = text.replace(f'file = "{name}"', f'file = "{name}"\nsize = {len(data)}')
    text += f'\n[terms]\nnon_commercial = {str(non_commercial).lower()}\nurl = "https://licence.test/"\n'
    for url, data, files in downloads:
        text += (
            f'\n[[download]]\nurl = "{url}"\nsize = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
            f"files = {list(files)!r}\nproof = 'this test'\n"
        )
        text += 'archive = "zip"\n' if url.endswith(".zip") else ""
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / f"{NAME}.toml"
    path.write_text(text, "utf-8")
    return path
