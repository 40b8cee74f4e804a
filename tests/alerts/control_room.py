"""A control room: a real server on this machine that takes, refuses or redirects what it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["ControlRoom"], int]


@dataclass
class Told:
    headers: dict[str, str]
    body: bytes


@dataclass
class ControlRoom:
    """`answer` is asked at each request, after it was noted; by default everything is taken."""

    answer: Answer = lambda _: 204
    url: str = ""
    told: list[Told] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 60.0) -> None:
        with self.news:
            assert self.news.wait_for(lambda: len(self.told) >= count, seconds), f"told {len(self.told)} times"


@contextmanager
def open_room(room: ControlRoom, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[ControlRoom]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with room.news:
                room.told.append(Told({name.lower(): value for name, value in self.headers.items()}, body))
                code = room.answer(room)
                room.news.notify_all()
            self.send_response(code)
            if 300 <= code < 400:
                self.send_header("Location", room.url + "/elsewhere")
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"secret")

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    made = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    made.daemon_threads = True
    if tls is not None:
        made.socket = tls.wrap_socket(made.socket, server_side=True)
    room.url = f"http{'s' if tls else ''}://127.0.0.1:{made.server_port}/events"
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield room
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
