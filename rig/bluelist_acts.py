"""What `openlfr bluelist` does: opens the rig, finds volunteers by their labels, logs passes, prints the figures."""

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.bluelist import PassError, log_pass, read_passes
from alerts.bluelist_figures import Walk, figures
from alerts.decisions import Refused
from alerts.pass_schedule import Fault, ScheduleRow, read_schedule, read_time
from operator_ui.bluelist import AFTER, BEFORE, FiguresView, RateView, figures_view
from operator_ui.words import BLUELIST_LIMITS, EQUALITY, LIGHTS
from records.schema import Deployment, Entry
from records.times import utc_now
from rig.acting import actor
from rig.config import RigConfig, load
from rig.failures import UsageError
from rig.opening import OpenRig, open_record, open_rig
from rig.outcome import write_json
from watchlist.particulars import read_particulars

WIDTH = 80


class Report(msgspec.Struct, frozen=True):
    """What `--json` writes."""

    deployment: str
    name: str
    figures: FiguresView
    between_groups: str
    cannot_say: Sequence[str]


def import_passes(options: argparse.Namespace) -> int:
    config = _config(options)
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise UsageError(f"{options.file}: cannot be read ({error.strerror})") from error
    rows, faults = read_schedule(content)
    with open_rig(config) as rig:
        who = actor(rig.database, options.person)
        # All of them or none: what was written before a fault is undone with it.
        with rig.database.write() as session:
            test = _test(session, config)
            faults += _log_all(session, test, rows, _entries(rig, session, test), config, who)
            if faults:
                for fault in sorted(faults, key=lambda one: one.line):
                    print(f"line {fault.line}: {fault.sentence}", file=sys.stderr)
                number = "1 row" if len(faults) == 1 else f"{len(faults)} rows"
                raise PassError(f"{number} cannot be used: nothing was taken in")
    print(f"{len(rows)} passes taken in. How many were found: openlfr bluelist report")
    return 0


def log_one(options: argparse.Namespace) -> int:
    config, now = _config(options), utc_now()
    if (options.began is None) != (options.ended is None):
        raise UsageError("give --began and --ended, or neither: then the pass goes on now")
    began = now - BEFORE if options.began is None else read_time(options.began)
    ended = now + AFTER if options.ended is None else read_time(options.ended)
    with open_rig(config) as rig:
        who = actor(rig.database, options.person)
        with rig.database.write() as session:
            test = _test(session, config)
            entry = _entry_of(_entries(rig, session, test), options.label)
            # A press in the first seconds of a test reaches back before it.
            began = max(began, test.begins_at) if options.began is None else began
            walk = Walk(entry, options.camera, began, ended, options.light, options.group)
            log_pass(session, test.id, walk, _cameras(config), who, utc_now())
    print(f"Logged: {options.label} past {options.camera}, {began:%H:%M:%S} to {ended:%H:%M:%S} UTC.")
    return 0


def report(options: argparse.Namespace) -> int:
    config, now = _config(options), utc_now()
    with open_record(config) as database, database.read() as session:
        test = _test(session, config)
        name, deployment = test.name, test.id
        made = figures_view(figures([one.judged for one in read_passes(session, deployment, now)], now))
    between = EQUALITY[made.equality].format(least=made.least) if made.equality in EQUALITY else ""
    if options.json is not None:
        write_json(options.json, Report(deployment, name, made, between, BLUELIST_LIMITS))
    for line in _shown(name, made, between):
        print(line)
    return 0


def _config(options: argparse.Namespace) -> RigConfig:
    config = load(options.rig)
    if not config.is_test:
        raise Refused("passes are logged for volunteers of a test, never in an operational deployment")
    return config


def _test(session: Session, config: RigConfig) -> Deployment:
    """The newest of this name. Raises UsageError."""
    found = session.scalars(
        select(Deployment)
        .where(Deployment.name == config.deployment.name, Deployment.kind == "test", Deployment.started_at.is_not(None))
        .order_by(Deployment.created_at.desc())
        .limit(1)
    ).first()
    if found is None:
        raise UsageError(f"no test named {config.deployment.name!r} has begun: start it with `openlfr run`")
    return found


def _entries(rig: OpenRig, session: Session, test: Deployment) -> Mapping[str, str]:
    """Entry by label. A label that an entry does not have any more, as it was erased, is not there."""
    entries = session.scalars(select(Entry).where(Entry.deployment_id == test.id, Entry.sealed.is_not(None))).all()
    if not entries:
        return {}
    with rig.vault.key(session, test.id, "list") as key:
        return {read_particulars(key, entry).reference: entry.id for entry in entries}


def _entry_of(entries: Mapping[str, str], label: str) -> str:
    if label not in entries:
        raise PassError(f"no volunteer of this test has the label {label!r:.60}")
    return entries[label]


def _cameras(config: RigConfig) -> list[str]:
    return [camera.name for camera in config.camera]


def _log_all(
    session: Session,
    test: Deployment,
    rows: Sequence[ScheduleRow],
    entries: Mapping[str, str],
    config: RigConfig,
    who: str,
) -> list[Fault]:
    faults, now = [], utc_now()
    for row in rows:
        try:
            entry = _entry_of(entries, row.label)
            walk = Walk(entry, row.camera, row.began, row.ended, row.light, row.group)
            log_pass(session, test.id, walk, _cameras(config), who, now)
        except PassError as error:
            faults.append(Fault(row.line, str(error)))
    return faults


def _shown(name: str, made: FiguresView, between: str) -> list[str]:
    lines = [*textwrap.wrap(f"Test {name}", WIDTH)]
    if made.open:
        lines.append(f"Not over yet, and not counted: {made.open}.")
    if not made.overall.passes:
        return [*lines, "No pass is over yet: there is nothing to say."]
    lines += ["", f"{'':30} {'found':>6} {'passes':>6} {'rate':>7}  95 % interval"]
    lines.append(_line("all", made.overall))
    for title, rates, words in (
        ("camera", made.cameras, {}),
        ("light", made.lights, LIGHTS),
        ("group, as volunteers said", made.groups, {}),
    ):
        if rates:
            lines += ["", title, *(_line(f"  {words.get(rate.name, rate.name)}", rate) for rate in rates)]
    if any(rate.few for rate in (made.overall, *made.cameras, *made.lights, *made.groups)):
        lines += ["", "* too few to say: do not compare this rate with another."]
    if between:
        lines += ["", *textwrap.wrap(f"Between groups: {between}", WIDTH)]
    people = "1 volunteer" if made.volunteers == 1 else f"{made.volunteers} volunteers"
    lines += ["", f"What these figures cannot say ({people} walked past):"]
    for limit in BLUELIST_LIMITS:
        lines += textwrap.wrap(limit, WIDTH, initial_indent="- ", subsequent_indent="  ")
    return lines


def _line(name: str, rate: RateView) -> str:
    value = "–" if rate.rate is None else f"{100 * rate.rate:.1f} %"
    around = f"{100 * rate.low:.1f} to {100 * rate.high:.1f} %"
    short = name if len(name) <= 30 else f"{name[:29]}…"
    return f"{short:30} {rate.found:6} {rate.passes:6} {value:>7}  {around}{' *' if rate.few else ''}"
