"""A real stream: ffmpeg encodes a clip in a loop, GStreamer's RTSP server serves it, watcher and worker play it."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capture.settings import CaptureSettings
from tests.capture.conftest import write_video
from tests.capture.watching import Watched, watched
from wire.clock import SystemClock
from wire.frames import FrameReceiver
from wire.sockets import Wire

pytestmark = pytest.mark.rig

SERVER = Path(__file__).parent / "rtsp_server.py"
PYTHON = "/usr/bin/python3"
"""Debian's own: its GStreamer bindings are not in the project's environment."""
BACK_WITHIN_S = 5.0
"""What the rig promises, from the moment the server accepts again."""


def require_packages() -> None:
    need = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    there = Path(PYTHON).exists() and shutil.which("ffmpeg") is not None
    if not there or subprocess.run([PYTHON, "-c", need], capture_output=True, check=False).returncode:
        pytest.skip(
            "needs Debian's ffmpeg, python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good, "
            "gstreamer1.0-plugins-bad and gstreamer1.0-rtsp"
        )


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


class Server:
    def __init__(self, rtp_port: int) -> None:
        self.port = free_port(socket.SOCK_STREAM)
        self._arguments = [PYTHON, str(SERVER), str(self.port), str(rtp_port)]
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def start_again(self) -> None:
        self.process = self._start()


@contextmanager
def stream(folder: Path) -> Iterator[Server]:
    clip = write_video(folder / "clip.mp4")
    rtp_port = free_port(socket.SOCK_DGRAM)
    feed = ["ffmpeg", "-loglevel", "quiet", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(clip), "-c:v", "libx264"]
    feed += ["-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25", "-x264-params"]
    feed += ["repeat-headers=1", "-f", "rtp", "-payload_type", "96", f"rtp://127.0.0.1:{rtp_port}"]
    feeder = subprocess.Popen(feed, stdout=subprocess.DEVNULL)
    server = Server(rtp_port)
    try:
        yield server
    finally:
        server.kill()
        feeder.kill()
        feeder.wait()


def time_to_new_session(north: Watched, receiver: FrameReceiver, old: str) -> tuple[float, str]:
    """Seconds until the worker has a frame of another capture session, and that session."""
    began = time.monotonic()
    while True:
        header = north.next_frame(receiver).header
        if header.session != old:
            return time.monotonic() - began, header.session


def test_a_stream_that_was_cut_or_hung_five_times_is_back_each_time(tmp_path: Path) -> None:
    require_packages()
    times = []
    with stream(tmp_path) as server, Wire() as wire:
        source = f"rtsp://joe:hunter2@127.0.0.1:{server.port}/live"
        settings = CaptureSettings(camera="north", source=source, endpoint=f"ipc://{tmp_path}/frames")
        with watched(settings) as north:
            receiver = FrameReceiver(wire, settings.endpoint, SystemClock())
            first = north.next_frame(receiver)
            assert first.pixels.shape == (96, 128, 3)
            assert not first.header.recorded
            session = first.header.session
            for cut in range(5):
                north.until(lambda: north.watcher.state == "live")
                hangs = cut % 2 == 1
                if hangs:
                    server.process.send_signal(signal.SIGSTOP)  # a read that gets no answer blocks
                else:
                    server.kill()
                north.until(lambda: north.watcher.state == "stale")
                # Long enough away for the longest pause between two tries.
                tries = north.watcher.restarts
                north.until(lambda tries=tries: north.watcher.restarts >= tries + 2)  # type: ignore[misc]
                if hangs:
                    server.process.send_signal(signal.SIGCONT)
                else:
                    server.start_again()
                seconds, session = time_to_new_session(north, receiver, session)
                times.append(round(seconds, 2))
            north.until(lambda: north.watcher.state == "live")
    print(f"seconds until frames were back: {times}")
    assert set(north.names) == {"live", "stale"}
    assert all("hunter2" not in detail for _, detail in north.states)
    assert max(times) < BACK_WITHIN_S, f"seconds until frames were back: {times}"


def test_a_worker_too_slow_for_a_stream_sees_the_newest_frames_and_every_drop_is_counted(tmp_path: Path) -> None:
    require_packages()
    with stream(tmp_path) as server, Wire() as wire:
        settings = CaptureSettings(
            camera="north", source=f"rtsp://127.0.0.1:{server.port}/live", endpoint=f"ipc://{tmp_path}/frames"
        )
        with watched(settings) as north:
            receiver = FrameReceiver(wire, settings.endpoint, SystemClock())
            for taken in range(1, 9):
                header = north.next_frame(receiver).header
                assert taken + header.dropped + receiver.dropped("north") == header.seq + 1
                read = north.watcher.frames
                north.until(lambda read=read: north.watcher.frames >= read + 10)  # type: ignore[misc]
    assert header.dropped > 0
    assert north.names == ["live"]
