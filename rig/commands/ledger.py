"""`openlfr ledger export`: a copy of the ledger that anybody can check with `openlfr verify`, without a rig."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("ledger", help="hand out a copy of the ledger")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    exporting = actions.add_parser("export", help="write it to a new file; the ledger tells who did, and why")
    exporting.add_argument("file", type=Path, help="new file: `openlfr verify` checks it")
    exporting.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
    exporting.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        required=True,
        help="auditor, officer or administrator; asks for the password",
    )
    exporting.add_argument(
        "--reason", metavar="CODE", required=True, help="audit, complaint, court, publication, research or safekeeping"
    )
    exporting.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from alerts.exports import hand_out_ledger
    from records.signing import open_signer
    from records.times import utc_now
    from rig.acting import acting
    from rig.config import load
    from rig.opening import open_record
    from rig.wrapped import say

    config = load(options.rig)
    with open_record(config) as database:
        person = acting(database, options.name)
        signer = open_signer(config.keys_folder)
        with database.write() as session:
            entries = hand_out_ledger(session, options.file, signer, person, options.reason, utc_now())
    say(f"{entries} entries are in {options.file}; check them with `openlfr verify {options.file}`")
    return 0
