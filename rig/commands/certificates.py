"""`openlfr certificates`: the rig's signed words that data keys were destroyed, and what went with them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands

NOT_GENUINE = 1


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "certificates",
        help="deletion certificates: list them, check their signatures, copy them",
        epilog="Exit code 0: all are genuine. 1: one is not. 2: they cannot be read or written.",
    )
    parser.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write each to a new file in this folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from sqlalchemy import select

    from records.certificates import is_genuine, read_certificate
    from records.schema import DataKey, Deployment
    from records.signing import open_signer
    from rig.config import load
    from rig.opening import open_record
    from rig.wrapped import say

    config = load(options.rig)
    with open_record(config) as database, database.read() as session:
        found = session.execute(
            select(Deployment.name, DataKey.certificate)
            .join(Deployment, Deployment.id == DataKey.deployment_id)
            .order_by(DataKey.destroyed_at, DataKey.purpose)
        )
        certificates = [(name, text) for name, text in found if text is not None]
    public = open_signer(config.keys_folder).public
    forged = 0
    for name, text in certificates:
        certificate = read_certificate(text)
        genuine = is_genuine(certificate, public)
        forged += not genuine
        counts = ", ".join(f"{count} {what}" for what, count in sorted(certificate.counts.items())) or "nothing"
        say(
            f"{certificate.destroyed_at} {name}: {certificate.purpose} ({counts})"
            f"{'' if genuine else ' - NOT SIGNED BY THIS RIG'}"
        )
        if options.out is not None:
            _write(options.out / f"{certificate.deployment}-{certificate.purpose}.json", text)
    if not certificates:
        say("No data key was destroyed yet: there is no certificate.")
    return NOT_GENUINE if forged else 0


def _write(file: Path, text: str) -> None:
    from rig.failures import UsageError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text("utf-8") != text:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{file} exists and is another certificate: name another folder") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be written: {error}") from error
