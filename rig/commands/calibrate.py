"""`openlfr calibrate`: measures which thresholds a pack needs, and how often its alerts are wrong."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "calibrate",
        help="measure a pack's thresholds, and how often its alerts are wrong",
        description="Compares every two pictures of known people with a pack, and makes its calibration: thresholds "
        "for lists of a size at a false positive identification rate (FPIR), each with its 95 % interval, and the "
        "odds that reviewers are told. The same command on the same data gives the same figures.",
    )
    parser.add_argument("labels", type=Path, metavar="IMAGES.csv", help="columns path and identity")
    parser.add_argument("--pack", required=True, help="name or folder of a model pack")
    parser.add_argument("--root", type=Path, metavar="DIR", help="what paths start from (default: the CSV's folder)")
    parser.add_argument("--name", help="what the data are called on screens (default: the name of the CSV)")
    parser.add_argument(
        "--face",
        choices=("largest", "central"),
        default="largest",
        help="whose picture it is, of several faces: the largest (default) or the one nearest the middle",
    )
    parser.add_argument("--notes", type=Path, metavar="CSV", help="pictures to leave out: columns path and label_note")
    parser.add_argument(
        "--list-size", type=int, nargs="+", metavar="N", help="lists, in reference pictures (500 to 9756)"
    )
    parser.add_argument(
        "--fpir", type=float, nargs="+", metavar="RATE", help="targets (default 0.01, 0.001 and 1 in 6,000)"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep templates there for the next run; they identify people: give a folder that only you can read",
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--write", action="store_true", help="use it from now on: keep it in your cache, for this pack")
    kept.add_argument("--out", type=Path, metavar="FILE", help="write it there (a pack's own: its calibration.toml)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from evaluation.all_pairs import compare
    from evaluation.calibrating import LIST_SIZES, TARGETS, calibrate
    from evaluation.evaluate import looks_refused
    from evaluation.features import read_features
    from evaluation.labels import read_labels, read_notes
    from evaluation.reading import Reading, Which
    from evaluation.report import write
    from inference.calibration import calibration_toml
    from inference.catalogue import calibrations_folder, find_pack
    from inference.reader import open_models
    from inference.settings import PipelineSettings
    from inference.threads import limit_threads
    from rig.calibration_tables import lead, look_alikes, thresholds
    from rig.progress import progress
    from rig.tables import show

    sizes, targets = tuple(options.list_size or LIST_SIZES), tuple(options.fpir or TARGETS)
    name = (options.name or options.labels.stem).strip()
    _check(sizes, targets, name)
    notes = read_notes(options.notes) if options.notes else None
    labels = read_labels(options.labels, options.root, notes=notes)
    limit_threads(1)
    models = open_models(find_pack(options.pack))
    with progress("reading") as tick:
        paths = [picture.path for picture in labels.pictures]
        features = read_features(paths, models, Reading(Which(options.face)), cache=options.cache, tick=tick)
    refused = looks_refused(features, PipelineSettings(threshold=0.0), models.detector.least_score)
    taken = [place for place, reason in enumerate(refused) if not reason]
    pictures = [labels.pictures[place] for place in taken]
    scores = compare(features.templates[taken], [picture.identity for picture in pictures])
    with progress("resampling") as tick:
        made = calibrate(
            scores,
            pack=models.pack.name,
            contract=models.pack.contract,
            data=f"{name} ({len(taken):,} pictures of {scores.people:,} people)",
            refused=len(refused) - len(taken),
            lists=sizes,
            targets=targets,
            tick=tick,
        )
    kept = calibrations_folder() / f"{made.contract}.toml" if options.write else options.out
    if kept is not None:
        write(kept, calibration_toml(made).encode())
    show(lead(made), [thresholds(made), look_alikes(scores, pictures)])
    if kept is not None:
        print(f"\nWritten: {kept}")
    return 0


def _check(sizes: tuple[int, ...], targets: tuple[float, ...], name: str) -> None:
    from rig.failures import UsageError

    if any(not 1 <= size <= 10_000_000 for size in sizes):
        raise UsageError(f"--list-size must be from 1 to 10000000, not {' '.join(map(str, sizes))}")
    if any(not 1e-6 <= target <= 0.5 for target in targets):
        raise UsageError(f"--fpir is a rate from 0.000001 to 0.5, not {' '.join(map(str, targets))}")
    if not name.isprintable() or not 1 <= len(name) <= 100:
        raise UsageError("--name is 1 to 100 printable characters")
