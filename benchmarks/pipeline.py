"""Frames a second of `openlfr replay`'s pipeline beside the plain loop that a user would otherwise write.

    openlfr bench pipeline                                          three clips, three rounds
    openlfr bench pipeline --clip sitcom-table --rounds 5
    openlfr bench pipeline --peer insightface --peer uniface

Ours is the whole of `openlfr replay`: a capture process that decodes, frames over ZeroMQ, the worker; lossless, every
frame analysed. The peer's loop is `FaceAnalysis.get` on each frame, detection and recognition only, each face compared
with each entry (`benchmarks.peers`). Both have the same pack, side of the detector's input, list, threshold and threads
of a model session. They run in turns, each in a process of its own. Loading the models is not counted on either side;
starting the capture process is.

Clips: sitcom-table (1280 x 720, 2 or 3 faces), street-arcade (1920 x 1080, up to 9 small faces, nobody listed) and a
drawn crowd (1920 x 1080, 20 faces in each frame, half of the listed people walk by).

How to read it: `times as fast` is the peer's seconds by ours in the same round. CPU ms is processor time a frame, the
capture process included. `missed` counts passes of listed people without any alert, `false` people that an alert named
who were not there: speed counts only where neither is worse than the peer's. Ours embeds most when people are new in
the picture, so the beginning of a clip, as with --quick, shows less than the whole of it.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.arguments import at_least
from benchmarks.clips import CLIPS, Clip, prepare
from benchmarks.peers import PEERS
from benchmarks.report import BenchmarkError, Figure, Result, Table, cores, new_result, ratios, spread
from benchmarks.turns import Ran, apart, in_turns

OURS = "openlfr"
SIZE = 640
QUICK_FRAMES = {"sitcom-table": 100, "street-arcade": 40, "crowd": 16}


def ours(video: str, listed: str, pack: str, threshold: float, threads: int, frames: int) -> dict[str, Any]:
    """One replay in this process."""
    from inference.catalogue import find_pack
    from inference.reader import open_models
    from inference.sessions import SessionSettings
    from inference.settings import PipelineSettings
    from inference.threads import limit_threads
    from rig.replay import replay
    from watchlist.list_file import load_list

    limit_threads(1)
    models = open_models(find_pack(pack), SessionSettings(threads=threads))
    watchlist = load_list(Path(listed), contract=models.pack.contract)
    settings = PipelineSettings(threshold=threshold, detector_size=SIZE)
    played = replay(Path(video), models, watchlist, settings, frames=frames)
    found = played.outcome
    return {
        "frames": found.frames,
        "dropped": found.dropped,
        "faces": found.faces,
        "wall_s": found.wall_s,
        "cpu_s": played.cpu_s,
        "alerts": [(alert.subject, alert.frame, alert.similarity) for alert in found.alerts],
    }


def plain(peer: str, video: str, listed: str, pack: str, threshold: float, threads: int, frames: int) -> dict[str, Any]:
    """A peer's loop over the clip in this process. OpenCV and BLAS have the threads that they choose."""
    import cv2
    import numpy as np

    from inference.catalogue import find_pack
    from watchlist.list_file import load_list

    chosen = find_pack(pack)
    watchlist = load_list(Path(listed), contract=chosen.contract)
    opened = PEERS[peer](chosen, watchlist, threshold, SIZE, threads)
    labels = [subject.label for subject in watchlist.subjects]
    capture = cv2.VideoCapture(video)
    played = faces = 0
    alerts = []
    began, cpu = time.perf_counter(), time.process_time()
    while played < frames:
        read, picture = capture.read()
        if not read:
            break
        found = opened.best(np.asarray(picture, np.uint8))
        alerts += [(labels[who], played, score) for who, score in found if score >= opened.threshold]
        faces += len(found)
        played += 1
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return {"frames": played, "dropped": 0, "faces": faces, "wall_s": wall_s, "cpu_s": cpu_s, "alerts": alerts}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", action="append", choices=CLIPS, help="may be repeated (default: all)")
    parser.add_argument("--peer", action="append", choices=tuple(PEERS), help="may be repeated (default: insightface)")
    parser.add_argument("--pack", default="lab-mbf", help="one that the peers can load: an SCRFD detector")
    parser.add_argument("--threads", type=at_least(1), help="of a model session (default: one a core)")
    parser.add_argument("--rounds", type=at_least(1), help="of each side (default: 3)")
    parser.add_argument("--frames", type=at_least(1), help="only so many of each clip")


def measure(options: argparse.Namespace) -> Result:
    from inference.catalogue import find_pack
    from inference.reader import open_models
    from inference.threads import limit_threads

    pack = find_pack(options.pack)
    peers = options.peer or ["insightface"]
    rounds = options.rounds or (2 if options.quick else 3)
    threads = options.threads or cores()
    limit_threads(1)
    models = open_models(pack)
    speed: list[dict[str, Figure]] = []
    found: list[dict[str, Figure]] = []
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="openlfr-") as name:
        for clip_name in options.clip or CLIPS:
            frames = options.frames or (QUICK_FRAMES[clip_name] if options.quick else None)
            clip = prepare(clip_name, models, Path(name), frames)
            arguments = {
                "video": clip.video.path,
                "listed": clip.listed,
                "pack": pack.folder,
                "threshold": pack.threshold(clip.templates).value,
                "threads": threads,
                "frames": clip.frames,
            }
            runs: dict[str, list[Ran]] = {}
            for peer in peers:
                # Each peer has ours beside it in the same rounds: what is compared ran in turns.
                def run_ours(given: dict[str, Any] = arguments) -> Ran:
                    return apart(ours, **given)

                def run_peer(given: dict[str, Any] = arguments, peer: str = peer) -> Ran:
                    return apart(plain, peer=peer, **given)

                try:
                    runs = in_turns({OURS: run_ours, peer: run_peer}, rounds)
                except BenchmarkError as error:
                    missing[peer] = str(error)
                    continue
                check_complete(clip, runs)
                speed += _speed(clip, runs, peer)
                found += _found(clip, runs)
    if not speed:
        raise BenchmarkError("; ".join(missing.values()))
    tables = [
        Table("Throughput, every frame analysed", speed),
        Table(
            "What was found, in the last round",
            found,
            "missed: passes of listed people without an alert; false: people named by an alert who were not there.",
        ),
    ]
    return new_result(
        "pipeline",
        f"`openlfr replay` against {', '.join(peer for peer in peers if peer not in missing)} on every face of every "
        f"frame; detector input {SIZE}, {threads} threads a model session",
        tables,
        pack=pack,
        rounds=rounds,
        notes=[f"Left out: {why}" for why in missing.values()],
    )


def check_complete(clip: Clip, runs: dict[str, list[Ran]]) -> None:
    """Raises BenchmarkError where a side did not analyse every frame: then nothing can be compared."""
    for side, each in runs.items():
        for run in each:
            if run.figures["frames"] != clip.frames or run.figures["dropped"]:
                played, dropped = run.figures["frames"], run.figures["dropped"]
                raise BenchmarkError(
                    f"{clip.name}: {side} analysed {played} of {clip.frames} frames and dropped {dropped}"
                )


def _speed(clip: Clip, runs: dict[str, list[Ran]], peer: str) -> list[dict[str, Figure]]:
    rows: list[dict[str, Figure]] = []
    for side, each in runs.items():
        walls, cpus = ([run.figures[key] for run in each] for key in ("wall_s", "cpu_s"))
        row: dict[str, Figure] = {
            "clip": clip.name,
            "side": side,
            "frames": clip.frames,
            "frames/s": spread([clip.frames / wall for wall in walls]),
            "CPU ms": spread([1000 * cpu / clip.frames for cpu in cpus]),
            "times as fast": None,
            "CPU, times less": None,
        }
        if side == OURS:
            theirs = [run.figures for run in runs[peer]]
            row["times as fast"] = ratios([one["wall_s"] for one in theirs], walls)
            row["CPU, times less"] = ratios([one["cpu_s"] for one in theirs], cpus)
        rows.append(row)
    return rows


def _found(clip: Clip, runs: dict[str, list[Ran]]) -> list[dict[str, Figure]]:
    rows: list[dict[str, Figure]] = []
    for side, each in runs.items():
        last = each[-1].figures
        missed, false = clip.judged(last["alerts"])
        rows.append(
            {
                "clip": clip.name,
                "side": side,
                "dropped": last["dropped"],
                "faces": last["faces"],
                "entries": clip.entries,
                "passes": len(clip.chances),
                "missed": missed,
                "false": false,
            }
        )
    return rows
