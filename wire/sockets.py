"""ZeroMQ sockets as all processes of a rig open them: ipc on one machine, tcp only with CURVE keys.

with Wire(keys) as wire:
    frames = wire.bind(zmq.ROUTER, "ipc:///run/openlfr/frames.ipc")
    alerts = wire.connect(zmq.DEALER, "tcp://10.0.0.5:5555", server="alerts")
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import zmq
from zmq.auth.thread import ThreadAuthenticator

from wire.keys import Keys
from wire.messages import AnyMessage, MessageError, decode, encode

Socket = zmq.Socket[bytes]

MAX_PART = 256 * 1024 * 1024
"""Bytes. No peer may make this process hold a larger part: a picture of 7680 x 4320 has 99,532,800."""

QUEUE = 64
"""Messages kept for a peer that takes none."""

_IPC_PATH_BYTES = 107
_AT_ONCE = 100
_DOMAIN = b"openlfr"


class WireError(ValueError):
    """An endpoint that cannot be opened, or may not be; the message says which and what to do."""


@dataclass
class Rejected:
    """Counts what one socket received and could not understand, so that it is dropped but never unnoticed."""

    count: int = 0
    last: str = ""

    def add(self, reason: str) -> None:
        self.count += 1
        self.last = reason


@dataclass(frozen=True)
class Received:
    """One understood message. `parts` share memory with ZeroMQ's buffers and are writable."""

    message: AnyMessage
    parts: tuple[memoryview, ...]
    peer: bytes
    """Routing id of the sender, to answer it; empty unless the socket is a ROUTER."""


class Wire:
    """The ZeroMQ context of one process. Closing it closes all its sockets at once, without lingering."""

    def __init__(self, keys: Keys | None = None) -> None:
        self.context: zmq.Context[Socket] = zmq.Context()
        self._keys = keys
        self._gate: ThreadAuthenticator | None = None
        # Held until close(): a socket whose user is gone is not closed by chance, in the middle of something.
        self._sockets: list[Socket] = []

    def bind(self, kind: int, endpoint: str, *, queue: int = QUEUE) -> Socket:
        """A bound socket. Over tcp, peers without a known key are refused. Raises WireError.

        `queue`: published messages kept for each subscriber.
        """
        if not _is_tcp(endpoint):
            _prepare_ipc_folder(endpoint)
            return _opened(self._socket(kind, queue), endpoint, bind=True)
        keys = self._need_keys(endpoint)
        self._open_gate(keys)
        socket = self._socket(kind, queue, keys)
        socket.curve_server = True
        # Without enforcement libzmq lets everyone in while no authenticator runs.
        socket.zap_domain = _DOMAIN
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        return _opened(socket, endpoint, bind=True)

    def connect(self, kind: int, endpoint: str, server: str | None = None, *, queue: int = QUEUE) -> Socket:
        """A socket that (re)connects by itself. `server` names the public key of the peer that binds: needed for tcp.

        Raises WireError, and KeysError for an unknown server. Sends fail at once (zmq.Again) while nobody is there.
        """
        if not _is_tcp(endpoint):
            socket = self._socket(kind, queue)
        else:
            keys = self._need_keys(endpoint)
            if server is None:
                raise WireError(f"{endpoint}: the name of the server's key is missing")
            server_key = keys.public_of(server)
            socket = self._socket(kind, queue, keys)
            socket.curve_serverkey = server_key
        if kind != zmq.SUB:
            # A SUB's subscription is sent, not received: refused while nobody is there, it would miss what comes first.
            socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, 50)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
        return _opened(socket, endpoint, bind=False)

    def close(self) -> None:
        if self._gate is not None:
            self._gate.stop()
            self._gate = None
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()
        self.context.destroy(linger=0)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _socket(self, kind: int, queue: int, keys: Keys | None = None) -> Socket:
        socket = self.context.socket(kind)
        self._sockets.append(socket)
        socket.linger = 0
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_PART)
        socket.set_hwm(QUEUE)
        # One way only: subscriptions travel the other way, and none of them may be lost.
        if kind in (zmq.PUB, zmq.XPUB):
            socket.sndhwm = queue
        elif kind == zmq.SUB:
            socket.rcvhwm = queue
        if keys is not None:
            socket.curve_secretkey = keys.secret
            socket.curve_publickey = keys.public
            # A machine that lost power sends no goodbye: find out within seconds, not by TCP's hours.
            socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)
            socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3000)
        return socket

    def _need_keys(self, endpoint: str) -> Keys:
        if self._keys is None:
            raise WireError(f"{endpoint}: tcp needs keys, make them with `openlfr keys` (or use ipc:// on one machine)")
        return self._keys

    def _open_gate(self, keys: Keys) -> None:
        if self._gate is None:
            self._gate = ThreadAuthenticator(self.context)
            self._gate.configure_curve_callback(_DOMAIN.decode(), credentials_provider=_Known(keys))
            self._gate.start()


class _Known:
    """ZeroMQ's authenticator asks this for each peer that knocks."""

    def __init__(self, keys: Keys) -> None:
        self._public = frozenset(keys.known.values())

    def callback(self, domain: str, key: bytes) -> bool:
        return key in self._public


def receive(socket: Socket, rejected: Rejected) -> Received | None:
    """The next message that is there and can be understood, or None; does not wait. What cannot is counted and dropped.

    Never raises for anything a peer may have sent. Looks at no more than 100 bad ones at a time, so a flood of them
    cannot hold the caller for ever.
    """
    for _ in range(_AT_ONCE):
        try:
            parts = socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        understood = understand([part.buffer for part in parts], rejected, routed=socket.type == zmq.ROUTER)
        if understood is not None:
            return understood
    return None


def understand(parts: Sequence[memoryview], rejected: Rejected, *, routed: bool = False) -> Received | None:
    """Decodes one multipart; None, and counted, if it cannot. `routed`: its first part is a ROUTER's routing id."""
    start = 1 if routed else 0
    if len(parts) <= start:
        rejected.add("an empty message")
        return None
    try:
        message = decode(parts[start])
    except MessageError as error:
        rejected.add(str(error))
        return None
    return Received(message, tuple(parts[start + 1 :]), bytes(parts[0]) if routed else b"")


def send(socket: Socket, message: AnyMessage, parts: Sequence[bytes | memoryview] = (), *, peer: bytes = b"") -> bool:
    """Sends at once, or not at all: False where nobody is there or the queue is full. `peer` only for a ROUTER.

    Parts over 64 kB are not copied: the caller must not write into them any more.
    """
    route = [peer] if peer else []
    try:
        socket.send_multipart([*route, encode(message), *parts], zmq.NOBLOCK, copy=False)
    except zmq.Again:
        return False
    except zmq.ZMQError as error:
        # A ROUTER's peer may leave between its request and our answer.
        if error.errno == zmq.EHOSTUNREACH:
            return False
        raise
    return True


def _is_tcp(endpoint: str) -> bool:
    """Raises WireError for an endpoint that is neither tcp nor a usable ipc path."""
    if endpoint.startswith("tcp://"):
        return True
    path = endpoint.removeprefix("ipc://")
    if path == endpoint:
        raise WireError(f"{endpoint}: an endpoint starts with ipc:// or tcp://")
    if not path.startswith("/"):
        raise WireError(f"{endpoint}: an ipc endpoint is ipc:// and an absolute path")
    length = len(os.fsencode(path))
    if length > _IPC_PATH_BYTES:
        raise WireError(f"{endpoint}: a path of {length} bytes, sockets allow {_IPC_PATH_BYTES}: choose a shorter one")
    return False


def _prepare_ipc_folder(endpoint: str) -> None:
    """On one machine the folder is the lock: whoever may enter it may speak to the rig."""
    folder = Path(endpoint.removeprefix("ipc://")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        raise WireError(f"{endpoint}: its folder cannot be made: {error.strerror}") from error
    if mode & 0o077:
        raise WireError(f"{endpoint}: its folder is open to other users: run `chmod 700 {folder}`, or choose another")


def _opened(socket: Socket, endpoint: str, *, bind: bool) -> Socket:
    try:
        if bind:
            socket.bind(endpoint)
        else:
            socket.connect(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise WireError(f"{endpoint} cannot be opened: {error.strerror}") from error
    return socket
