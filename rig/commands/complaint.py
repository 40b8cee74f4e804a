"""`openlfr complaint`: cases in the force's own system that keep an alert's pictures while they are open."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("complaint", help="record a complaint about an alert, and how it ended")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, words: str, *, person: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=words, description=words)
        made.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
        if person:
            made.add_argument(
                "--as", dest="name", metavar="NAME", required=True, help="auditor or authorising officer; password"
            )
        made.set_defaults(act=name, run=run)
        return made

    opening = action("open", "a case about a deployment; with an alert, its pictures stay until it is closed")
    opening.add_argument("deployment", help="its name or id")
    opening.add_argument("--reference", required=True, help="of the case: what it says stays in its own system")
    opening.add_argument("--alert", metavar="ID", help="the alert that it is about")
    closing = action("close", "say how it ended")
    closing.add_argument("complaint", help="its id: see `list`")
    closing.add_argument("--outcome", required=True, help="upheld, partly_upheld, not_upheld or withdrawn")
    action("list", "all cases, open ones first", person=False)


def run(options: argparse.Namespace) -> int:
    from rig.evidence_acts import close_complaint, list_complaints, open_complaint

    acts = {"open": open_complaint, "close": close_complaint, "list": list_complaints}
    code: int = acts[options.act](options)
    return code
