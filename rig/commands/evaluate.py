"""`openlfr evaluate`: a pack's error rates on labelled pictures, with intervals, plots and insightface beside it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.labels import Only
    from evaluation.measuring import Asked
    from evaluation.report import Report
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a pack's error rates on labelled pictures",
        description="Open-set identification, verification and more of a pack on pictures whose people are known, in "
        "the terms of ISO/IEC 19795-1. The same command on the same data gives the same figures.",
    )
    parser.add_argument("labels", type=Path, metavar="IMAGES.csv", help="columns path, identity and, if any, role")
    parser.add_argument("--root", type=Path, metavar="DIR", help="what paths start from (default: the CSV's folder)")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument("--baseline", action="store_true", help="the same through insightface's own path, beside ours")
    _add_list(parser)
    _add_reading(parser)
    parser.add_argument(
        "--group", action="append", default=[], metavar="COLUMN", help="figures for each value too; may be repeated"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="T", help="measure at this similarity as well (the pack's own: always)"
    )
    parser.add_argument("--keep-noted", action="store_true", help="keep pictures with a label_note (left out, counted)")
    parser.add_argument("--notes", type=Path, metavar="CSV", help="more notes: columns path and label_note")
    parser.add_argument("--draws", type=int, default=5, help="lists drawn, figures are means over them (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write the plots there, as SVG, and results.html")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with plots and tables there")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="keep templates there for the next run; they identify people: give a folder that only you can read",
    )
    parser.add_argument(
        "--suspects", type=Path, metavar="FILE", help="write the pairs whose label most needs a look there, as CSV"
    )
    parser.set_defaults(run=run)


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--list-size",
        type=int,
        metavar="N",
        help="people drawn for each list (default: half of those with two pictures; with roles: all)",
    )
    parser.add_argument("--role", metavar="COLUMN", help="column with enrol or probe (default: role, if there is one)")
    parser.add_argument(
        "--enrol-split", action="store_true", help="draw which picture is enrolled, also where there are roles"
    )
    for part in ("enrol", "probe"):
        parser.add_argument(
            f"--{part}-only",
            action="append",
            default=[],
            metavar="COLUMN=GLOB",
            help=f"of the pictures with role {part} only these",
        )
    parser.add_argument("--fill", type=Path, metavar="CSV", help="fill each list with people of these labels")
    parser.add_argument("--fill-root", type=Path, metavar="DIR", help="what the paths of --fill start from")
    parser.add_argument(
        "--fill-face", choices=("largest", "central"), default="largest", help="as --face, for the pictures of --fill"
    )
    parser.add_argument("--fill-size", type=int, default=1000, metavar="N", help="how many of them (default 1000)")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--face",
        choices=("largest", "central"),
        default="largest",
        help="whose picture it is, of several faces: the largest (default) or the one nearest the middle",
    )
    parser.add_argument("--detector-size", type=int, default=640, metavar="PIXELS", help="as a camera's (default 640)")
    parser.add_argument(
        "--pad", type=float, default=0.0, metavar="SHARE", help="a border for tight crops, e.g. 0.3 (default none)"
    )
    parser.add_argument(
        "--no-floor", action="store_true", help="search with faces too that a camera would not take as looks"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of that floor, as min_eye_distance=9"
    )


def run(options: argparse.Namespace) -> int:
    from evaluation.measuring import measure
    from evaluation.report import to_json, write
    from evaluation.suspects import as_csv, suspects
    from evaluation.tables import lead, tables
    from inference.catalogue import default_pack, find_pack
    from inference.reader import open_models
    from inference.threads import limit_threads
    from rig.progress import progress
    from rig.tables import show

    asked = _asked(options)
    limit_threads(1)
    models = open_models(find_pack(options.pack) if options.pack else default_pack())
    report, material = measure(asked, models, progress)
    show(lead(report), tables(report))
    if options.baseline and report.baseline is None:
        print(f"\nNo baseline: {report.baseline_missing}.")
    if options.json is not None:
        write(options.json, to_json(report))
    if options.suspects is not None:
        write(options.suspects, as_csv(suspects(material)))
    if options.plots is not None or options.html is not None:
        _draw(report, options.plots, options.html)
    return 0


def _asked(options: argparse.Namespace) -> "Asked":
    """The arguments, checked. Raises UsageError."""
    from evaluation.evaluate import Settings
    from evaluation.measuring import FLOOR, Asked
    from evaluation.reading import Reading, Which
    from rig.failures import UsageError
    from rig.pipeline_settings import changed_settings

    for name in ("list_size", "fill_size", "draws", "detector_size"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1, not {value}")
    if options.seed < 0:
        raise UsageError(f"--seed must be at least 0, not {options.seed}")
    if options.threshold is not None and not -1.0 <= options.threshold <= 1.0:
        raise UsageError(f"--threshold is a cosine from -1 to 1, not {options.threshold}")
    if not 0.0 <= options.pad <= 2.0:
        raise UsageError(f"--pad is a share of the picture's size from 0 to 2, not {options.pad}")
    if options.no_floor and options.set:
        raise UsageError("--set changes the floor that --no-floor leaves out; give one of them")
    return Asked(
        labels=options.labels,
        root=options.root,
        role=options.role,
        only=(*_only("enrol", options.enrol_only), *_only("probe", options.probe_only)),
        groups=tuple(options.group),
        keep_noted=options.keep_noted,
        notes=options.notes,
        fill=options.fill,
        fill_root=options.fill_root,
        fill_reading=Reading(Which(options.fill_face), options.detector_size),
        reading=Reading(Which(options.face), options.detector_size, options.pad),
        floor=None if options.no_floor else changed_settings(0.0, options.set, FLOOR),
        threshold=options.threshold,
        baseline=options.baseline,
        cache=options.cache,
        settings=Settings(
            list_size=options.list_size,
            enrol_split=options.enrol_split,
            fill_size=options.fill_size,
            draws=options.draws,
            seed=options.seed,
        ),
    )


def _only(role: str, given: list[str]) -> "list[Only]":
    from evaluation.labels import Only
    from rig.failures import UsageError

    found = []
    for text in given:
        column, equals, pattern = text.partition("=")
        if not equals or not column:
            raise UsageError(f"--{role}-only is COLUMN=GLOB, for example view=cam4, not {text!r}")
        found.append(Only(role, column, pattern))
    return found


def _draw(report: "Report", folder: Path | None, file: Path | None) -> None:
    from evaluation.page import page
    from evaluation.plots import plots
    from evaluation.report import write
    from evaluation.tables import facts, lead, tables

    drawn = plots(report)
    title = f"Recognition with pack {report.pack} on {report.data.file}"
    text = page(title, lead(report), facts(report), tables(report), drawn, alone="Scores").encode()
    if folder is not None:
        for name, svg in drawn.items():
            write(folder / f"{name}.svg", svg.encode())
        write(folder / "results.html", text)
    if file is not None:
        write(file, text)
