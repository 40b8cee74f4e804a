"""`openlfr capture | infer | alerts | ui`: one process of a rig by itself, as the supervisor starts it too."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

_ROLES = {
    "alerts": "store what the workers raise",
    "infer": "detect, track and search in the cameras' frames",
    "ui": "serve the tablet's page",
}


def add(commands: "Commands") -> None:
    for role, what in _ROLES.items():
        parser = commands.add_parser(role, help=f"one process alone: {what}")
        parser.add_argument("rig", type=Path, help="rig file")
        parser.set_defaults(run=run, role=role)
    parser = commands.add_parser("capture", help="one process alone: send a camera's frames")
    parser.add_argument("rig", type=Path, help="rig file")
    parser.add_argument("camera", help="name of a camera in the rig file")
    parser.set_defaults(run=run, role="capture")


def run(options: argparse.Namespace) -> int:
    from rig import roles
    from rig.config import load
    from rig.lifetime import end_with_supervisor, shutdown_on_signals
    from rig.logs import log_to_stderr

    log_to_stderr(options.role)
    config = load(options.rig)
    stop = shutdown_on_signals()
    end_with_supervisor()
    match options.role:
        case "alerts":
            roles.alerts(config, stop)
        case "infer":
            roles.infer(config, stop)
        case "ui":
            roles.tablet(config)
        case _:
            code: int = roles.capture(config, options.camera, stop)
            return code
    return 0
