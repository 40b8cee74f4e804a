import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from capture.settings import CaptureSettings
from capture.sources import Recording, SourceError, open_source
from capture.watch import CaptureWatcher
from tests.capture.watching import watched, worker_process
from wire.clock import SystemClock
from wire.frames import FrameReceiver
from wire.sockets import Wire

pytestmark = pytest.mark.rig

MakeClip = Callable[[str, int], Path]


def settings(folder: Path, source: str, **changes: object) -> CaptureSettings:
    fields: dict[str, object] = {"camera": "north", "source": source, "endpoint": f"ipc://{folder}/frames"}
    return CaptureSettings(**(fields | changes))  # type: ignore[arg-type]


def sums_of(clip: Path) -> list[tuple[int, int]]:
    """Number and checksum of each picture of a video."""
    source = open_source(Recording(clip))
    sums: list[tuple[int, int]] = []
    while (pixels := source.read()) is not None:
        sums.append((len(sums), zlib.crc32(pixels.data)))
    source.close()
    return sums


def done_by(notes: list[str]) -> list[tuple[int, int]]:
    words = [note.split() for note in notes]
    return [(int(number), int(total)) for _, number, total in words if number != "end"]


def capture_process_told(line: str) -> tuple[int, str, str]:
    """Exit code and both outputs of a capture process whose parent stays."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "capture"], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line)
        process.stdin.flush()
        words, errors = process.stdout.read(), process.stderr.read()
        return process.wait(), words, errors


def alive(pid: int) -> bool:
    """A process that ended but that nobody has asked about is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_recording_loses_no_frame_when_its_worker_is_killed(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("clip.mp4", 150)
    using = settings(tmp_path, f"file:{clip}", pace="fast")
    with worker_process(using.endpoint, tmp_path, 5) as worker, watched(using) as north:
        for done in (25, 75):
            north.until(lambda done=done: len(worker.notes()) >= done)  # type: ignore[misc]
            worker.kill()
            worker.start()
        north.until(lambda: north.watcher.state == "ended")
        notes = worker.notes()
    assert sorted(set(done_by(notes))) == sums_of(clip)
    assert notes[-1].split()[1:] == ["end", "150"]
    assert north.names == ["live", "ended"]


def test_a_recording_goes_on_where_it_was_when_its_capture_process_is_killed(
    tmp_path: Path, make_clip: MakeClip
) -> None:
    clip = make_clip("clip.mp4", 150)
    using = settings(tmp_path, f"file:{clip}", pace="fast")
    with worker_process(using.endpoint, tmp_path, 10) as worker, watched(using) as north:
        north.until(lambda: len(worker.notes()) >= 40 and north.watcher.state == "live")
        assert north.watcher.pid is not None
        os.kill(north.watcher.pid, signal.SIGKILL)
        north.until(lambda: north.watcher.state == "ended")
        notes = worker.notes()
    assert done_by(notes) == sums_of(clip)
    assert len({note.split()[0] for note in notes}) == 1
    assert north.names == ["live", "stale", "live", "ended"]


def test_a_recording_does_not_begin_anew_when_both_its_processes_are_killed(
    tmp_path: Path, make_clip: MakeClip
) -> None:
    clip = make_clip("clip.mp4", 150)
    using = settings(tmp_path, f"file:{clip}", pace="fast")
    with worker_process(using.endpoint, tmp_path, 10) as worker, watched(using) as north:
        north.until(lambda: len(worker.notes()) >= 60)
        assert north.watcher.pid is not None
        os.kill(north.watcher.pid, signal.SIGKILL)
        worker.kill()
        worker.start()
        north.until(lambda: north.watcher.state == "ended")
        notes = worker.notes()
    assert sorted(set(done_by(notes))) == sums_of(clip)
    assert [number for number, _ in done_by(notes)].count(0) == 1


def test_a_capture_process_that_hangs_is_noticed_and_replaced(tmp_path: Path, clip: Path) -> None:
    using = settings(tmp_path, f"file:{clip}", loop=True)
    with Wire() as wire, watched(using) as north:
        receiver = FrameReceiver(wire, using.endpoint, SystemClock())
        first = north.next_frame(receiver)
        north.until(lambda: north.watcher.state == "live")
        hung = north.watcher.pid
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        north.until(lambda: north.watcher.state == "stale")
        assert "no picture for" in north.watcher.detail
        assert not alive(hung)
        received = north.next_frame(receiver)
        while received.header.session == first.header.session:
            received = north.next_frame(receiver)
        north.until(lambda: north.watcher.state == "live")
        assert north.watcher.pid != hung
    assert north.names == ["live", "stale", "live"]
    assert north.watcher.restarts == 1


def test_a_source_that_waits_for_its_worker_is_well(tmp_path: Path, clip: Path) -> None:
    using = settings(tmp_path, f"file:{clip}", pace="fast")
    with watched(using) as north:
        beats: set[int | None] = set()
        north.until(lambda: north.watcher.state == "live")

        def beat_ten_times() -> bool:
            beats.add(north.watcher._beat_at)
            return len(beats) >= 12

        north.until(beat_ten_times)
        assert north.watcher.frames <= 2
        with Wire() as wire:
            receiver = FrameReceiver(wire, using.endpoint, SystemClock())
            assert north.next_frame(receiver).header.seq == 0
    assert north.names == ["live"]


def test_a_loop_begins_again_and_goes_on_counting(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("short.avi", 5)
    using = settings(tmp_path, f"file:{clip}", pace="fast", loop=True)
    sums = [total for _, total in sums_of(clip)]
    with Wire() as wire, watched(using) as north:
        receiver = FrameReceiver(wire, using.endpoint, SystemClock())
        frames = [north.next_frame(receiver) for _ in range(12)]
    assert [frame.header.seq for frame in frames] == list(range(12))
    assert [zlib.crc32(frame.pixels.data) for frame in frames] == [sums[seq % 5] for seq in range(12)]


def test_true_pace_is_never_faster_than_the_recording(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("clip.mp4", 26)
    using = settings(tmp_path, f"file:{clip}")
    with Wire() as wire, watched(using) as north:
        receiver = FrameReceiver(wire, using.endpoint, SystemClock())
        times = [north.next_frame(receiver).header.captured_at for _ in range(26)]
    # The first may have waited for its credit, at most until the pace begins anew.
    assert times[-1] - times[0] >= (25 / 25 - 0.5) * 1e9


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("file:/nowhere/clip.mp4", "file:/nowhere/clip.mp4: no such file or folder"),
        ("rtsp://joe:hunter2@:1/", "source 'rtsp://***@:1/': not a stream's address"),
        ("webcam", "source 'webcam': write usb:0"),
    ],
)
def test_a_source_that_cannot_be_is_one_line_and_exit_code_2(tmp_path: Path, source: str, message: str) -> None:
    told = f'{{"camera": "north", "source": "{source}", "endpoint": "ipc://{tmp_path}/frames"}}\n'
    code, words, errors = capture_process_told(told)
    assert code == 2
    assert len(words.splitlines()) == 1
    assert message in words
    assert errors == ""
    assert "hunter2" not in words


@pytest.mark.parametrize("told", ["\n", "nonsense\n", "{}\n", '{"camera": "a", "source": "usb:0", "colour": 1}\n'])
def test_settings_that_cannot_be_read_are_exit_code_2(told: str) -> None:
    code, words, _ = capture_process_told(told)
    assert code == 2
    assert "capture settings: " in words


def test_a_missing_recording_is_reported_and_not_tried_again(tmp_path: Path) -> None:
    with watched(settings(tmp_path, "file:/nowhere/clip.mp4")) as north:
        north.until(lambda: north.watcher.state == "failed")
        for _ in range(50):
            north.watcher.poll()
        assert north.watcher.pid is None
    assert north.states == [("failed", "file:/nowhere/clip.mp4: no such file or folder")]
    assert north.watcher.restarts == 0


def test_an_address_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="write usb:0"):
        CaptureWatcher(settings(tmp_path, "webcam"), SystemClock())


def test_a_stream_that_nobody_serves_is_tried_again_and_again(tmp_path: Path) -> None:
    with watched(settings(tmp_path, "rtsp://joe:hunter2@127.0.0.1:1/live")) as north:
        north.until(lambda: north.watcher.restarts >= 3)
    assert north.names == ["waiting"]
    assert north.watcher.detail.startswith("rtsp://***@127.0.0.1:1/live: no stream")


def test_a_password_is_nowhere_that_other_users_can_see(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = f"rtsp://joe:hunter2@127.0.0.1:{silent.getsockname()[1]}/live"
        using = settings(tmp_path, source)
        with watched(using) as north:
            north.watcher.poll()
            silent.settimeout(30)
            connection, _ = silent.accept()  # the process is now inside its opening of the stream
            process = Path(f"/proc/{north.watcher.pid}")
            shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            north.until(lambda: north.watcher.restarts == 1)
            connection.close()
    assert b"capture" in shown
    assert b"hunter2" not in shown
    for text in (repr(using), str(north.states), caplog.text):
        assert "hunter2" not in text


def test_stopping_ends_the_process(tmp_path: Path, clip: Path) -> None:
    with watched(settings(tmp_path, f"file:{clip}", loop=True)) as north:
        north.until(lambda: north.watcher.state == "live")
        pid = north.watcher.pid
        assert pid is not None
    assert not alive(pid)


def test_a_capture_process_does_not_outlive_its_parent(tmp_path: Path, clip: Path) -> None:
    program = """
import sys, time
from capture.settings import CaptureSettings
from capture.watch import CaptureWatcher
from wire.clock import SystemClock
settings = CaptureSettings(camera="a", source=sys.argv[1], endpoint=sys.argv[2], loop=True)
watcher = CaptureWatcher(settings, SystemClock())
while True:
    watcher.poll()
    if watcher.state == "live":
        print(watcher.pid, flush=True)
    time.sleep(0.05)
"""
    arguments = [sys.executable, "-c", program, f"file:{clip}", f"ipc://{tmp_path}/frames"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    with watched(settings(tmp_path, f"file:{clip}")) as other:
        other.until(lambda: not alive(child))


def test_a_recording_played_as_if_live_drops_what_a_slow_worker_leaves_and_counts_it(
    tmp_path: Path, make_clip: MakeClip
) -> None:
    using = settings(tmp_path, f"file:{make_clip('clip.mp4', 60)}", pace="live")
    with Wire() as wire, watched(using) as north:
        receiver = FrameReceiver(wire, using.endpoint, SystemClock())
        for taken in range(1, 4):
            header = north.next_frame(receiver).header
            assert not header.recorded
            assert taken + header.dropped + receiver.dropped("north") == header.seq + 1
            read = north.watcher.frames
            north.until(lambda read=read: north.watcher.frames >= read + 10)  # type: ignore[misc]
        assert header.dropped > 0

        def over() -> bool:
            received = receiver.next(0)
            if received is not None:
                receiver.done(received)
            return north.watcher.state == "ended"

        north.until(over)
    assert north.names == ["live", "ended"]
