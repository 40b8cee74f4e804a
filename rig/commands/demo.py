"""`openlfr demo`: the whole rig on recorded video with two enrolled people, in a clearly marked test deployment."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("demo", help="the whole rig on recorded video, with the tablet page in your browser")
    parser.add_argument("--headless", action="store_true", help="no browser; ends after the clip and confirms nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write counters, passages and alerts at the end")
    parser.add_argument("--pack", help="name or folder of a model pack (default: starter)")
    parser.add_argument("--port", type=int, default=0, help="port of the tablet page (default: a free one)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rig.demo import demo

    return demo(headless=options.headless, json=options.json, pack=options.pack, port=options.port)
