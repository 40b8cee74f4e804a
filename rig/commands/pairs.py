"""`openlfr pairs ...`: labelled pairs of faces that operators are tested and practise with; never those of an alert."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("pairs", help="labelled pairs of faces that operators are tested with")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    importing = actions.add_parser(
        "import",
        help="take in a set: a CSV with its pictures beside it, or a ZIP",
        description="Columns: first,second (pictures, from the table's folder), same (yes or no), basis (consent or"
        " published: why the pictures may be used for training). Any row that cannot be used refuses the whole set.",
    )
    importing.add_argument("file", type=Path, metavar="PAIRS", help=".csv or .zip")
    importing.add_argument("--name", metavar="SET", help="what to call the set (default: the file's name)")
    importing.set_defaults(run=import_set)
    listing = actions.add_parser("list", help="show the sets of this rig")
    listing.set_defaults(run=list_sets)
    removing = actions.add_parser("remove", help="delete a set's pictures; who was tried with it stays recorded")
    removing.add_argument("set", metavar="SET", help="its name, or the beginning of its id")
    removing.set_defaults(run=remove_set)
    for action in (importing, listing, removing):
        action.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
    for action in (importing, removing):
        action.add_argument("--as", dest="person", metavar="NAME", help="an administrator; asks for the password")


def import_set(options: argparse.Namespace) -> int:
    import sys

    from alerts.pair_files import PairFiles
    from alerts.pair_sets import PairsFaulty, import_pairs
    from inference.catalogue import find_pack
    from inference.reader import Reader, open_models
    from inference.sessions import SessionSettings
    from records.times import utc_now
    from rig.acting import actor
    from rig.config import load
    from rig.opening import open_rig
    from rig.progress import progress
    from watchlist.picture_files import open_source

    config = load(options.rig)
    with open_source(options.file) as source, open_rig(config) as rig:
        who = actor(rig.database, options.person)
        settings = SessionSettings(provider=config.inference.provider, threads=config.inference.threads)
        reader = Reader(open_models(find_pack(config.inference.pack), settings))
        files = PairFiles(rig.vault, config.vault_folder)
        name = options.name or options.file.stem
        try:
            with progress("aligning") as tick:
                found = import_pairs(rig.database, files, source, name, reader, who, utc_now(), tick)
        except PairsFaulty as faulty:
            for fault in faulty.faults:
                print(f"line {fault.line}: {fault.sentence}", file=sys.stderr)
            raise
    print(f"{found.name}: {found.pairs} pairs, {found.mismatches} of them of two people; id {found.id[:12]}")
    return 0


def list_sets(options: argparse.Namespace) -> int:
    from alerts.pair_sets import present
    from rig.config import load
    from rig.opening import open_record

    with open_record(load(options.rig)) as database, database.read() as session:
        sets = present(session)
    if not sets:
        print("No pairs are on this rig. Take a set in with: openlfr pairs import PAIRS.csv")
    for found in sets:
        counts = f"{found.pairs} pairs, {found.mismatches} of two people"
        print(f"{found.id[:12]}  {found.imported_at:%Y-%m-%d}  {counts:32}  {found.name:.20}".rstrip())
    return 0


def remove_set(options: argparse.Namespace) -> int:
    from alerts.pair_files import PairFiles
    from alerts.pair_sets import remove_pairs
    from records.times import utc_now
    from rig.acting import actor
    from rig.config import load
    from rig.opening import open_rig

    config = load(options.rig)
    with open_rig(config) as rig:
        who = actor(rig.database, options.person)
        files = PairFiles(rig.vault, config.vault_folder)
        with rig.database.write() as session:
            name = remove_pairs(session, files, options.set, who, utc_now()).name
    print(f"The pictures of {name} are gone. What people had answered stays in the record.")
    return 0
