"""`openlfr models list | pull | check`: the model packs at hand, and those that can be fetched."""

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from inference.pulling.manifest import Manifest
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("models", help="list, fetch or check model packs")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every pack that is found or can be pulled, and under which licence")
    listing.set_defaults(run=list_packs)
    pulling = actions.add_parser(
        "pull",
        help="fetch a pack into your cache; goes on where it was stopped",
        description="Fetches a pack into your cache and checks it. What was begun and stopped is gone on with.",
    )
    pulling.add_argument("pack", help="a name that `models list` offers, or a manifest (.toml) of your own")
    pulling.add_argument(
        "--accept-licence", action="store_true", help="accept a non-commercial licence; who, when and which is recorded"
    )
    pulling.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER_OR_ZIP",
        help="take the files from here, checked the same, without a network",
    )
    pulling.set_defaults(run=pull_pack)
    check = actions.add_parser("check", help="check a pack: hashes, licence, and that its models run")
    check.add_argument("pack", help="name or folder")
    check.set_defaults(run=check_pack)


def list_packs(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from inference import catalogue
    from inference.pulling.manifest import offered

    console = Console(markup=False)
    found = catalogue.list_packs()
    if not found:
        print("No model pack is at hand. Looked in: " + ", ".join(str(place.folder) for place in catalogue.places()))
    else:
        table = Table("pack", "values", "where", "licence of detector; recogniser", box=None, pad_edge=False)
        for entry in found:
            if entry.pack is None:
                table.add_row(entry.name, "-", entry.place, f"cannot be used: {entry.fault}")
            else:
                licences = dict.fromkeys((entry.pack.detector.licence, entry.pack.recogniser.licence))
                table.add_row(entry.name, str(entry.pack.recogniser.embedding_size), entry.place, "; ".join(licences))
        console.print(table)
    names = {entry.name for entry in found}
    absent = [manifest for manifest in offered() if manifest.name not in names]
    if absent:
        print("\nCan be fetched with `openlfr models pull PACK`:")
        table = Table("pack", "download", "licence of detector; recogniser", box=None, pad_edge=False)
        for manifest in absent:
            table.add_row(manifest.name, decimal(manifest.download_size), "; ".join(manifest.licences))
        console.print(table)
    return 0


def pull_pack(options: argparse.Namespace) -> int:
    from inference.pulling.acceptance import record_acceptance, system_user
    from inference.pulling.install import at_hand, place_of, pull
    from inference.pulling.manifest import PullError, find_manifest
    from records.times import to_text, utc_now

    manifest = find_manifest(options.pack)
    place = place_of(manifest)
    if at_hand(manifest) is not None:
        print(f"{manifest.name} is at hand already, in {place}.")
        return 0
    _describe(manifest, place)
    if manifest.terms.non_commercial:
        if not options.accept_licence:
            raise PullError(
                f"nothing was fetched: the licence of {manifest.name} allows no commercial use. "
                f"Read {manifest.terms.url}; if your use is allowed, add --accept-licence, and that is recorded"
            )
        user = system_user()
        record = record_acceptance(manifest, place.parent, to_text(utc_now()), user)
        print(f"Licence accepted by {user}: recorded in {record}.", flush=True)
    with _Bars() as bars:
        pack = pull(manifest, bars, options.source)
    print(f"{pack.name} {pack.version} is at hand in {place}: hashes are as pinned, both models run.")
    print(f"Embedding contract {pack.contract}")
    return 0


def check_pack(options: argparse.Namespace) -> int:
    from inference.catalogue import find_pack
    from inference.reader import open_models

    pack = find_pack(options.pack)
    open_models(pack)
    values = pack.recogniser.embedding_size
    print(
        f"{pack.name} {pack.version}: hashes and licences are as stated, both models run, templates of {values} values."
    )
    print(f"Embedding contract {pack.contract}")
    if pack.calibration is None:
        print("Not calibrated: `openlfr calibrate` measures which thresholds it needs.")
    else:
        from rig.calibration_tables import lead, thresholds
        from rig.tables import show

        print()
        show(lead(pack.calibration), [thresholds(pack.calibration)])
    return 0


def _describe(manifest: "Manifest", place: Path) -> None:
    """What will be fetched, from where, how much, and under which licence: before it is."""
    from rich.filesize import decimal

    print(textwrap.fill(f"{manifest.name} {manifest.version}: {manifest.notes}", 80))
    for download in manifest.downloads:
        print(f"  from     {download.url}")
        print(f"           {decimal(download.size)}, SHA-256 {download.sha256}")
    for file in manifest.files:
        print(f"  file     {file.name}, {decimal(file.size)}")
        print(f"           SHA-256 {file.sha256}")
        print(f"           {file.licence}")
    print(f"  terms    {'NON-COMMERCIAL, ' if manifest.terms.non_commercial else ''}see {manifest.terms.url}")
    print(f"  into     {place}", flush=True)


class _Bars:
    """A bar for each file on standard error, where that is a terminal; notes are printed in any case."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        console = Console(stderr=True)
        shown = Column(max_width=28, no_wrap=True, overflow="ellipsis")
        name = TextColumn("{task.description}", markup=False, table_column=shown)
        columns = (name, BarColumn(bar_width=None), DownloadColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def progress(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)

    def note(self, text: str) -> None:
        self._bars.console.print(text, soft_wrap=True, markup=False, highlight=False)
