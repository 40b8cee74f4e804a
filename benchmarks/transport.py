"""Frames a second between two processes, 1920 x 1080: ipc, and tcp with CURVE; raw as the rig sends them, and as JPEG.

    openlfr bench transport

Raw is the rig's own path: `wire.sender.FrameSender` in one process, `wire.frames.FrameReceiver` in the other, lossless,
four frames on their way at most. The same picture is sent again and again, nothing is decoded from a video and nobody
looks at it. JPEG goes over the same sockets with the same window; encoding in the one process and decoding in the other
are counted, because pixels are what a capture process has and a worker needs. Both processes run on this machine: over
a real network its own rate is the limit, 6.2 MB a frame raw.

How to read it: `memcpy` is one copy of such a frame within a process, the least that could be asked of a transport.
CPU ms is that of both processes for each frame. MB/s is of what went through the socket.
"""

import argparse
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import zmq
from numpy.typing import NDArray

from benchmarks.arguments import at_least
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result, spread
from benchmarks.turns import Ran, apart, in_turns
from wire.clock import SystemClock
from wire.frames import WINDOW, Ended, FrameReceiver, ReceivedFrame
from wire.keys import load_keys, make_keys
from wire.mailbox import Mailbox, Picture
from wire.messages import Credit, Frame
from wire.sender import FrameSender
from wire.sockets import Rejected, Wire, receive, send

SIZE = (1920, 1080)
CAMERA, SESSION, WORKER = "bench", "bench", "worker"
JPEG_QUALITY = 90
PATIENCE_S = 60.0
WAIT_MS = 50
KINDS = ("memcpy", "ipc raw", "tcp+CURVE raw", "ipc JPEG", "tcp+CURVE JPEG")
QUICK_FRAMES, USUAL_FRAMES = 60, 300


def scene(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture about as hard to compress as a street: shapes, edges and the grain of a sensor. Width and height."""
    draw = np.random.default_rng(1)
    width, height = size
    coarse = draw.integers(0, 256, (max(2, height // 40), max(2, width // 40), 3), np.uint8)
    shapes = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return np.asarray(np.clip(shapes + draw.normal(0, 3, shapes.shape), 0, 255), np.uint8)


def memcpy(frames: int, size: tuple[int, int]) -> dict[str, Any]:
    """One copy a frame, into memory that was written before."""
    picture = scene(size)
    into = picture.copy()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(frames):
        np.copyto(into, picture)
    return {
        "frames": frames,
        "timed": frames,
        "dropped": 0,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "bytes": frames * picture.nbytes,
    }


def sending(endpoint: str, keys: str | None, jpeg: bool, frames: int, size: tuple[int, int]) -> dict[str, Any]:
    """The capture side."""
    picture = scene(size)
    with Wire(load_keys(Path(keys), "capture") if keys else None) as wire:
        return (_send_jpeg if jpeg else _send_raw)(wire, endpoint, WORKER if keys else None, frames, picture)


def receiving(endpoint: str, keys: str | None, jpeg: bool, frames: int) -> dict[str, Any]:
    """The worker's side; the clock runs from the first frame's arrival to the last's: all but the first are timed."""
    with Wire(load_keys(Path(keys), WORKER) if keys else None) as wire:
        return (_take_jpeg if jpeg else _take_raw)(wire, endpoint, frames)


def _send_raw(wire: Wire, endpoint: str, server: str | None, frames: int, picture: NDArray[np.uint8]) -> dict[str, Any]:
    mailbox = Mailbox(lossless=True)
    sender = FrameSender(
        wire, endpoint, mailbox, SystemClock(), camera=CAMERA, session=SESSION, recorded=True, server=server
    )

    def read() -> None:
        for number in range(frames):
            if not mailbox.put(Picture(number, 0, 25.0, picture)):
                return
        mailbox.finish(frames)

    reader = threading.Thread(target=read)
    cpu, until = time.process_time(), time.monotonic() + PATIENCE_S
    reader.start()
    try:
        while not sender.finished and time.monotonic() < until:
            sender.pump(WAIT_MS)
    finally:
        mailbox.close()
        reader.join()
    return {"sent": sender.sent, "dropped": sender.dropped, "cpu_s": time.process_time() - cpu}


def _take_raw(wire: Wire, endpoint: str, frames: int) -> dict[str, Any]:
    receiver = FrameReceiver(wire, endpoint, SystemClock())
    until, began, cpu, taken, size = time.monotonic() + PATIENCE_S, 0.0, 0.0, 0, 0
    while time.monotonic() < until:
        received = receiver.next(WAIT_MS)
        if isinstance(received, ReceivedFrame):
            if not taken:
                began, cpu = time.perf_counter(), time.process_time()
            taken, size = taken + 1, size + (received.pixels.nbytes if taken else 0)
            receiver.done(received)
        elif isinstance(received, Ended):
            wall_s = time.perf_counter() - began
            receiver.done(received)
            cpu_s = time.process_time() - cpu
            # The end's acknowledgement is on its way: without it the other side would wait for it.
            receiver.next(WAIT_MS)
            return {"frames": taken, "timed": taken - 1, "wall_s": wall_s, "cpu_s": cpu_s, "bytes": size}
    raise BenchmarkError(f"transport: only {taken} of {frames} frames came in {PATIENCE_S:.0f} s")


def _send_jpeg(
    wire: Wire, endpoint: str, server: str | None, frames: int, picture: NDArray[np.uint8]
) -> dict[str, Any]:
    socket = wire.connect(zmq.DEALER, endpoint, server)
    height, width, _ = picture.shape
    cpu, until, sent, acked = time.process_time(), time.monotonic() + PATIENCE_S, 0, -1
    rejected = Rejected()
    while acked < frames - 1 and time.monotonic() < until:
        while sent < frames and sent - acked <= WINDOW:
            coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
            frame = Frame(
                camera=CAMERA,
                session=SESSION,
                seq=sent,
                captured_at=0,
                height=height,
                width=width,
                recorded=True,
                dropped=0,
                fps=25.0,
            )
            while not send(socket, frame, (coded.data.cast("B"),)) and time.monotonic() < until:
                socket.poll(WAIT_MS, zmq.POLLOUT)
            sent += 1
        socket.poll(WAIT_MS)
        while (heard := receive(socket, rejected)) is not None:
            if isinstance(heard.message, Credit):
                acked = heard.message.acked
    return {"sent": sent, "dropped": 0, "cpu_s": time.process_time() - cpu}


def _take_jpeg(wire: Wire, endpoint: str, frames: int) -> dict[str, Any]:
    socket = wire.bind(zmq.ROUTER, endpoint)
    until, began, cpu, taken, size = time.monotonic() + PATIENCE_S, 0.0, 0.0, 0, 0
    rejected = Rejected()
    while taken < frames and time.monotonic() < until:
        socket.poll(WAIT_MS)
        while (heard := receive(socket, rejected)) is not None:
            if not taken:
                began, cpu = time.perf_counter(), time.process_time()
            (coded,) = heard.parts
            pixels = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
            assert pixels is not None
            send(socket, Credit(session=SESSION, acked=taken, window=WINDOW), peer=heard.peer)
            taken, size = taken + 1, size + (len(coded) if taken else 0)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    if taken < frames:
        raise BenchmarkError(f"transport: only {taken} of {frames} frames came in {PATIENCE_S:.0f} s")
    socket.poll(WAIT_MS)
    return {"frames": taken, "timed": taken - 1, "wall_s": wall_s, "cpu_s": cpu_s, "bytes": size}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--frames", type=at_least(2), help=f"of each run (default: {USUAL_FRAMES})")
    parser.add_argument("--rounds", type=at_least(1), help="of each way (default: 3)")
    parser.add_argument("--width", type=at_least(16), default=SIZE[0])
    parser.add_argument("--height", type=at_least(16), default=SIZE[1])


def measure(options: argparse.Namespace) -> Result:
    frames = options.frames or (QUICK_FRAMES if options.quick else USUAL_FRAMES)
    rounds = options.rounds or (2 if options.quick else 3)
    size = (options.width, options.height)
    with tempfile.TemporaryDirectory(prefix="openlfr-") as name:
        folder = Path(name)
        make_keys(folder / "keys", ("capture", WORKER))

        def run(kind: str) -> Ran:
            if kind == "memcpy":
                return apart(memcpy, frames=frames, size=size)
            return _between(folder, kind, frames, size)

        runs = in_turns({kind: lambda kind=kind: run(kind) for kind in KINDS}, rounds)  # type: ignore[misc]
    rows: list[dict[str, Figure]] = []
    for kind, each in runs.items():
        found = [one.figures for one in each]
        if any(one["frames"] != frames or one["dropped"] for one in found):
            raise BenchmarkError(f"transport: {kind} lost frames: {found[-1]['frames']} of {frames} came")
        rows.append(
            {
                "way": kind,
                "frames": frames,
                "frames/s": spread([one["timed"] / one["wall_s"] for one in found]),
                "CPU ms": spread([1000 * one["cpu_s"] / one["timed"] for one in found]),
                "MB/s": spread([one["bytes"] / 1e6 / one["wall_s"] for one in found]),
            }
        )
    return new_result(
        "transport",
        f"{size[0]} x {size[1]} BGR frames from one process to another, beside one copy in memory",
        [Table("Every frame arrived, in order", rows)],
        rounds=rounds,
        notes=[f"JPEG at quality {JPEG_QUALITY} of a drawn picture with grain: encoded and decoded for each frame."],
    )


def _between(folder: Path, kind: str, frames: int, size: tuple[int, int]) -> Ran:
    """Both processes at once; the figures are the receiver's, with the sender's processor time and drops added."""
    way, _, code = kind.partition(" ")
    tcp = way.startswith("tcp")
    # A free port of this moment: the receiver opens it at once.
    endpoint = f"tcp://127.0.0.1:{_free_port()}" if tcp else f"ipc://{folder}/run/{code}"
    shared = {"endpoint": endpoint, "keys": folder / "keys" if tcp else None, "jpeg": code == "JPEG", "frames": frames}
    with ThreadPoolExecutor(2) as both:
        receiver = both.submit(apart, receiving, **shared)
        sender = both.submit(apart, sending, size=size, **shared)
        ran, sent = receiver.result(), sender.result()
    figures = dict(ran.figures)
    figures["cpu_s"] += sent.figures["cpu_s"]
    figures["dropped"] = sent.figures["dropped"]
    return Ran(figures, ran.wall_s, ran.cpu_s + sent.cpu_s, ran.peak_mib)


def _free_port() -> int:
    with zmq.Context() as context, context.socket(zmq.PULL) as tried:
        return tried.bind_to_random_port("tcp://127.0.0.1")
