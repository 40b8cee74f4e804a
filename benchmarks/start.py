"""From `openlfr run` to the first frame that was searched.

    openlfr bench start
    openlfr bench start --entries 20000

A real rig: all its processes, one camera that plays a drawn clip, a test deployment with volunteers. The clock runs
from the start of the command to the arrival of the first tile, which the worker makes of a frame that it searched; a
listener waits for it at the worker's tile socket, and asks again every 10 ms whether that is there. Before a frame is
searched the pack is read, the models are loaded, the self-check on a known face is passed, the list is opened, the
search engine chosen (which builds and tests HNSW where the list is long enough for that), and a lease taken.

How to read it: `new rig` also makes its record, takes up the deployment and seals the list; `again` is the same rig
started once more, as after a power cut. `page` is when the tablet's page answered. Entries beyond the two of the clip
are random templates with a small portrait. Each round begins with a new rig.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zmq

from benchmarks.arguments import at_least
from benchmarks.lists import PORTRAIT, invented, save, together
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result, spread
from benchmarks.rigs import free_port, write_rig
from benchmarks.turns import ROOT
from inference.pack import Pack
from rig.config import load
from wire.messages import Tile, decode

USUAL, QUICK = (2, 9_756), (2, 1_000)
CLIP_S = 4.0
CAMERA = "street"
PATIENCE_S = 600.0
LEAVES_WITHIN_S = 30.0
LOOK_EVERY_MS = 10


@dataclass
class Started:
    """Seconds since the command was started; None while it has not happened."""

    searched_s: float | None = None
    page_s: float | None = None
    said: list[str] = field(default_factory=list)


def prepare(folder: Path, pack: Pack, entries: int, clip: Path) -> Path:
    """A rig file, with a list of the clip's own two people and as many others as make it so long."""
    from inference.reader import Reader, open_models
    from inference.threads import limit_threads
    from rig.walkby import enrol as draw_pictures
    from watchlist.enrolment import enrol
    from watchlist.pictures import find_pictures

    limit_threads(1)
    (folder / "pictures").mkdir(parents=True)
    draw_pictures(folder / "pictures")
    listed = enrol(find_pictures(folder / "pictures"), Reader(open_models(pack)))
    others = entries - len(listed.subjects)
    if others > 0:
        grey = np.full((PORTRAIT[1], PORTRAIT[0], 3), 128, np.uint8)
        portrait = bytes(cv2.imencode(".jpg", grey)[1])
        listed = together(listed, invented(others, lambda _: portrait, pack.recogniser.embedding_size))
    save(listed, pack, folder / "list")
    return write_rig(folder, folder / "list", pack, {CAMERA: clip}, pace="true", port=free_port())


def start(rig_file: Path) -> Started:
    """Start the rig, wait for its first tile and for its page, stop it. Raises BenchmarkError."""
    config = load(rig_file)
    found = Started()
    with zmq.Context() as context, context.socket(zmq.SUB) as tiles:
        tiles.setsockopt(zmq.RECONNECT_IVL, LOOK_EVERY_MS)
        tiles.subscribe(b"")
        tiles.linger = 0
        tiles.connect(config.tiles_address)
        began = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "-m", "rig", "run", str(rig_file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"OPENLFR_LOG": "WARNING"},
        )
        # Read all the time: a pipe that is full stops its writer.
        hearing = threading.Thread(target=_hear, args=(running, found.said))
        page = f"http://127.0.0.1:{config.tablet.port}/"
        looking = threading.Thread(target=_look_for_page, args=(page, running, began, found))
        for thread in (hearing, looking):
            thread.start()
        try:
            while (found.searched_s is None or found.page_s is None) and time.perf_counter() - began < PATIENCE_S:
                if running.poll() is not None:
                    break
                if tiles.poll(LOOK_EVERY_MS):
                    at = time.perf_counter() - began
                    if isinstance(decode(tiles.recv_multipart(copy=False)[0].buffer), Tile):
                        found.searched_s = found.searched_s or at
        finally:
            _stop(running)
            for thread in (hearing, looking):
                thread.join()
            assert running.stderr is not None
            running.stderr.close()
    if found.searched_s is None or found.page_s is None:
        last = found.said[-1] if found.said else "it said nothing"
        raise BenchmarkError(f"start: the rig searched no frame: {last}")
    return found


def _hear(running: "subprocess.Popen[str]", said: list[str]) -> None:
    assert running.stderr is not None
    said.extend(line.strip() for line in running.stderr if line.strip())


def _look_for_page(page: str, running: "subprocess.Popen[str]", began: float, found: Started) -> None:
    while found.page_s is None and running.poll() is None and time.perf_counter() - began < PATIENCE_S:
        try:
            with urllib.request.urlopen(page, timeout=PATIENCE_S):
                found.page_s = time.perf_counter() - began
        except OSError:
            time.sleep(LOOK_EVERY_MS / 1000)


def _stop(running: "subprocess.Popen[str]") -> None:
    if running.poll() is None:
        running.send_signal(signal.SIGTERM)
    try:
        running.wait(LEAVES_WITHIN_S)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--entries", type=at_least(1), action="append", help=f"on the list (default: {USUAL}); may be repeated"
    )
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument("--rounds", type=at_least(1), help="default: 3")


def measure(options: argparse.Namespace) -> Result:
    from inference.catalogue import default_pack, find_pack
    from rig.walkby import make_clip

    pack = find_pack(options.pack) if options.pack else default_pack()
    rounds = options.rounds or (1 if options.quick else 3)
    rows: list[dict[str, Figure]] = []
    with tempfile.TemporaryDirectory(prefix="openlfr-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        clip = make_clip(folder / "clip" / "street.mp4", seconds=CLIP_S).video
        for entries in options.entries or (QUICK if options.quick else USUAL):
            each: dict[str, list[Started]] = {"new rig": [], "again": []}
            for _ in range(rounds):
                rig_file = prepare(folder / "rig", pack, entries, clip)
                for begun in each.values():
                    begun.append(start(rig_file))
                shutil.rmtree(folder / "rig")
            rows += [
                {
                    "start": how,
                    "entries": entries,
                    "first searched frame, s": spread([one.searched_s for one in begun if one.searched_s is not None]),
                    "page, s": spread([one.page_s for one in begun if one.page_s is not None]),
                }
                for how, begun in each.items()
            ]
    return new_result(
        "start",
        "from the start of `openlfr run` to the first frame that was searched",
        [Table("", rows)],
        pack=pack,
        rounds=rounds,
    )
