"""A status source behind HTTP: `POST {"references": [...]}` -> `{reference: {"status": ..., "checked_at": ...}}`.

References and the token leave the rig, so only by TLS with a checked certificate; in the clear to this machine alone.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import urllib3

from records.errors import RecordsError
from records.secret_files import read_secret
from watchlist.errors import StatusFault
from watchlist.status import Answer

AT_ONCE = 500
"""References of one request."""
LARGEST_ANSWER = 4 << 20
LOCAL = ("127.0.0.1", "::1", "localhost")


class _TokenFault(RecordsError):
    pass


def check_address(url: str) -> None:
    """Raises StatusFault for an address that references must not be sent to."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise StatusFault("the status source's address must begin with https://; http:// is for this machine only")
    if not parts.hostname or parts.username or parts.password:
        raise StatusFault("the status source's address names a host, and no password: use a token file")


@dataclass(frozen=True)
class HttpSource:
    url: str
    token_file: Path | None = None
    """Holds the bearer token; of mode 600."""
    ca_file: Path | None = None
    """PEM of the authority that signed the source's certificate; else the system's authorities count."""
    timeout_s: float = 5.0
    """To connect, and again between two pieces of the answer."""
    retries: int = 3
    """More of them, further apart, find an answer later; at an alert, people are waiting."""

    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        check_address(self.url)
        headers = {"Content-Type": "application/json", "Accept": "application/json"} | self._authorization()
        retry = urllib3.Retry(
            total=self.retries,
            redirect=False,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=None,
            backoff_factor=0.2,
            backoff_max=5.0,
            respect_retry_after_header=False,
        )
        found: dict[str, Answer] = {}
        with urllib3.PoolManager(ssl_context=self._tls(), retries=retry, timeout=self.timeout_s) as pool:
            for at in range(0, len(references), AT_ONCE):
                asked = references[at : at + AT_ONCE]
                said = self._post(pool, headers, asked)
                found.update({reference: said[reference] for reference in asked if reference in said})
        return found

    def _post(self, pool: urllib3.PoolManager, headers: dict[str, str], references: Sequence[str]) -> dict[str, Answer]:
        body = msgspec.json.encode({"references": list(references)})
        try:
            response = pool.request("POST", self.url, body=body, headers=headers, preload_content=False, redirect=False)
            try:
                content = response.read(LARGEST_ANSWER + 1, decode_content=False)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise StatusFault(f"the status source does not answer ({_reason(error)})") from error
        if response.status != 200:
            raise StatusFault(f"the status source answers with {response.status}: see its address and token")
        if len(content) > LARGEST_ANSWER:
            raise StatusFault(f"the status source's answer is longer than {LARGEST_ANSWER >> 20} MiB")
        try:
            return msgspec.json.decode(content, type=dict[str, Answer])
        except msgspec.MsgspecError as error:
            raise StatusFault(
                "the status source's answer is not understood: see deploy/watchlists/README.md"
            ) from error

    def _authorization(self) -> dict[str, str]:
        if self.token_file is None:
            return {}
        try:
            token = read_secret(self.token_file, _TokenFault, "put the status source's bearer token into it")
        except _TokenFault as error:
            raise StatusFault(str(error)) from error
        text = token.decode("ascii", "replace").strip()
        if not text.isprintable() or not text.isascii() or not text:
            raise StatusFault(f"{self.token_file} holds no bearer token")
        return {"Authorization": f"Bearer {text}"}

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=None if self.ca_file is None else str(self.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise StatusFault(f"{self.ca_file}: holds no certificates (PEM)") from error


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Short, and without the address: an exception's text may repeat what was sent."""
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    return type(cause).__name__
