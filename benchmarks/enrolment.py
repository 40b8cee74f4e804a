"""Pictures a second of enrolment, beside insightface on the same pictures.

    openlfr bench enrolment

Ours is `watchlist.enrolment.enrol` as `openlfr enrol` does it: read and check the picture, find the face, judge whether
it can stand for somebody, cut out the portrait, find it again there, make the template, encode the portrait. The peer's
loop reads each picture, runs `FaceAnalysis.get` and keeps the largest face's template; it judges nothing and keeps no
portrait. Same pack, one thread a model session, in turns, each in a process of its own; loading the models is not
counted. `openlfr bench watchlist-import` measures the commands around it, with the record and the seal.

How to read it: `refused` pictures count as done, because the work was done; insightface `refuses` where it finds no
face.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from benchmarks.arguments import at_least
from benchmarks.data import lfw_pictures
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result, ratios, spread
from benchmarks.turns import apart, in_turns

OURS, PEER = "openlfr", "insightface"
USUAL, QUICK = 300, 60
SIZE = 640


def ours(pictures: list[str], pack: str, threads: int) -> dict[str, Any]:
    from inference.catalogue import find_pack
    from inference.reader import Reader, open_models
    from inference.sessions import SessionSettings
    from inference.threads import limit_threads
    from watchlist.enrolment import enrol

    limit_threads(1)
    reader = Reader(open_models(find_pack(pack), SessionSettings(threads=threads)))
    people = {str(number): (Path(picture),) for number, picture in enumerate(pictures)}
    began, cpu = time.perf_counter(), time.process_time()
    found = enrol(people, reader)
    return {
        "pictures": len(found.templates) + len(found.rejected),
        "refused": len(found.rejected),
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
    }


def plain(pictures: list[str], pack: str, threads: int) -> dict[str, Any]:
    import cv2

    from evaluation.errors import EvaluationError
    from evaluation.insightface_app import open_insightface
    from inference.catalogue import find_pack
    from inference.threads import limit_threads

    limit_threads(1)
    try:
        app = open_insightface(find_pack(pack), size=SIZE, threads=threads)
    except EvaluationError as error:
        raise BenchmarkError(str(error)) from error
    templates = []
    began, cpu = time.perf_counter(), time.process_time()
    for picture in pictures:
        faces = app.get(cv2.imread(picture))
        if faces:
            templates.append(max(faces, key=lambda face: face.bbox[2] - face.bbox[0]).normed_embedding)
    return {
        "pictures": len(pictures),
        "refused": len(pictures) - len(templates),
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=at_least(1), help=f"how many, of LFW (default: {USUAL})")
    parser.add_argument("--pack", default="lab-mbf", help="one that insightface can load: an SCRFD detector")
    parser.add_argument("--threads", type=at_least(1), default=1, help="of a model session")
    parser.add_argument("--rounds", type=at_least(1), help="of each side (default: 3)")


def measure(options: argparse.Namespace) -> Result:
    from inference.catalogue import find_pack

    every = lfw_pictures()
    count = options.pictures or (QUICK if options.quick else USUAL)
    if count > len(every):
        raise BenchmarkError(f"there are {len(every)} pictures; --pictures asks for {count}")
    # Spread over the whole table, which is sorted by name.
    pictures = [str(every[at * len(every) // count]) for at in range(count)]
    pack, rounds = find_pack(options.pack), options.rounds or (2 if options.quick else 3)
    given = {"pictures": pictures, "pack": str(pack.folder), "threads": options.threads}
    runs = in_turns({OURS: lambda: apart(ours, **given), PEER: lambda: apart(plain, **given)}, rounds)
    rows: list[dict[str, Figure]] = []
    for side, each in runs.items():
        found = [run.figures for run in each]
        if any(one["pictures"] != count for one in found):
            raise BenchmarkError(f"enrolment: {side} read {found[-1]['pictures']} of {count} pictures")
        row: dict[str, Figure] = {
            "side": side,
            "pictures": count,
            "refused": found[-1]["refused"],
            "pictures/s": spread([count / one["wall_s"] for one in found]),
            "CPU ms": spread([1000 * one["cpu_s"] / count for one in found]),
            "times as fast": None,
        }
        if side == OURS:
            theirs = [run.figures["wall_s"] for run in runs[PEER]]
            row["times as fast"] = ratios(theirs, [one["wall_s"] for one in found])
        rows.append(row)
    return new_result(
        "enrolment",
        f"`openlfr enrol` against FaceAnalysis.get on the same pictures, {options.threads} threads a model session",
        [Table("", rows)],
        pack=pack,
        rounds=rounds,
    )
