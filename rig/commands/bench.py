"""`openlfr bench`: the benchmarks of the source tree, one by name or all of them."""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

SOURCE = Path(__file__).parents[2]
SKIPPED = 2
"""Exit code of a benchmark that cannot run here: the data or the package that it needs is not there."""


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "bench",
        help="measure how fast this machine is, side by side with what else could be used",
        description="Without NAME: lists the benchmarks. Each prints a table and writes JSON; they are part of the "
        "source tree. `openlfr bench NAME --help` says what it measures and how to read it.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="a benchmark, or `all`")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="its options")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rig.failures import UsageError

    if not (SOURCE / "benchmarks" / "__init__.py").is_file():
        raise UsageError("bench: the benchmarks are part of the source tree: run it in a checkout of OpenLFR")
    if str(SOURCE) not in sys.path:
        sys.path.insert(0, str(SOURCE))
    from benchmarks import BENCHMARKS

    if options.name is None:
        for name, (about, takes) in BENCHMARKS.items():
            print(f"{name:<17} {about} ({takes})")
        return 0
    if options.name == "all":
        return _all(options.rest)
    if options.name not in BENCHMARKS:
        raise UsageError(f"bench: there is no {options.name!r}; there are: {', '.join(BENCHMARKS)}, all")
    return _one(options.name, options.rest)


def _one(name: str, given: list[str]) -> int:
    import importlib

    import msgspec

    from benchmarks.report import BenchmarkError, show, this_machine, write_json
    from rig.failures import UsageError

    module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    parser = _parser(name, module.__doc__ or "")
    module.add_arguments(parser)
    options = parser.parse_args(given)
    before = this_machine()
    try:
        result = msgspec.structs.replace(module.measure(options), machine=before)
        show(result)
        if options.json is not None:
            write_json(result, options.json)
    except BenchmarkError as error:
        raise UsageError(f"bench {name}: {error}") from error
    return 0


def _all(given: list[str]) -> int:
    """Each in a process of its own, so that none is measured in what another left behind."""
    from benchmarks import BENCHMARKS, LONG

    parser = _parser(
        "all", "Every benchmark but the longest, one after the other.", json="folder for NAME.json of each"
    )
    options = parser.parse_args(given)
    if options.json is not None:
        options.json.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    skipped: list[str] = []
    for name in BENCHMARKS:
        if name in LONG:
            continue
        command = [sys.executable, "-m", "rig", "bench", name, *(["--quick"] if options.quick else [])]
        command += [] if options.json is None else ["--json", str(options.json / f"{name}.json")]
        print(f"--- {name}", flush=True)
        began = time.monotonic()
        code = subprocess.run(command, check=False).returncode
        (skipped if code == SKIPPED else failed if code else []).append(name)
        print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
    if skipped:
        print(f"skipped, for the reasons above: {', '.join(skipped)}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _parser(name: str, about: str, json: str = "write every figure there") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"openlfr bench {name}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE" if name != "all" else "DIR", help=json)
    parser.add_argument("--quick", action="store_true", help="smaller sizes: all benchmarks within ten minutes")
    return parser
