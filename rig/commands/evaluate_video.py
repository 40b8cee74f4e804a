"""`openlfr evaluate-video`: recorded videos with a truth in, TPIR by passage, false alerts, time to alert out."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.video_report import Report
    from rig.commands import Commands

DESCRIPTION = """\
Plays labelled videos through the pipeline of `openlfr replay` and compares its alerts with the truth: a CSV of the
columns video, frame_from, frame_to, identity, view, note. With --baseline the plain per-frame loop (insightface with
the same pack) sees the same pictures and the same list, and misses are compared at equal false alerts.
"""


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "evaluate-video",
        help="measure the pipeline on labelled videos: TPIR by passage, false alerts, time to alert",
        description=DESCRIPTION,
    )
    parser.add_argument("videos", type=Path, nargs="+", metavar="VIDEO_OR_FOLDER", help="a folder stands for its truth")
    parser.add_argument(
        "--truth", type=Path, action="append", metavar="CSV", help="who is seen when (default: truth.csv beside)"
    )
    parser.add_argument(
        "--enrol", type=Path, action="append", required=True, metavar="DIR", help="<identity>.jpg; may be repeated"
    )
    parser.add_argument(
        "--watchlist-images", type=Path, metavar="CSV", help="path,identity of others, to add to the list"
    )
    parser.add_argument("--add", type=int, default=0, metavar="N", help="how many of them, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1, help="of the people added (default: 1)")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument("--threshold", type=float, help="cosine similarity (default: the pack's own for this list)")
    parser.add_argument("--baseline", action="store_true", help="compare with the plain per-frame loop")
    parser.add_argument("--sweep", metavar="FROM:TO:STEP", help="thresholds to count misses at (0.20:0.50:0.01)")
    parser.add_argument(
        "--degrade", default="", metavar="RECIPE", help="as scale=0.5,blur=1.5,light=0.5,noise=5,jpeg=40"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the pipeline")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the figures there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from evaluation.video_degrade import read_recipe
    from evaluation.video_evaluation import SWEEP, evaluate_videos, read_sweep
    from evaluation.video_list import make_list
    from evaluation.video_loop import face_loop
    from evaluation.video_report import Report, write_html, write_json
    from evaluation.video_truth import labelled_videos
    from inference.catalogue import default_pack, find_pack
    from inference.reader import open_models
    from inference.sessions import SessionSettings
    from inference.threads import limit_threads
    from rig.enrolment import report_rejected
    from rig.pipeline_settings import changed_settings
    from rig.progress import progress

    threshold = _threshold(options.threshold)
    recipe, sweep = read_recipe(options.degrade), read_sweep(options.sweep or SWEEP)
    videos = labelled_videos(options.videos, options.truth or [])
    limit_threads(1)
    models = open_models(find_pack(options.pack) if options.pack else default_pack(), SessionSettings(threads=1))
    with progress("enrolling") as tick:
        listed = make_list(
            options.enrol,
            models,
            images=options.watchlist_images,
            add=options.add,
            leave_out={row.identity for video in videos for row in video.rows},
            seed=options.seed,
            progress=lambda done, total, _: tick(done, total),
        )
    report_rejected(listed.enrolment)
    origin = "as given"
    if threshold is None:
        threshold, origin = models.pack.threshold(listed.index.size)
    settings = changed_settings(threshold, options.set)
    loop = face_loop(models, settings.detector_size) if options.baseline else None
    with progress("evaluating") as tick:
        figures = evaluate_videos(videos, models, listed, settings, sweep=sweep, recipe=recipe, loop=loop, tick=tick)
        report = Report(
            pack=models.pack.name,
            contract=models.pack.contract,
            threshold_origin=origin,
            listed=len(listed.subjects),
            added=options.add,
            seed=options.seed,
            recipe=str(recipe),
            settings=settings,
            baseline=loop.origin if loop else None,
            figures=figures,
        )
    _show(report)
    if options.json is not None:
        write_json(options.json, report)
    if options.html is not None:
        write_html(options.html, report)
    return 0


def _threshold(given: float | None) -> float | None:
    from rig.failures import UsageError

    if given is not None and not -1.0 <= given <= 1.0:
        raise UsageError(f"--threshold is a cosine from -1 to 1, not {given}")
    return given


def _show(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    from evaluation.video_report import lines, rows_at_threshold, rows_equal

    for line in lines(report):
        print(line)
    console = Console()
    for rows in (rows_at_threshold(report), rows_equal(report)):
        if len(rows) > 1:
            table = Table(*rows[0], box=None, pad_edge=False)
            for row in rows[1:]:
                table.add_row(*row)
            print()
            console.print(table)
