"""`openlfr record`: the record of a deployment that is over, as a folder to keep, publish and check."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("record", help="write the record of a deployment that is over")
    parser.add_argument("deployment", help="its name or id")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder: `openlfr verify` checks it")
    parser.add_argument("--public", action="store_true", help="the copy to publish: without ids, small numbers hidden")
    parser.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        required=True,
        help="auditor, officer or administrator; asks for the password",
    )
    parser.add_argument(
        "--reason",
        metavar="CODE",
        help="audit, complaint, court, publication, research or safekeeping"
        " (publication with --public, else safekeeping)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from alerts.record.bundle import files_of, refuse_taken, write_bundle
    from alerts.record.export import make_record
    from alerts.record.fields import Copy
    from alerts.record.standing import Publisher
    from alerts.record.tables import summary_sentence
    from records.signing import open_signer
    from records.times import utc_now
    from rig.acting import acting
    from rig.config import load
    from rig.deployment_acts import find
    from rig.opening import open_record
    from rig.wrapped import say

    config = load(options.rig)
    refuse_taken(options.out)
    reason = options.reason or ("publication" if options.public else "safekeeping")
    publisher = Publisher(config.public.controller if config.public else None)
    with open_record(config) as database:
        with database.read() as session:
            deployment = find(session, options.deployment).id
        person = acting(database, options.name)
        signer = open_signer(config.keys_folder)
        copy: Copy = "public" if options.public else "internal"
        made = make_record(database, deployment, copy, signer, person, reason, utc_now(), publisher)
    write_bundle(options.out, files_of(made.record, made.ledger, made.certificates, signer))
    say(summary_sentence(made.record.content))
    say(f"The {copy} record is in {options.out}; check it with `openlfr verify {options.out}`")
    return 0
