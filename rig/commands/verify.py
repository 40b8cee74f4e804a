"""`openlfr verify`: whether an exported ledger or record is complete and unaltered. Works offline, without a rig."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

TAMPERED = 1


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "verify",
        help="check that an exported ledger or record is complete and unaltered, offline",
        epilog="Exit code 0: complete and unaltered. 1: not so; the line says where. 2: the files cannot be read.",
    )
    parser.add_argument(
        "export", type=Path, help="file that the ledger was exported to, or folder of a record (docs/auditing.md)"
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="the rig's signing.public, from a hand you trust")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from records.signing import read_public_key
    from records.verify import verify
    from rig.wrapped import say

    key = read_public_key(options.key) if options.key else None
    if options.export.is_dir():
        from alerts.record.checking import check_bundle

        checked = check_bundle(options.export, key)
        say(checked.sentence)
        return 0 if checked.in_order else TAMPERED
    verdict = verify(options.export, key)
    print(verdict.sentence)
    return 0 if verdict.in_order else TAMPERED
