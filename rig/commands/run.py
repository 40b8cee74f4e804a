"""`openlfr run RIG`: start all processes of a rig and keep them running until Ctrl-C."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("run", help="start a rig and keep it running until Ctrl-C")
    parser.add_argument("rig", type=Path, nargs="?", default=Path("rig.toml"), help="rig file (rig.toml)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from records.memory import guard_memory
    from rig.config import load
    from rig.lifetime import shutdown_on_signals
    from rig.logs import log_to_stderr
    from rig.supervisor import RigFailed, Supervisor

    log_to_stderr("rig")
    guard_memory()
    config = load(options.rig)
    stop = shutdown_on_signals()
    scheme = "https" if config.tablet.certificate else "http"
    print(
        f"{config.name}: the tablet page is at {scheme}://{config.tablet.host}:{config.tablet.port}/ (Ctrl-C stops)",
        flush=True,
    )
    try:
        Supervisor(config, options.rig).run(stop)
    except RigFailed as error:
        print(f"openlfr: {error}", file=sys.stderr)
        return 2
    return 0
