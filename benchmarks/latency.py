"""Live latency: `sitcom-table` (720p) as a camera gives it, from a frame's capture to its alert stored, told, painted.

The video is played at 12 and at 25 frames a second to a whole rig. Told are where the time of a frame goes (the way to
the worker with the waiting there, then the worker's stages), how old frames are when they were searched, and how long
after its frame's capture an alert was stored, and told to the tablets' server. Beside it, in the same run, on the same
frames and alone: what the detector takes for a frame and the recogniser for a face. Issue 7 wants the 95th percentile
of the latency to be at most 4 times their sum, at 12 frames a second on two cores.

    openlfr bench latency
    openlfr bench latency --fps 12 --seconds 300 --paint       # with a tablet's page in a browser on this machine

A picture is captured when it was decoded; decoding is told apart. Alerts are judged "cannot tell" soon after they come,
so that the same people alert again.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import select

from alerts.counts import add_up
from alerts.decisions import adjudicate
from alerts.people import add_person
from benchmarks.alert_times import Told, alert_times
from benchmarks.data import data
from benchmarks.latency_tables import Alone, Played, tables
from benchmarks.lists import invented, save, together
from benchmarks.report import BenchmarkError, Result, new_result
from benchmarks.rigs import LiveRig, free_port, write_rig
from inference import model_calls
from inference.catalogue import default_pack, find_pack
from inference.pack import Pack
from inference.reader import Models, Reader, open_models
from inference.recogniser import align
from inference.stages import read_log
from inference.threads import limit_threads
from records.database import Database
from records.schema import Alert
from records.times import utc_now
from watchlist.enrolment import enrol
from watchlist.pictures import find_pictures

CLIP_FPS = 24.0
PASSWORD = "quiet marble stairway"
JUDGED_AFTER = timedelta(seconds=1.5)
"""Long enough for its card to be painted."""
ALONE_FRAMES = 60
QUICK_S = 27.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fps", type=float, nargs="+", default=[12.0, 25.0])
    parser.add_argument("--seconds", type=float, default=120.0, help="for each speed")
    parser.add_argument("--entries", type=int, default=1000, help="length of the list; all but six are invented")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument(
        "--paint", action="store_true", help="with a tablet's page in a browser, on the rig's own cores"
    )


def measure(options: argparse.Namespace) -> Result:
    seconds = min(options.seconds, QUICK_S) if options.quick else options.seconds
    pack = find_pack(options.pack) if options.pack else default_pack()
    models = open_models(pack)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="openlfr-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        real = enrol(find_pictures(data("videos", "sitcom-table", "enrol")), Reader(models))
        blank = bytes(cv2.imencode(".jpg", np.full((600, 480, 3), 128, np.uint8))[1])
        invented_too = invented(options.entries - len(real.subjects), lambda _: blank, real.templates.shape[1])
        save(together(real, invented_too), pack, folder / "list")
        played = [play(folder, pack, fps, seconds, options.paint) for fps in options.fps]
        alone = measure_alone(folder / f"{options.fps[0]:g}.mp4", models)
    return new_result(
        "latency",
        f"live, sitcom-table at {' and '.join(f'{fps:g}' for fps in options.fps)} frames a second for {seconds:g} s,"
        f" a list of {options.entries:,}",
        tables(played, alone),
        pack=pack,
        notes=[
            "Waiting is bounded: a camera holds one picture, two are on their way, and what is 500 ms old is dropped.",
        ],
    )


def play(folder: Path, pack: Pack, fps: float, seconds: float, paint: bool) -> Played:
    """One speed: a rig, one camera, and alerts as they come."""
    clip, home = folder / f"{fps:g}.mp4", folder / f"rig-{fps:g}"
    decode_ms = retime(data("videos", "sitcom-table", "sitcom_table.mp4"), clip, fps)
    home.mkdir()
    port = free_port()
    rig_file = write_rig(home, folder / "list", pack, {"camera": clip}, port=port)
    with ExitStack() as stack:
        rig = stack.enter_context(LiveRig(rig_file, home / "stages.jsonl"))
        told = stack.enter_context(Told(rig.config.changes_address))
        with rig.database.write() as session:
            reviewer = add_person(session, "reviewer", "operator", PASSWORD, utc_now()).id
            add_person(session, "officer", "operator", PASSWORD, utc_now())
        painted: Callable[[], dict[str, float]] = dict
        if paint:
            from benchmarks.tablet import open_tablet

            painted = stack.enter_context(open_tablet(f"http://127.0.0.1:{port}/", "officer", PASSWORD))
        ends_at = time.monotonic() + seconds

        def over() -> bool:
            judge(rig.database, reviewer)
            return time.monotonic() >= ends_at

        rig.start_cameras()
        rig.until(over, "the end of the clip", seconds + 30, 0.25)
        produced, overwritten = rig.produced(), sum(watcher.dropped for watcher in rig.watchers)
        rig.stop_cameras()
        rig.settle()
        return Played(
            fps=fps,
            decode_ms=decode_ms,
            frames=read_log(home / "stages.jsonl"),
            alerts=alert_times(rig.database, told),
            painted=painted(),
            counts=add_up(rig.counts()),
            produced=produced,
            overwritten=overwritten,
        )


def retime(video: Path, out: Path, fps: float) -> list[float]:
    """The same pictures at another speed, some left out where it is much lower. Returns what decoding each of the new
    file's pictures takes, milliseconds. Raises BenchmarkError."""
    source = cv2.VideoCapture(str(video))
    size = round(source.get(cv2.CAP_PROP_FRAME_WIDTH)), round(source.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    every = max(1, round(CLIP_FPS / fps))
    number = 0
    while (read := source.read())[0]:
        if number % every == 0:
            writer.write(read[1])
        number += 1
    writer.release()
    source.release()
    if number == 0:
        raise BenchmarkError(f"{video}: OpenCV cannot read it here")
    took = []
    source = cv2.VideoCapture(str(out))
    while True:
        began = time.perf_counter()
        if not source.read()[0]:
            break
        took.append(1000 * (time.perf_counter() - began))
    source.release()
    return took


def judge(database: Database, reviewer: str) -> None:
    """Every alert that has been there for a while, as a person who cannot tell."""
    with database.read() as session:
        old = select(Alert.id).where(Alert.state == "waiting", Alert.stored_at < utc_now() - JUDGED_AFTER)
        waiting = session.scalars(old).all()
    for alert in waiting:
        with database.write() as session:
            adjudicate(session, alert, reviewer, "cannot_tell", [], [], utc_now())


def measure_alone(clip: Path, models: Models) -> Alone:
    """Detector and recogniser on frames of the clip, with nothing else going on, and what their sessions took."""
    limit_threads(1)
    source = cv2.VideoCapture(str(clip))
    every = max(1, round(source.get(cv2.CAP_PROP_FRAME_COUNT) / ALONE_FRAMES))
    calls: list[tuple[str, int]] = []
    detect, embed = list[float](), list[float]()
    model_calls.listen(lambda label, shape, ns: calls.append((label, ns)))
    try:
        number = 0
        while (read := source.read())[0]:
            number += 1
            if number % every:
                continue
            frame = np.asarray(read[1], np.uint8)
            began = time.perf_counter()
            faces = models.detector.detect(frame)
            detect.append(1000 * (time.perf_counter() - began))
            for face in faces[:1]:
                crop = align(frame, face.landmarks)
                began = time.perf_counter()
                models.recogniser.embed([crop])
                embed.append(1000 * (time.perf_counter() - began))
    finally:
        model_calls.listen(None)
        source.release()
    if not embed:
        raise BenchmarkError(f"{clip.name}: no face was found in {len(detect)} frames")
    of_session: dict[str, list[float]] = {}
    for label, ns in calls:
        of_session.setdefault(label, []).append(ns / 1e6)
    sessions = {label: statistics.median(times) for label, times in of_session.items()}
    return Alone(len(detect), statistics.median(detect), statistics.median(embed), sessions)
