"""One file over HTTP, into a `.part` that a later call goes on with; what is returned has the pinned SHA-256."""

import hashlib
import re
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from inference.pulling.manifest import Download, PullError

CHUNK = 64 * 1024
"""Bytes: at most this much is lost where the connection or the process ends."""
CONNECT_WITHIN_S = 15.0
SILENT_FOR_S = 60.0
"""A server that sends nothing for so long is taken for gone."""

# What the servers of the manifests do, and no more: a redirect to their storage. A retry is decided here, not there.
_RETRIES = urllib3.Retry(
    total=5, connect=0, read=0, redirect=5, status=0, other=0, raise_on_status=False, respect_retry_after_header=False
)
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Watch(Protocol):
    """Whoever watches a transfer."""

    def progress(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes of the file are here."""

    def note(self, text: str) -> None:
        """Something a person should know, and that stops nothing."""


def fetch(download: Download, folder: Path, watch: Watch) -> Path:
    """The `.part` file in `folder` with every byte of `download`, checked; what an earlier call left there is used.

    What was there and proves wrong is fetched again, once, from its beginning. Raises PullError: the part stays for
    the next call unless it is worthless. OSError where `folder` cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = part_file(download, folder)
    while True:
        held = _size(part)
        _complete(download, part, watch)
        found = _sha256(part)
        if found == download.sha256:
            return part
        discard(part)
        if held == 0:
            raise PullError(
                f"{download.url} gave a file with SHA-256 {found} where {download.sha256} was expected: it was changed "
                f"there or on the way. Nothing of it was kept; do not use it"
            )
        watch.note(f"What an earlier call left of {download.name} was not right: starting again.")


def part_file(download: Download, folder: Path) -> Path:
    """Named by its content, so that another version of the same file never goes on from it."""
    return folder / f"{download.sha256[:12]}-{download.name}.part"


def discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _etag_file(part).unlink(missing_ok=True)


def _complete(download: Download, part: Path, watch: Watch) -> None:
    """Ask until the part is as long as it should be, and as long as each answer brings more of it."""
    while (held := _size(part)) < download.size:
        watch.progress(download.name, held, download.size)
        try:
            _receive(download, part, held, watch)
        except urllib3.exceptions.HTTPError as error:
            reached = _size(part)
            if reached <= held:
                kept = f"; {reached} of {download.size} bytes are kept" if reached else ""
                raise PullError(f"cannot fetch {download.url}: {_reason(error)}{kept}") from error
            watch.note(f"The connection was lost after {reached} of {download.size} bytes: going on from there.")


def _receive(download: Download, part: Path, held: int, watch: Watch) -> None:
    """One request, from byte `held` on, appended to the part. An answer that does not fit the part discards it."""
    headers = {"User-Agent": "openlfr", "Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
    with _pool(download.url) as pool:
        response = pool.request(
            "GET", download.url, headers=headers, retries=_RETRIES, preload_content=False, decode_content=False
        )
        try:
            if held and response.status in (206, 416) and not _goes_on(response, part, held, download.size):
                discard(part)
                watch.note(f"{download.name} has changed on the server: starting again.")
                return
            if response.status == 200:
                _begin(response, part, download)
                if held:
                    watch.note("The server cannot go on from where it was left: starting again.")
            elif not (held and response.status == 206):
                answer = f"{response.status} {response.reason or ''}".rstrip()
                raise PullError(f"cannot fetch {download.url}: the server answers {answer}")
            _append(response, part, download, watch)
        finally:
            response.close()


def _goes_on(response: urllib3.BaseHTTPResponse, part: Path, held: int, size: int) -> bool:
    """Whether the answer is the rest of what the part is the beginning of."""
    told = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status != 206 or told is None or int(told[1]) != held or told[2] not in ("*", str(size)):
        return False
    was, now = _read_etag(part), response.headers.get("ETag", "")
    return not (was and now) or was == now


def _begin(response: urllib3.BaseHTTPResponse, part: Path, download: Download) -> None:
    """Empty the part. Refuses at once what cannot be the file: a pointer, or the sign-in page of a network."""
    offered = response.headers.get("Content-Length", "")
    if offered.isdecimal() and int(offered) != download.size:
        raise PullError(
            f"{download.url}: the server offers {offered} bytes, the pinned file has {download.size}: it is another "
            f"file, or this network put a page of its own in its place"
        )
    part.write_bytes(b"")
    _etag_file(part).write_text(response.headers.get("ETag", ""), "utf-8")


def _append(response: urllib3.BaseHTTPResponse, part: Path, download: Download, watch: Watch) -> None:
    with part.open("ab") as file:
        for chunk in response.stream(CHUNK, decode_content=False):
            if file.tell() + len(chunk) > download.size:
                discard(part)
                raise PullError(f"{download.url}: the server sends more than the {download.size} bytes of the file")
            file.write(chunk)
            file.flush()
            watch.progress(download.name, file.tell(), download.size)


def _pool(url: str) -> urllib3.PoolManager:
    """Connections to where `url` lies, through the proxy that the environment names, if any."""
    timeout = urllib3.Timeout(connect=CONNECT_WITHIN_S, read=SILENT_FOR_S)
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
    if proxy is None:
        return urllib3.PoolManager(timeout=timeout)
    signed_in = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=signed_in) if signed_in else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, timeout=timeout)


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """In few words, without the library's objects."""
    cause: BaseException = error
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        cause = error.reason
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "its name cannot be resolved (no network?)"
    if isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
        return f"no connection within {CONNECT_WITHIN_S:.0f} s"
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "no connection (no network?)"
    if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return f"the server sent nothing for {SILENT_FOR_S:.0f} s"
    if isinstance(cause, urllib3.exceptions.SSLError):
        return f"no trustworthy connection ({cause})"
    return "the connection was lost"


def _etag_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _read_etag(part: Path) -> str:
    try:
        return _etag_file(part).read_text("utf-8")
    except FileNotFoundError:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
