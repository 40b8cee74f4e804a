"""`openlfr keys`: CURVE key pairs for the processes of a rig that spans machines."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("keys", help="make the keys that processes on several machines know each other by")
    parser.add_argument("folder", type=Path, help="new or existing folder; secret keys get mode 600")
    parser.add_argument("names", nargs="+", help="one name for each process, for example: worker north south")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from wire.keys import make_keys

    make_keys(options.folder, options.names)
    print(f"Keys for {', '.join(options.names)} are in {options.folder}.")
    print("Copy all .public files to every machine, and each .secret file only to the machine it is for.")
    return 0
