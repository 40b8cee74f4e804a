"""`openlfr capture | infer | alerts | ui | custodian | webhooks`: one process of a rig, as its supervisor starts it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

_ROLES = {
    "alerts": "store what the workers raise",
    "infer": "detect, track and search in the cameras' frames",
    "ui": "serve the tablet's page",
    "custodian": "ask after entries' status, and erase what is due",
}


def add(commands: "Commands") -> None:
    for role, what in _ROLES.items():
        parser = commands.add_parser(role, help=f"one process alone: {what}")
        parser.add_argument("rig", type=Path, help="rig file")
        # For the supervisor, which has unlocked the vault already: the key comes through standard input.
        parser.add_argument("--handed-key", action="store_true", help=argparse.SUPPRESS)
        parser.set_defaults(run=run, role=role)
    parser = commands.add_parser("webhooks", help="one process alone: tell control rooms what happens")
    parser.add_argument("rig", type=Path, help="rig file")
    parser.set_defaults(run=run, role="webhooks")
    parser = commands.add_parser("capture", help="one process alone: send a camera's frames")
    parser.add_argument("rig", type=Path, help="rig file")
    parser.add_argument("camera", help="name of a camera in the rig file")
    parser.set_defaults(run=run, role="capture")


def run(options: argparse.Namespace) -> int:
    from records.memory import guard_memory
    from rig import roles
    from rig.config import load
    from rig.lifetime import end_with_supervisor, shutdown_on_signals
    from rig.logs import log_to_stderr
    from rig.opening import open_rig

    log_to_stderr(options.role)
    guard_memory()
    config = load(options.rig)
    stop = shutdown_on_signals()
    if options.role == "capture":
        end_with_supervisor()
        code: int = roles.capture(config, options.camera, stop)
        return code
    if options.role == "webhooks":
        end_with_supervisor()
        roles.webhooks(config, stop)
        return 0
    with open_rig(config, handed_key=options.handed_key) as rig:
        end_with_supervisor()
        roles.ROLES[options.role](rig, stop)
    return 0
