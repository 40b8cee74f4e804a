"""The tablet's server as a process of the rig."""

import logging
import socket
import ssl
from pathlib import Path

import uvicorn

from operator_ui.app import make_app
from operator_ui.changes import Announcements
from operator_ui.desk import Desk
from operator_ui.entries import EntryBook
from operator_ui.listed import ListedEntries
from operator_ui.settings import UiSettings
from records.database import Database
from records.vault import Vault

log = logging.getLogger(__name__)

GRACE_S = 2


class CannotServe(Exception):
    """The server cannot start; one line that says why and what to do."""


class Server(uvicorn.Server):
    """Ends the tablets' event streams before it waits for open connections: they would never end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        desk = getattr(getattr(app, "state", None), "desk", None)
        if isinstance(desk, Desk):
            desk.feed.close()
        await super().shutdown(sockets)


def make_server(database: Database, vault: Vault, entries: EntryBook, settings: UiSettings) -> Server:
    """Raises CannotServe for a certificate or key that does not serve."""
    changes = Announcements(settings.changes)
    app = make_app(database, vault, entries, settings, changes)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        timeout_graceful_shutdown=GRACE_S,
        # The tablets' addresses are read from the connection: nobody stands between by default.
        proxy_headers=False,
        ws="none",
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        changes.close()
        raise CannotServe(f"ui: certificate {settings.certificate} and key {settings.key}: {error}") from error
    return Server(config)


def bind(settings: UiSettings) -> socket.socket:
    """Raises CannotServe where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        # From here on whoever comes waits in the queue, and a second server is refused.
        listener.listen()
    except OSError as error:
        listener.close()
        raise CannotServe(
            f"ui: cannot listen on {settings.host} port {settings.port} ({error.strerror}); choose another port"
        ) from error
    return listener


def run(settings: UiSettings, database: Database, vault: Vault) -> None:
    """Serves until SIGINT or SIGTERM. Raises CannotServe."""
    entries = ListedEntries(database, vault, Path(settings.vault))
    with bind(settings) as listener:
        server = make_server(database, vault, entries, settings)
        log.info("the tablet's page is at %s", address(settings, listener))
        server.run(sockets=[listener])


def address(settings: UiSettings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls else 'http'}://{host}:{listener.getsockname()[1]}/"
