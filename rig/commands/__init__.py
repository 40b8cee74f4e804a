"""One file for each subcommand of `openlfr`: `add(commands)` describes it, `run(options)` does it.

Heavy imports stand inside `run`: `openlfr --help` answers at once.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
