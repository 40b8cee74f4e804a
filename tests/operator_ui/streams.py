"""Reading the server-sent events of an application without a socket."""

import json
from collections.abc import Callable
from typing import Any

import anyio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.types import Message

from tests.operator_ui.stage import Browser

LIMIT_S = 20


def read_stream(
    app: Starlette,
    browser: Browser,
    after: int | None = None,
    last_event_id: str | None = None,
    statuses: int = 1,
    cards: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> str:
    """What `/events` sends until its `statuses`-th status: by then it has sent all older changes.

    `meanwhile` is done once the stream is open; the statuses are counted from then on.
    """
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    headers = [(b"host", b"rig"), (b"cookie", cookies.encode())]
    if last_event_id is not None:
        headers.append((b"last-event-id", last_event_id.encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/events",
        "raw_path": b"/events",
        "query_string": ("cards=true&" * cards + ("" if after is None else f"after={after}")).encode(),
        "headers": headers,
        "client": ("tablet", 1),
        "server": ("rig", 80),
        "scheme": "http",
    }

    async def run() -> str:
        text, counted = "", 0
        opened, enough = anyio.Event(), anyio.Event()
        done = meanwhile is None

        async def receive() -> Message:
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal text, counted
            sent = message.get("body", b"").decode()
            text += sent
            if "event: status" in sent:
                opened.set()
                counted += done
            if counted >= statuses or not message.get("more_body", True):
                enough.set()

        async def act() -> None:
            nonlocal done
            if meanwhile is not None:
                await opened.wait()
                await to_thread.run_sync(meanwhile)
                done = True

        async with app.router.lifespan_context(app):
            with anyio.fail_after(LIMIT_S):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(act)
                    await app(scope, receive, send)
        return text

    return anyio.run(run)


def changes_in(stream: str) -> list[tuple[int, dict[str, Any]]]:
    """(id, data) of each numbered event."""
    found = []
    for block in stream.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if lines.get("event") == "change":
            found.append((int(lines["id"]), json.loads(lines["data"])))
    return found
