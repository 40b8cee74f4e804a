"""Enrolment as the commands do it: the pack's models read the pictures, with a progress bar and a report."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from inference.catalogue import default_pack, find_pack
from inference.reader import Models, Reader, open_models
from inference.sessions import SessionSettings
from rig.progress import progress
from watchlist.enrolment import Enrolment, enrol
from watchlist.pictures import find_pictures


def enrol_folder(
    folder: Path, pack: str | None = None, session: SessionSettings | None = None
) -> tuple[Models, Enrolment]:
    """Open a pack (the best at hand, unless named) and enrol a folder of pictures with it.

    Raises PackError, SessionError and WatchlistError (a missing or empty folder, no usable picture).
    """
    pictures = find_pictures(folder)
    models = open_models(find_pack(pack) if pack else default_pack(), session)
    with progress("enrolling") as tick:
        return models, enrol(pictures, Reader(models), progress=lambda done, total, _: tick(done, total))


def report_rejected(enrolment: Enrolment) -> None:
    """The pictures that were refused, and why, on standard error."""
    if not enrolment.rejected:
        return
    table = Table("picture", "refused because", box=None, pad_edge=False)
    for rejected in enrolment.rejected:
        table.add_row(rejected.path.name, rejected.detail)
    Console(file=sys.stderr).print(table)
