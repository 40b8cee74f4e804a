"""`openlfr watchlist ...`: import entries, build the list, and take entries out of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("watchlist", help="import entries, build a deployment's list, take entries out")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    deployment = "name or id of a deployment"

    def action(name: str, words: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=words, description=words)
        made.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
        made.add_argument("--as", dest="name", metavar="NAME", help="who acts; asks for the password")
        made.set_defaults(act=name, run=run)
        return made

    importing = action("import", "take in entries: a CSV with pictures beside it, or a ZIP")
    importing.add_argument("deployment", help=deployment)
    importing.add_argument("file", type=Path, help=".csv or .zip; see deploy/watchlists/example.csv")
    importing.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    importing.add_argument("--report", type=Path, metavar="FILE", help="every finding, as .csv or .json")

    building = action("build", "check the entries once more and seal the list, once")
    building.add_argument("deployment", help=deployment)
    building.add_argument("--above-cap", metavar="REASON", help="why it is larger than the policy's cap; kept for good")

    showing = action("show", "counts; with --entry one entry, which is recorded")
    showing.add_argument("deployment", help=deployment)
    showing.add_argument("--entry", metavar="ID")
    showing.add_argument("--reason", metavar="CODE", help="why the entry is looked at: a code of the policy")

    withdrawing = action("withdraw", "take an entry out for good")
    withdrawing.add_argument("entry", metavar="ENTRY")
    withdrawing.add_argument("--reason", metavar="CODE", required=True, help="a code of the policy")

    restoring = action("restore", "put a quarantined entry back")
    restoring.add_argument("entry", metavar="ENTRY")
    restoring.add_argument("--reason", metavar="WORDS", required=True, help="in a few words without a name; kept")

    noting = action("note", "say who is easily mistaken for an entry, before the list is built")
    noting.add_argument("entry", metavar="ENTRY")

    action("expire", "let entries whose time has come expire now").add_argument("deployment", help=deployment)
    action("status", "ask the status source about every entry now").add_argument("deployment", help=deployment)

    asking = action("was-listed", "whether a person was listed, also after the erasure; for auditors")
    asking.add_argument("reference", help="of the person, in the source system")


def run(options: argparse.Namespace) -> int:
    from rig import watchlist_acts as acts

    act = {
        "import": acts.import_entries,
        "build": acts.build_list,
        "show": acts.show,
        "withdraw": acts.withdraw_entry,
        "restore": acts.restore_entry,
        "note": acts.note,
        "expire": acts.expire,
        "status": acts.status,
        "was-listed": acts.asked_whether_listed,
    }[options.act]
    return act(options)
