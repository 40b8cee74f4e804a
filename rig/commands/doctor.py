"""`openlfr doctor [RIG]`: can this machine run a rig? Each thing looked at, and what to do where it fails."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("doctor", help="look at cameras, packs, ports, disk and clock")
    parser.add_argument("rig", type=Path, nargs="?", help="a rig file (without one: this machine only)")
    parser.add_argument("--network", action="store_true", help="also try to reach the control rooms of the rig file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 where nothing failed, 1 where something did."""
    from rich.console import Console
    from rich.table import Table

    from rig.checks import machine_checks, rig_checks
    from rig.config import load

    checks = machine_checks()
    if options.rig is not None:
        checks += rig_checks(load(options.rig), options.network)
    table = Table("", "looked at", "found", box=None, pad_edge=False, show_header=False)
    colours = {"ok": "green", "note": "yellow", "FAILED": "red"}
    for check in checks:
        table.add_row(f"[{colours[check.result]}]{check.result}[/]", check.what, check.found)
    Console().print(table)
    failed = sum(check.result == "FAILED" for check in checks)
    print("This machine can run a rig." if not failed else f"{failed} of {len(checks)} checks failed.")
    return 1 if failed else 0
