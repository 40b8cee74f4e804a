"""The command `openlfr`: one file in `rig.commands` for each subcommand."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

# Nothing leaves the rig unless configured: ONNX Runtime would report home, and reads this at its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

COMMANDS = (
    "demo",
    "run",
    "replay",
    "evaluate_video",
    "why",
    "enrol",
    "doctor",
    "evaluate",
    "calibrate",
    "models",
    "keys",
    "people",
    "pairs",
    "deployment",
    "watchlist",
    "bluelist",
    "evidence",
    "complaint",
    "certificates",
    "ledger",
    "record",
    "verify",
    "bench",
    "process",
)

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Bad input is one line on standard error and exit code 2; Ctrl-C is 130."""
    options = _parser().parse_args(arguments)
    from rig.failures import BAD_INPUTS  # imports every package: not for --help

    try:
        code: int = options.run(options)
    except BAD_INPUTS as error:
        print(f"openlfr: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - whoever read our output has gone; so does the interpreter
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="openlfr",
        description="Live facial recognition that can be checked: the machine may only suggest, people decide.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"rig.commands.{name}").add(commands)
    return parser
