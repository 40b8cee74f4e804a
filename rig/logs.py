"""Logs of a rig's processes: one line each, UTC, on standard error. No picture, name or password ever goes there."""

import logging
import os
import sys
import time

LEVEL = "OPENLFR_LOG"
"""Environment variable: DEBUG, INFO (the default) or WARNING, for this process and those it starts."""


def log_to_stderr(process: str) -> None:
    formatter = logging.Formatter(
        f"%(asctime)s.%(msecs)03dZ {process:<8} %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=os.environ.get(LEVEL, "INFO"), handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
