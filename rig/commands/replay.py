"""`openlfr replay`: the whole pipeline on one recorded video against a folder of pictures, lossless."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.reader import Models
    from inference.settings import PipelineSettings
    from rig.commands import Commands
    from watchlist.entries import WatchList


def add(commands: "Commands") -> None:
    parser = commands.add_parser("replay", help="run the whole pipeline on one recorded video and print what it found")
    add_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write counters, passages and alerts there")
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", type=Path, help="a video file, a GIF or a folder of pictures")
    parser.add_argument("--enrol", type=Path, required=True, metavar="DIR", help="folder of <identity>.jpg pictures")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument("--threshold", type=float, help="cosine similarity (default: the pack's own)")
    parser.add_argument("--threads", type=int, help="threads of each model session (default: one a core)")


def prepare(options: argparse.Namespace) -> "tuple[Models, WatchList, PipelineSettings]":
    """Pack, list and settings that the arguments ask for. Raises errors of `rig.failures.BAD_INPUTS`."""
    import os
    import sys

    from capture.sources import try_source
    from inference.sessions import SessionSettings
    from inference.settings import PipelineSettings
    from inference.threads import limit_threads
    from records.times import utc_now
    from rig.enrolment import enrol_folder, report_rejected
    from rig.failures import UsageError
    from watchlist.list_file import build_list

    threshold = options.threshold
    if threshold is not None and not -1.0 <= threshold <= 1.0:
        raise UsageError(f"--threshold is a cosine from -1 to 1, not {threshold}")
    threads = options.threads or os.cpu_count() or 1
    if threads < 1:
        raise UsageError(f"--threads must be at least 1, not {threads}")
    try_source(f"file:{options.video}")
    limit_threads(1)
    models, enrolment = enrol_folder(options.enrol, options.pack, SessionSettings(threads=threads))
    report_rejected(enrolment)
    watchlist = build_list(enrolment, contract=models.pack.contract, created_at=utc_now())
    if threshold is None:
        found = models.pack.threshold(len(watchlist.templates))
        print(f"threshold {found.value:.3f}: {found.origin}", file=sys.stderr)
        threshold = found.value
    return models, watchlist, PipelineSettings(threshold=threshold)


def run(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from rig.outcome import write_json
    from rig.replay import replay

    models, watchlist, settings = prepare(options)
    outcome = replay(options.video, models, watchlist, settings).outcome
    table = Table("alert", "frame", "track", "similarity", box=None, pad_edge=False)
    for alert in outcome.alerts:
        table.add_row(alert.subject, str(alert.frame), str(alert.track), f"{alert.similarity:.3f}")
    if outcome.alerts:
        Console().print(table)
    rate = outcome.frames / max(outcome.wall_s, 1e-9)
    print(f"{len(outcome.alerts)} alerts in {len(outcome.passages)} passages, {outcome.faces} faces")
    print(f"{outcome.frames} frames in {outcome.wall_s:.1f} s ({rate:.1f} a second), {outcome.dropped} dropped")
    print(f"threshold {outcome.threshold:.3f}, search by {outcome.engine}, pack {outcome.pack}")
    if options.json is not None:
        write_json(options.json, outcome)
    return 0
