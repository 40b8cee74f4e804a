"""`openlfr models list | check`: the model packs at hand."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("models", help="list or check the model packs at hand")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every pack that is found, where, and under which licence")
    listing.set_defaults(run=list_packs)
    check = actions.add_parser("check", help="check a pack: hashes, licence, and that its models run")
    check.add_argument("pack", help="name or folder")
    check.set_defaults(run=check_pack)


def list_packs(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from inference import catalogue

    found = catalogue.list_packs()
    if not found:
        print("No model pack is at hand. Looked in: " + ", ".join(str(place.folder) for place in catalogue.places()))
        return 0
    table = Table("pack", "values", "where", "licence of detector; recogniser", box=None, pad_edge=False)
    for entry in found:
        if entry.pack is None:
            table.add_row(entry.name, "-", entry.place, f"cannot be used: {entry.fault}")
        else:
            licences = dict.fromkeys((entry.pack.detector.licence, entry.pack.recogniser.licence))
            table.add_row(entry.name, str(entry.pack.recogniser.embedding_size), entry.place, "; ".join(licences))
    Console().print(table)
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
    return 0
