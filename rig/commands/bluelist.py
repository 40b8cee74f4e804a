"""`openlfr bluelist`: volunteers of a test who walk past its cameras, and how many of them the rig found."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("bluelist", help="passes of a test's volunteers, and how many were found")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    importing = actions.add_parser(
        "import",
        help="take in passes that were noted elsewhere",
        description="A CSV of passes that have happened. Columns: label,camera,began,ended,light and, if you like,"
        " group; times with their zone, as 2027-06-30T14:05:00Z. Any row that cannot be used refuses the whole table.",
    )
    importing.add_argument("file", type=Path, metavar="SCHEDULE", help=".csv")
    logging = actions.add_parser("log", help="log one pass: without times, one that goes on now")
    logging.add_argument("label", help="of the volunteer, as on the list")
    logging.add_argument("--camera", required=True)
    logging.add_argument("--light", required=True, help="day, dusk, night, indoor or backlit")
    logging.add_argument("--group", help="as the volunteer says it: small letters and _")
    logging.add_argument("--began", metavar="TIME", help="with its zone, as 2027-06-30T14:05:00Z")
    logging.add_argument("--ended", metavar="TIME", help="the same")
    reporting = actions.add_parser("report", help="how many passes were found, with intervals")
    reporting.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    for action, name in ((importing, "import"), (logging, "log"), (reporting, "report")):
        action.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
        action.set_defaults(run=run, act=name)
    for action in (importing, logging):
        action.add_argument("--as", dest="person", metavar="NAME", help="who logged them; asks for the password")


def run(options: argparse.Namespace) -> int:
    from rig.bluelist_acts import import_passes, log_one, report

    code: int = {"import": import_passes, "log": log_one, "report": report}[options.act](options)
    return code
