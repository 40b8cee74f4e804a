"""Oxford Circus, 28 January 2022: 12,120 passages against a list of 9,756, through the whole live path.

People of LFW are drawn walking past; the clip is played as cameras would give it (the newest frame wins, what is too
much is dropped and counted) to a whole rig: capture processes, worker, alerts service, tablet server, record. Told are
the passages counted beside those shown, drops, false alerts, latency, memory over time, and whether the record
reconciles.

    openlfr bench oxford-circus                            # 12,120 passages, 120 a minute: 105 minutes
    openlfr bench oxford-circus --rate 40 120 500 --cameras 1 4 --minutes 2
    openlfr bench oxford-circus --quick                    # 2 minutes, 200 portraits

`--rate` is the whole rig's, shared by its cameras. LFW has too few people for such a list: what their portraits leave
free is filled with random templates, which cost the search as much as real ones but are like nobody. So read the false
alerts as those of the real portraits.
"""

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path

from sqlalchemy import func, select

from alerts.counts import add_up
from benchmarks.alert_times import Told, alert_times
from benchmarks.crowd import Truth
from benchmarks.data import lfw_pictures
from benchmarks.oxford_people import Walkers, build, choose
from benchmarks.oxford_tables import Candidates, Run, Sample, tables
from benchmarks.passages import Counted, Shown, compare, make_passages, passages_in, repeated, seconds_for
from benchmarks.report import Result, new_result
from benchmarks.rigs import LiveRig, Memory, write_rig
from inference.catalogue import default_pack, find_pack
from inference.pack import Pack
from inference.stages import read_log
from records.database import Database
from records.export import export_ledger
from records.schema import Alert, Entry, PassageOfTest, Sighting, Suppressed
from records.times import utc_now
from records.verify import verify
from rig.config import RigConfig
from rig.opening import open_rig
from watchlist.particulars import open_particulars

PASSAGES, ENTRIES, PORTRAITS = 12_120, 9_756, 2_000
RATE = 120.0
QUICK_MINUTES, QUICK_PORTRAITS = 2.0, 200
SAMPLE_EVERY_S = 5.0
SIZE = 1280, 720
ALERTS_EXPIRE_S = 120.0
"""Nobody judges them here. After it the same person is a new alert."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, nargs="+", default=[RATE], help="passages a minute of the whole rig")
    parser.add_argument("--cameras", type=int, nargs="+", default=[1])
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--minutes", type=float, help="instead of --passages: so long for each rate")
    parser.add_argument("--clip-minutes", type=float, default=5.0, help="length of what is drawn, then played again")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="length of the list")
    parser.add_argument("--portraits", type=int, default=PORTRAITS, help="entries that are people of LFW, at most")
    parser.add_argument("--listed-every", type=int, default=40, help="one passer-by in so many is listed")
    parser.add_argument("--fps", type=float, default=12.0)
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument(
        "--accelerated", action="store_true", help="lossless, as fast as the worker goes: what it could do at most"
    )
    parser.add_argument("--cache", type=Path, help="folder where the enrolled list is kept for the next time")
    parser.add_argument("--seed", type=int, default=7)


@dataclass(frozen=True)
class Stage:
    """What all runs of one benchmark share."""

    folder: Path
    pack: Pack
    watchlist: Path
    walkers: Walkers
    options: argparse.Namespace


def measure(options: argparse.Namespace) -> Result:
    if options.quick:
        options.minutes, options.portraits = QUICK_MINUTES, min(options.portraits, QUICK_PORTRAITS)
    pack = find_pack(options.pack) if options.pack else default_pack()
    people = choose(lfw_pictures(), options.portraits, options.seed)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="openlfr-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        named = f"oxford-{pack.contract[:12]}-{options.entries}-{options.portraits}-{options.seed}"
        watchlist = (options.cache or folder) / named
        enrolled, entries = build(people, options.entries, pack, watchlist)
        walkers = Walkers(people, enrolled, options.listed_every)
        stage = Stage(folder, pack, watchlist, walkers, options)
        runs = [run(stage, rate, cameras) for cameras in options.cameras for rate in options.rate]
    return new_result(
        "oxford-circus",
        f"{'lossless, as fast as it goes' if options.accelerated else 'live'}, {SIZE[0]} x {SIZE[1]} at"
        f" {options.fps:g} frames a second from each camera, a list of {entries:,}",
        tables(runs),
        pack=pack,
        notes=[
            f"{len(enrolled):,} of the {entries:,} entries are portraits from LFW, the others random templates.",
            f"One passer-by in {options.listed_every} is listed, with another picture than the list's.",
            "The passers-by are cut-outs that come nearer; a clip that is played again shows the same people again.",
            "A frame's age and an alert's latency begin when its picture was decoded.",
        ],
    )


def run(stage: Stage, rate: float, cameras: int) -> Run:
    """Raises BenchmarkError where the rig does not come to the end."""
    options = stage.options
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=stage.folder))
    truths, shown = _clips(stage, folder, rate, cameras)
    turns = max(one.last // truths[one.camera].frames for one in shown) + 1
    wanted = {camera: turns * truth.frames for camera, truth in truths.items()}
    clips = {camera: truth.video for camera, truth in truths.items()}
    pace = "fast" if options.accelerated else "live"
    rig_file = write_rig(folder, stage.watchlist, stage.pack, clips, pace=pace, expire_s=ALERTS_EXPIRE_S)
    stages, samples = folder / "stages.jsonl", list[Sample]()
    with LiveRig(rig_file, stages) as rig, Told(rig.config.changes_address) as told:
        sampled_at = 0.0

        def over() -> bool:
            nonlocal sampled_at
            if time.monotonic() - sampled_at >= SAMPLE_EVERY_S:
                sampled_at = time.monotonic()
                samples.append(_sample(rig, rig.memory()))
            # Some frames before the end: nobody is in the picture there.
            return all(watcher.frames >= wanted[watcher.camera] - options.fps / 2 for watcher in rig.watchers)

        rig.start_cameras()
        patience_s = 60 + 20 * max(wanted.values()) / options.fps
        rig.until(over, "the cameras' last passage", patience_s)
        minutes = (time.monotonic() - rig.began_at) / 60
        held = rig.memory()
        produced, overwritten = rig.produced(), sum(watcher.dropped for watcher in rig.watchers)
        rig.stop_cameras()
        rig.settle()
        samples.append(_sample(rig, held))
        restarts, counts = rig.restarts(), add_up(rig.counts())
        counted, candidates = _read(rig.database, labels_of(rig.config))
        alerts = list(alert_times(rig.database, told).values())
    in_time = [one for one in counted if one.first < wanted[one.camera]]
    return Run(
        rate=rate,
        cameras=cameras,
        minutes=minutes,
        compared=compare(shown, in_time),
        counts=counts,
        produced=produced,
        overwritten=overwritten,
        listed_passages=len(counted),
        candidates=candidates,
        samples=samples,
        alerts=alerts,
        frames=read_log(stages),
        restarts=restarts,
        ledger=_ledger(rig.config, folder / "ledger.jsonl"),
        people=len({one.identity for one in shown}),
    )


def _clips(stage: Stage, folder: Path, rate: float, cameras: int) -> tuple[Mapping[str, Truth], list[Shown]]:
    """A clip for each camera, and every passage that is shown when all are played as often as is needed."""
    options, each = stage.options, rate / cameras
    wanted = ceil(each * options.minutes) if options.minutes else ceil(options.passages / cameras)
    seconds = min(seconds_for(each, wanted), max(60 * options.clip_minutes, seconds_for(each, 1)))
    in_clip = passages_in(each, seconds)
    truths, shown = {}, list[Shown]()
    for number in range(cameras):
        camera = f"camera {number + 1}"
        walkers = list(islice(stage.walkers.who, in_clip))
        seed = options.seed + number
        truth = make_passages(folder / f"{number}.mp4", walkers, each, seconds, options.fps, SIZE, seed)
        truths[camera] = truth
        shown += repeated(truth, camera, ceil(wanted / in_clip), stage.walkers.listed)
    return truths, shown


def _sample(rig: LiveRig, memory: Memory) -> Sample:
    counts = add_up(rig.counts())
    return Sample(memory, counts.passages, counts.frames, counts.dropped)


def labels_of(config: RigConfig) -> dict[str, str]:
    """The name of each entry, by its id."""
    with open_rig(config) as rig, rig.database.read() as session:
        entries = session.scalars(select(Entry)).all()
        return {entry.id: open_particulars(rig.vault, session, entry).name for entry in entries}


def _read(database: Database, labels: Mapping[str, str]) -> tuple[list[Counted], Candidates]:
    """From the record: passages with whom they were taken for, and what became of candidates."""
    with database.read() as session:
        alerts = session.scalars(select(Alert).order_by(Alert.id)).all()
        named: dict[tuple[str, int], list[str]] = defaultdict(list)
        subjects = {alert.id: alert.subject_id for alert in alerts}
        for alert in alerts:
            named[alert.camera, alert.track].append(labels[alert.subject_id])
        sightings = session.scalars(select(Sighting)).all()
        for sighting in sightings:
            named[sighting.camera, sighting.track].append(labels[subjects[sighting.alert_id]])
        counted = [
            Counted(row.camera, row.track, row.first_frame, row.last_frame, tuple(named[row.camera, row.track]))
            for row in session.scalars(select(PassageOfTest))
        ]
        suppressed = session.scalar(select(func.count()).select_from(Suppressed)) or 0
    return counted, Candidates(len(alerts), len(sightings), suppressed)


def _ledger(config: RigConfig, file: Path) -> str:
    """What `openlfr verify` finds wrong with the ledger; empty where it is complete and unaltered."""
    with open_rig(config) as rig:
        with rig.database.read() as session:
            export_ledger(session, file, rig.signer, utc_now())
        verdict = verify(file, rig.signer.public)
    return "" if verdict.in_order else verdict.sentence
