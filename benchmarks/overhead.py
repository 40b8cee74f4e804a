"""The replay's time over the time of the model calls that it made, alone: what everything else costs.

    openlfr bench overhead

A replay of each clip (as in `benchmarks.pipeline`) notes every call of a model: which, the shape of its batch, how long
it took. A second process then makes the same calls in the same order, with the same session settings and threads, and
does nothing else. Both in turns. The models are loaded and tried before the clock starts, on both sides.

How to read it: `overhead` is the replay's seconds, from the start of the capture process to the last frame's end, by
the seconds of the calls alone: 1.00 would be a rig that costs nothing. `from first frame` leaves out the start of the
capture process (Python, OpenCV, opening the video), which a rig pays once. `in the replay` is what the same calls took
there: by how much they are slower is what decoding on the other core and colder caches take from them. All that is
decoding, transport, tracking, alignment and search beside the calls is the rest: the last table says where it goes, in
milliseconds a frame of the worker's own clock (`inference.stages`). `waiting` is from one frame's end to the next one's
beginning: for the capture process, the lease, the report.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.arguments import at_least
from benchmarks.clips import CLIPS, prepare
from benchmarks.report import BenchmarkError, Figure, Result, Table, cores, new_result, ratios, spread
from benchmarks.turns import Ran, apart, in_turns
from inference.stages import STAGES, VARIABLE, FrameTimes, read_log

QUICK_FRAMES = 40
QUICK_CLIPS = ("sitcom-table", "street-arcade")
WARM = 3

Call = tuple[str, tuple[int, int, int, int]]
"""`detector` or `recogniser`, and the shape of the batch."""


def replayed(video: str, listed: str, pack: str, threshold: float, threads: int, frames: int) -> dict[str, Any]:
    """One replay in this process, with its model calls in order."""
    from benchmarks.pipeline import SIZE
    from inference.catalogue import find_pack
    from inference.model_calls import listen
    from inference.reader import open_models
    from inference.sessions import SessionSettings
    from inference.settings import PipelineSettings
    from inference.threads import limit_threads
    from rig.replay import replay
    from watchlist.list_file import load_list

    limit_threads(1)
    models = open_models(find_pack(pack), SessionSettings(threads=threads))
    watchlist = load_list(Path(listed), contract=models.pack.contract)
    calls: list[tuple[str, tuple[int, ...], int]] = []
    first_at = 0

    def note(label: str, shape: tuple[int, ...], took_ns: int) -> None:
        nonlocal first_at
        first_at = first_at or time.monotonic_ns() - took_ns
        calls.append((label.rsplit(" ", 1)[-1], shape, took_ns))

    listen(note)
    settings = PipelineSettings(threshold=threshold, detector_size=SIZE)
    with tempfile.TemporaryDirectory(prefix="openlfr-") as folder:
        log = Path(folder) / "stages"
        os.environ[VARIABLE] = str(log)
        played = replay(Path(video), models, watchlist, settings, frames=frames)
        times = read_log(log)
    found = played.outcome
    of_model = {name: sum(took for model, _, took in calls if model == name) for name in ("detector", "recogniser")}
    return {
        "frames": found.frames,
        "dropped": found.dropped,
        "wall_s": found.wall_s,
        "from_first_s": (played.ended_at - first_at) / 1e9,
        "calls": [(model, shape) for model, shape, _ in calls],
        "calls_s": sum(of_model.values()) / 1e9,
        "parts_ms": {part: ns / 1e6 / len(times) for part, ns in parts(times, of_model).items()},
    }


def parts(times: Sequence[FrameTimes], of_model: dict[str, int]) -> dict[str, int]:
    """Nanoseconds over all frames: each stage, those with a model without its calls, and what is between them."""
    stages = {stage: sum(one.ns[stage] for one in times) for stage in STAGES}
    worked = sum(one.done_at - one.taken_at for one in times)
    waited = sum(after.taken_at - before.done_at for before, after in itertools.pairwise(times))
    return {
        "detector's calls": of_model["detector"],
        "recogniser's calls": of_model["recogniser"],
        "detect, beside the call": stages.pop("detect") - of_model["detector"],
        "embed, beside the call": stages.pop("embed") - of_model["recogniser"],
        **stages,
        "report, sight, tiles": worked - sum(sum(one.ns.values()) for one in times),
        "waiting": waited,
    }


def alone(calls: list[Call], pack: str, threads: int) -> dict[str, Any]:
    """The same calls, and nothing else."""
    import numpy as np

    from inference.catalogue import find_pack
    from inference.sessions import Session, SessionSettings
    from inference.threads import limit_threads

    limit_threads(1)
    chosen, settings = find_pack(pack), SessionSettings(threads=threads)
    draw = np.random.default_rng(1)
    sessions, batches = {}, {}
    for name, part in (("detector", chosen.detector), ("recogniser", chosen.recogniser)):
        sessions[name] = Session(chosen.model_bytes(part), settings, part.input, name)
    for name, shape in {(name, tuple(shape)) for name, shape in calls}:
        batches[shape] = draw.standard_normal(shape, np.float32)
        for _ in range(WARM):
            sessions[name].run(batches[shape])
    began = time.perf_counter()
    for name, shape in calls:
        sessions[name].run(batches[tuple(shape)])
    return {"wall_s": time.perf_counter() - began, "calls": len(calls)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", action="append", choices=CLIPS, help="may be repeated (default: all)")
    parser.add_argument("--pack", default="lab-mbf")
    parser.add_argument("--threads", type=at_least(1), help="of a model session (default: one a core)")
    parser.add_argument("--rounds", type=at_least(1), help="of each side (default: 3)")
    parser.add_argument("--frames", type=at_least(1), help="only so many of each clip")


def measure(options: argparse.Namespace) -> Result:
    from inference.catalogue import find_pack
    from inference.reader import open_models
    from inference.threads import limit_threads

    pack = find_pack(options.pack)
    threads = options.threads or cores()
    rounds = options.rounds or (2 if options.quick else 3)
    limit_threads(1)
    models = open_models(pack)
    rows: list[dict[str, Figure]] = []
    times: list[dict[str, Figure]] = []
    of_parts: dict[str, dict[str, Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="openlfr-") as name:
        for clip_name in options.clip or (QUICK_CLIPS if options.quick else CLIPS):
            clip = prepare(clip_name, models, Path(name), options.frames or (QUICK_FRAMES if options.quick else None))
            arguments: dict[str, Any] = {
                "video": clip.video.path,
                "listed": clip.listed,
                "pack": pack.folder,
                "threshold": pack.threshold(clip.templates).value,
                "threads": threads,
                "frames": clip.frames,
            }
            heard: list[Call] = []

            def run_replay(given: dict[str, Any] = arguments, heard: list[Call] = heard) -> Ran:
                ran = apart(replayed, **given)
                heard[:] = ran.figures["calls"]
                return ran

            def run_alone(given: dict[str, Any] = arguments, heard: list[Call] = heard) -> Ran:
                return apart(alone, calls=heard, pack=given["pack"], threads=given["threads"])

            runs = in_turns({"replay": run_replay, "alone": run_alone}, rounds)
            ours, calls = ([run.figures for run in runs[side]] for side in ("replay", "alone"))
            if any(run["frames"] != clip.frames or run["dropped"] for run in ours):
                raise BenchmarkError(
                    f"{clip_name}: not every frame was analysed: {ours[-1]['frames']} of {clip.frames}"
                )
            counted = Counter(model for model, _ in heard)
            faces = sum(shape[0] for model, shape in heard if model == "recogniser")
            under = [run["wall_s"] for run in calls]
            rows.append(
                {
                    "clip": clip_name,
                    "frames": clip.frames,
                    "detector calls": counted["detector"],
                    "looks embedded": faces,
                    "overhead": ratios([run["wall_s"] for run in ours], under),
                    "from first frame": ratios([run["from_first_s"] for run in ours], under),
                }
            )
            times.append(
                {
                    "clip": clip_name,
                    "replay, s": spread([run["wall_s"] for run in ours]),
                    "calls alone, s": spread(under),
                    "in the replay, s": spread([run["calls_s"] for run in ours]),
                }
            )
            for part in ours[0]["parts_ms"]:
                each = spread([run["parts_ms"][part] for run in ours])
                of_parts.setdefault(part, {"part": part})[clip_name] = each
    return new_result(
        "overhead",
        f"the wall time of `openlfr replay` by that of the ONNX Runtime calls it made, alone, with {threads} threads "
        "a session",
        [Table("Overhead", rows), Table("Seconds", times), Table("Milliseconds a frame", list(of_parts.values()))],
        pack=pack,
        rounds=rounds,
    )
