"""Who acts at the command line: `--as NAME`, proved by that person's password."""

import getpass
import sys

from alerts.sign_ins import with_password
from records.database import Database
from records.schema import Person
from records.times import utc_now
from rig.failures import UsageError

ADDRESS = "console"
"""In place of a network address, where attempts are counted."""
ALONE = "console"
"""Who acts without an account."""


def ask_password(prompt: str) -> str:
    """Asked for at a terminal, else one line of standard input: an argument would stay in the process list."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def acting(database: Database, name: str) -> Person:
    """The active person of this name, after his or her password. Raises UsageError."""
    password = ask_password(f"password of {name}: ")
    found = with_password(database, name, password, ADDRESS, utc_now(), lambda session, person: person)
    if found is None:
        raise UsageError(f"{name}: no such active person, another password, or too many attempts")
    if found.password_until is not None:
        raise UsageError(f"{found.name} has a one-time password: choose another at the tablet first")
    return found


def actor(database: Database, name: str | None) -> str:
    """The id of the person, or `console` where nobody is named."""
    return ALONE if name is None else acting(database, name).id
