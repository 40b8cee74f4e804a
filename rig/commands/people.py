"""`openlfr people add`: an account for somebody who uses the tablet."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("people", help="accounts of those who use the tablet")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="add a person; asks for the password, or reads it from standard input")
    adding.add_argument("name")
    adding.add_argument("role", help="operator, engagement_officer, auditor or administrator")
    adding.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
    adding.set_defaults(run=add_one)


def add_one(options: argparse.Namespace) -> int:
    from alerts.people import add_person
    from records.database import Database
    from records.times import utc_now
    from rig.config import load
    from rig.failures import UsageError

    config = load(options.rig)
    # Never an argument: the process list and the shell's history would keep it.
    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    database = Database(config.record)
    database.migrate()
    try:
        with database.write() as session:
            add_person(session, options.name, options.role, password, utc_now())
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(f"{options.name} may sign in as {options.role.replace('_', ' ')}.")
    return 0
