"""`openlfr people`: accounts of those who use the tablet. What is done here is recorded as done at the console."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

ROLES = "list_builder, authorising_officer, operator, engagement_officer, auditor or administrator"
AUTHORITY = {"urgent": 1, "standard": 2, "higher": 3}


def add(commands: "Commands") -> None:
    parser = commands.add_parser("people", help="accounts of those who use the tablet")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="add a person; asks for the password, or reads it from standard input")
    adding.add_argument("name")
    adding.add_argument("role", help=ROLES)
    adding.add_argument("--authority", choices=AUTHORITY, help="what an authorising officer may allow")
    adding.set_defaults(run=add_one)
    listing = actions.add_parser("list", help="show all accounts")
    listing.set_defaults(run=show_all)
    leaving = actions.add_parser("deactivate", help="sign a person out everywhere, for good")
    leaving.add_argument("name")
    leaving.set_defaults(run=deactivate_one)
    qualifying = actions.add_parser("qualify", help="an operator passed a test of face matching elsewhere")
    qualifying.add_argument("name", help="of the operator")
    qualifying.add_argument("--until", required=True, metavar="DATE", help="last day on which it counts, as 2027-06-30")
    qualifying.add_argument("--reference", required=True, help="of the certificate; kept for good, names nobody")
    qualifying.add_argument(
        "--as",
        dest="person",
        required=True,
        metavar="ADMIN",
        help="who vouches; asks for the password",
    )
    qualifying.set_defaults(run=qualify)
    for action in (adding, listing, leaving, qualifying):
        action.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")


def add_one(options: argparse.Namespace) -> int:
    from alerts.people import add_person
    from records.times import utc_now
    from rig.acting import ask_password
    from rig.config import load
    from rig.failures import UsageError
    from rig.opening import open_record

    with open_record(load(options.rig)) as database:
        password = ask_password("password: ")
        if sys.stdin.isatty() and ask_password("once more: ") != password:
            raise UsageError("the two passwords differ: nobody was added")
        authority = AUTHORITY[options.authority] if options.authority else None
        with database.write() as session:
            person = add_person(session, options.name, options.role, password, utc_now(), authority=authority)
            name, role = person.name, person.role
    print(f"{name} may sign in as {role.replace('_', ' ')}.")
    return 0


def show_all(options: argparse.Namespace) -> int:
    from alerts.people import everybody
    from rig.config import load
    from rig.opening import open_record

    with open_record(load(options.rig)) as database, database.read() as session:
        people = everybody(session)
    if not people:
        print("Nobody has an account yet. Begin with: openlfr people add NAME administrator")
    for person in people:
        level = next((word for word, number in AUTHORITY.items() if number == person.authority), None)
        role = person.role.replace("_", " ") + (f" ({level})" if level else "")
        state = "deactivated" if not person.active else "one-time password" if person.password_until else ""
        if not state and person.qualified_until:
            state = f"qualified to {person.qualified_until:%Y-%m-%d}"
        print(f"{_short(person.name, 30):30} {role:30} {state}".rstrip())
    return 0


def deactivate_one(options: argparse.Namespace) -> int:
    from alerts.people import CONSOLE, deactivate, named
    from records.times import utc_now
    from rig.config import load
    from rig.opening import open_record

    with open_record(load(options.rig)) as database, database.write() as session:
        name = deactivate(session, named(session, options.name).id, utc_now(), by=CONSOLE).name
    print(f"{name} is signed out everywhere and cannot sign in again.")
    return 0


def qualify(options: argparse.Namespace) -> int:
    from alerts.people import named
    from alerts.qualification import by_assessment, end_of_day
    from records.policy import Operators, read_policy
    from records.times import utc_now
    from rig.acting import acting
    from rig.config import load
    from rig.opening import open_record

    config, until = load(options.rig), end_of_day(options.until)
    rules = read_policy(Path(config.policy.file)).policy.operators if config.policy else Operators()
    with open_record(config) as database:
        by = acting(database, options.person).id
        with database.write() as session:
            person_id = named(session, options.name).id
            name = by_assessment(session, person_id, until, options.reference, rules, utc_now(), by=by).name
    print(f"{name} may judge alerts until the end of {until:%Y-%m-%d} UTC.")
    return 0


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
