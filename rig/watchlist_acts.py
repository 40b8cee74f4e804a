"""What `openlfr watchlist` does: opens the rig, finds out who acts, calls the watchlist, prints what came of it."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inference.catalogue import find_pack
from inference.reader import Reader, open_models
from inference.sessions import SessionSettings
from records.policy import pin
from records.schema import BuiltList, Deployment, Entry, EntryPicture, Import
from records.times import to_text, utc_now
from rig.acting import acting, actor
from rig.config import load
from rig.failures import UsageError
from rig.import_report import WIDTH, save_report, show_report
from rig.opening import OpenRig, open_rig
from rig.progress import progress
from rig.status_source import status_source
from watchlist.building import ListBuild
from watchlist.importing import EntryImport
from watchlist.noting import note_look_alike
from watchlist.particulars import view_entry
from watchlist.picture_files import open_source
from watchlist.standing import expire_due, restore, withdraw
from watchlist.status import apply_answers, ask
from watchlist.was_listed import was_listed


def import_entries(options: argparse.Namespace) -> int:
    with _rig(options) as rig, open_source(options.file) as source:
        deployment = _deployment(rig, options.deployment)
        who = actor(rig.database, options.name)
        config = rig.config.inference
        models = open_models(find_pack(config.pack), SessionSettings(provider=config.provider, threads=config.threads))
        importing = EntryImport(
            rig.database,
            rig.vault,
            rig.config.vault_folder,
            deployment.id,
            Reader(models),
            models.pack.contract,
            who,
            utc_now,
        )
        with progress("checking" if options.dry_run else "importing") as tick:
            report = importing.run(source, dry_run=options.dry_run, progress=tick)
    if options.report is not None:
        save_report(report, options.report)
    show_report(report, options.report)
    if not options.dry_run:
        if report.done_before == len(report.rows) and report.rejected:
            print("This very file was taken in before. To try its rejected rows again, correct them in the table.")
        print("The rig needs the file and its pictures no more: delete them from this machine.")
    return 0


def build_list(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        deployment = _deployment(rig, options.deployment)
        who = actor(rig.database, options.name)
        pack = find_pack(rig.config.inference.pack)
        within = None
        if status_source(rig.config) is not None:
            within = timedelta(minutes=pin(deployment.policy).policy.lists.status_within_minutes)
            _ask_source(rig, deployment.id)
        with rig.database.read() as session:
            pictures = _pictures_listed(session, deployment)
        built = ListBuild(
            rig.database,
            rig.vault,
            rig.config.vault_folder,
            deployment.id,
            pack.contract,
            who,
            utc_now,
            look_alike=pack.threshold(max(pictures, 1)).value,
            status_within=within,
            calibration=pack.odds_text,
        ).run(options.above_cap)
    print(f"{deployment.name}: {built.entries} entries, {built.pictures} pictures, hash {built.hash[:16]}")
    if built.look_alikes:
        print(f"{built.look_alikes} pairs look alike and carry a note.")
    return 0


def show(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        deployment = _deployment(rig, options.deployment)
        if options.entry is not None:
            return _show_entry(rig, options)
        with rig.database.read() as session:
            _show_counts(session, deployment)
    return 0


def withdraw_entry(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        who = _person(rig, options)
        with rig.database.write() as session:
            done = withdraw(session, options.entry, who, options.reason, utc_now())
    print("The entry is withdrawn." if done else "The entry was out already.")
    return 0


def restore_entry(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        who = _person(rig, options)
        with rig.database.write() as session:
            restore(session, options.entry, who, options.reason, utc_now())
    print("The entry stands again. One more false alert quarantines it again.")
    return 0


def note(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        who = _person(rig, options)
        # Not an argument: it may name somebody.
        text = input("who is easily mistaken for this person: ") if sys.stdin.isatty() else sys.stdin.readline()
        with rig.database.write() as session:
            note_look_alike(rig.vault, session, options.entry, who, text, utc_now())
    print("The note is on the entry.")
    return 0


def expire(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        deployment = _deployment(rig, options.deployment)
        with rig.database.write() as session:
            expired = expire_due(session, deployment.id, utc_now())
    print(f"{len(expired)} entries expired.")
    return 0


def status(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        if status_source(rig.config) is None:
            raise UsageError(f"{options.rig}: no status source is configured: add a [status] section")
        counts = _ask_source(rig, _deployment(rig, options.deployment).id)
    words = {"wanted": "wanted", "no_longer_wanted": "no longer wanted, withdrawn", "unknown": "unknown to the source"}
    print(", ".join(f"{counts[code]} {words[code]}" for code in words))
    return 0


def asked_whether_listed(options: argparse.Namespace) -> int:
    with _rig(options) as rig:
        who = _person(rig, options)
        with rig.database.write() as session:
            found = was_listed(rig.vault, session, options.reference, who, utc_now())
    if not found:
        print("No deployment in this rig's record listed this reference.")
    for listing in found:
        erased = ", erased" if listing.erased else ""
        print(f"{listing.deployment} ({listing.deployment_id})")
        print(f"  entry {listing.entry_id}, listed {to_text(listing.listed_at)[:16]}Z")
        print(f"  {listing.category}, {listing.response}, {listing.state}{erased}")
    return 0


@contextmanager
def _rig(options: argparse.Namespace) -> Iterator[OpenRig]:
    with open_rig(load(options.rig)) as rig:
        yield rig


def _person(rig: OpenRig, options: argparse.Namespace) -> str:
    if options.name is None:
        raise UsageError("say who acts: --as NAME")
    return acting(rig.database, options.name).id


def _deployment(rig: OpenRig, asked: str) -> Deployment:
    """By id, or the newest of this name that is not over."""
    with rig.database.read() as session:
        found = (
            session.get(Deployment, asked)
            or session.scalars(
                select(Deployment)
                .where(Deployment.name == asked, Deployment.state.not_in(("refused", "ended", "erased")))
                .order_by(Deployment.created_at.desc())
                .limit(1)
            ).one_or_none()
        )
    if found is None:
        raise UsageError(f"there is no deployment {asked!r}: give its name while it is open, or its id")
    return found


def _ask_source(rig: OpenRig, deployment_id: str) -> dict[str, int]:
    source = status_source(rig.config)
    assert source is not None
    with rig.database.read() as session:
        asked = ask(rig.vault, session, source, deployment_id)
    with rig.database.write() as session:
        return apply_answers(session, asked, utc_now())


def _show_entry(rig: OpenRig, options: argparse.Namespace) -> int:
    if options.reason is None:
        raise UsageError("say why the entry is looked at: --reason CODE")
    who = _person(rig, options)
    with rig.database.write() as session:
        entry, found = view_entry(rig.vault, session, options.entry, who, options.reason, utc_now())
        rows = {
            "reference": found.reference,
            "name": found.name,
            "reason": found.reason,
            "look-alike note": found.look_alike_note,
            "offence code": found.offence_code,
            "category": f"{entry.category}, {entry.response}",
            "source": f"{entry.source_system}, {entry.lawful_basis}",
            "retention": f"{entry.retention_status}, review on {entry.review_on}",
            "expires": to_text(entry.expires_at)[:16] + "Z",
            "status checked": to_text(entry.status_checked_at)[:16] + "Z",
            "state": entry.state + (f" ({entry.state_reason})" if entry.state_reason else ""),
            "false alerts": str(entry.false_alerts),
            "pictures taken": ", ".join(str(picture.taken_on) for picture in entry.pictures),
        }
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    Console(width=WIDTH, highlight=False, markup=False).print(table)
    return 0


def _pictures_listed(session: Session, deployment: Deployment) -> int:
    """Reference pictures of the entries in force: what the list's threshold is for."""
    mine = (Entry.deployment_id == deployment.id, Entry.state == "active")
    return session.scalar(select(func.count()).select_from(EntryPicture).join(Entry).where(*mine)) or 0


def _show_counts(session: Session, deployment: Deployment) -> None:
    table = Table("entries", "count", box=None, pad_edge=False)
    for column in (Entry.state, Entry.category, Entry.response, Entry.source_system):
        counts = session.execute(
            select(column, func.count()).where(Entry.deployment_id == deployment.id).group_by(column).order_by(column)
        )
        for value, count in counts:
            table.add_row(f"{column.key.replace('_', ' ')}: {value}", str(count))
    print(f"{deployment.name} ({deployment.id}), {deployment.kind}, {deployment.state}")
    Console(width=WIDTH, highlight=False).print(table)
    imports = session.scalars(select(Import).where(Import.deployment_id == deployment.id).order_by(Import.started_at))
    for one in imports:
        done = "done" if one.finished_at else "interrupted: run the import again"
        print(f"import {one.id[:12]}: {one.rows} rows, {to_text(one.started_at)[:16]}Z, {done}")
    built = session.get(BuiltList, deployment.id)
    if built is None:
        print("The list is not built.")
    else:
        print(f"The list was built at {to_text(built.built_at)[:16]}Z: {built.entries} entries, hash {built.hash[:16]}")
