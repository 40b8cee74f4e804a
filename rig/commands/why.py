"""`openlfr why`: passage by passage, why there was or was not an alert. For recorded test video only.

It takes a video file and pictures, never a rig, a deployment or a built list: there is no way to ask it about people
who passed a live camera.
"""

import argparse
from typing import TYPE_CHECKING

from rig.commands.replay import add_arguments, prepare

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("why", help="explain, passage by passage, why a test video gave no alert")
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from inference.explain import explain
    from rig.replay import replay

    models, watchlist, settings = prepare(options)
    replayed = replay(options.video, models, watchlist, settings)
    passages = replayed.passages
    table = Table("track", "frames", "looks", "why", box=None, pad_edge=False)
    for passage in sorted(passages, key=lambda passage: passage.first_frame):
        frames = f"{passage.first_frame}-{passage.last_frame}"
        table.add_row(str(passage.track), frames, str(passage.looks), explain(passage, settings, replayed.labels))
    Console().print(table)
    print(f"{len(passages)} passages, {len(replayed.outcome.alerts)} alerts, {replayed.outcome.frames} frames")
    return 0
