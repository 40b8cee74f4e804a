"""What makes the pages an app that can be installed: manifest and service worker. They hold nothing of a rig."""

import hashlib
import json
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

STATIC = Path(__file__).parent.parent / "static"
WORKER = Path(__file__).parent.parent / "service_worker.js"
OFFLINE = "/static/offline.html"


async def manifest(_request: Request) -> Response:
    return FileResponse(STATIC / "manifest.webmanifest", media_type="application/manifest+json")


async def service_worker(_request: Request) -> Response:
    """From the root: what it may serve are the pages of its own folder and below."""
    return Response(worker_text(), media_type="text/javascript")


@cache
def worker_text() -> str:
    """The worker, with the files of the shell, and a version that changes when one of them does."""
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    digest = hashlib.sha256(WORKER.read_bytes())
    for path in files:
        digest.update(path.read_bytes())
    shell = [f"/static/{path.relative_to(STATIC).as_posix()}" for path in files]
    known = {"VERSION": digest.hexdigest()[:16], "SHELL": shell, "OFFLINE": OFFLINE}
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    return constants + WORKER.read_text(encoding="utf-8")


ROUTES = [
    Route("/manifest.webmanifest", manifest, methods=["GET"]),
    Route("/sw.js", service_worker, methods=["GET"]),
]
