"""`openlfr evidence`: which alerts' pictures are kept beyond their time, and for which reference."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("evidence", help="keep an alert's pictures beyond their time, for a reference")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, words: str, *, person: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=words, description=words)
        made.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
        if person:
            made.add_argument("alert", help="its id")
            made.add_argument(
                "--as", dest="name", metavar="NAME", required=True, help="auditor or authorising officer; password"
            )
        made.set_defaults(act=name, run=run)
        return made

    holding = action("hold", "keep its pictures for some days; hold it again to renew")
    holding.add_argument("--reference", required=True, help="where the reason is written down; kept for good")
    holding.add_argument("--days", type=float, required=True, help="from now; the policy says how many at most")
    action("release", "let them go when they are due")
    action("list", "what is held, until when", person=False)


def run(options: argparse.Namespace) -> int:
    from rig.evidence_acts import hold, list_held, release

    code: int = {"hold": hold, "release": release, "list": list_held}[options.act](options)
    return code
