"""`openlfr enrol`: build a watchlist from a folder of reference pictures."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("enrol", help="build a watchlist from <identity>.jpg, <identity>_2.jpg ... pictures")
    parser.add_argument("pictures", type=Path, help="folder of reference pictures")
    parser.add_argument("list", type=Path, help="folder to make: the built list")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from records.times import utc_now
    from rig.enrolment import enrol_folder, report_rejected
    from watchlist.list_file import build_list, save_list

    models, enrolment = enrol_folder(options.pictures, options.pack)
    report_rejected(enrolment)
    built = build_list(enrolment, contract=models.pack.contract, created_at=utc_now())
    save_list(built, options.list)
    print(f"{options.list}: {len(built.subjects)} subjects, {len(built.templates)} pictures, hash {built.hash[:16]}")
    return 0
