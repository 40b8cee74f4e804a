"""A long list from the table to the seal: 10,000 generated entries, their pictures from LFW, repeated with changes.

    openlfr bench watchlist-import --entries 10000 --pack lab-mbf

Runs the real commands in processes of their own, on a new record in a temporary folder. Many people stand in the table
several times, so every row carries a look-alike note, and the build goes through. Every hundredth row is made wrong on
purpose: it must be rejected, with a code that says why.

How to read it: `import` reads the table and the pictures, checks both and enrols; `build` compares everybody with
everybody and seals the list; `load` opens the sealed list as a worker does, in a process that has nothing else. Peak
MiB is that of the process.
"""

import argparse
import csv
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import cv2
import numpy as np

from alerts.people import add_person
from benchmarks.arguments import at_least
from benchmarks.data import data
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result
from benchmarks.turns import apart
from inference.catalogue import default_pack, find_pack
from records.database import Database
from records.ids import new_id
from records.master import lock_with_key_file, make_key_file
from records.policy import read_policy
from records.schema import Deployment
from records.times import to_text, utc_now
from watchlist.rows import COLUMNS

PASSWORD = "quiet marble stairway"
POLICY = Path(__file__).parent.parent / "deploy" / "policy" / "uk.toml"
WRONG = 100
USUAL, QUICK = 10_000, 200


def write_import(folder: Path, lfw: Path, entries: int) -> Path:
    """A table and its pictures: each LFW picture once, then again with other light and a small turn."""
    folder.mkdir(parents=True)
    with (lfw / "images.csv").open(newline="") as file:
        pictures = [lfw / row["path"] for row in csv.DictReader(file) if not row["label_note"]]
    draw, now = random.Random(7), utc_now()
    draw.shuffle(pictures)
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number, path in enumerate(itertools.islice(itertools.cycle(pictures), entries)):
            name = f"{number:05}.jpg"
            if number < len(pictures):
                (folder / name).write_bytes(path.read_bytes())
            else:
                save_changed(folder / name, path, draw)
            row = {
                "reference": f"BENCH-{number:05}",
                "name": f"Person {number}",
                "category": "wanted_by_court" if number % WRONG else "somebody",
                "reason": "Generated to measure an import",
                "response": draw.choice(("act", "verify")),
                "expires": to_text(now + timedelta(days=7)),
                "source_system": "custody",
                "lawful_basis": "pace_64a",
                "retention_status": draw.choice(("convicted", "charged")),
                "review_on": str(now.date() + timedelta(days=90)),
                "status_checked_at": to_text(now - timedelta(minutes=10)),
                "pictures": name,
                "pictures_taken_on": str(now.date() - timedelta(days=draw.randrange(5000))),
                "look_alike_note": "LFW has this person more than once",
            }
            writer.writerow(row)
    return folder / "list.csv"


def save_changed(file: Path, source: Path, draw: random.Random) -> None:
    picture = cv2.imread(str(source))
    assert picture is not None
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), draw.uniform(-6, 6), draw.uniform(0.95, 1.1))
    turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    lit = np.clip(turned.astype(np.float32) * draw.uniform(0.8, 1.2), 0, 255).astype(np.uint8)
    assert cv2.imwrite(str(file), lit, [cv2.IMWRITE_JPEG_QUALITY, 92])


def make_rig(folder: Path, pack: str, threads: int) -> Path:
    """A rig file, its record with a list builder, and a drafted deployment named `bench`."""
    file = folder / "rig.toml"
    file.write_text(
        'name = "bench"\ndata = "data"\n[deployment]\nname = "bench"\nkind = "operational"\n'
        f'[policy]\nfile = "{POLICY}"\n[vault]\nkey_file = "master.key"\n'
        f'[inference]\npack = "{pack}"\nthreads = {threads}\n[[camera]]\nname = "none"\nsource = "usb:0"\n'
    )
    database, now, pinned = Database(folder / "data" / "record.db"), utc_now(), read_policy(POLICY)
    database.migrate()
    make_key_file(folder / "master.key")
    with database.write() as session:
        lock_with_key_file(session, folder / "master.key", now).close()
        builder = add_person(session, "Builder", "list_builder", PASSWORD, now).id
        session.add(
            Deployment(
                id=new_id(),
                name="bench",
                kind="operational",
                state="draft",
                confirmations=1,
                qualified_only=False,
                policy=pinned.text,
                policy_hash=pinned.hash,
                document='{"purpose":"wanted_on_warrant"}',
                document_hash="0" * 64,
                begins_at=now,
                ends_at=now + timedelta(hours=8),
                threshold=0.5,
                list_hash=None,
                urgent=False,
                drafted_by=builder,
                created_at=now,
            )
        )
    database.close()
    return file


def measured(action: str, rig: Path, *arguments: str) -> dict[str, Any]:
    """Seconds and peak MiB of one command in a process of its own, and what it printed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "rig", "watchlist", action, *arguments, "--rig", str(rig), "--as", "Builder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{PASSWORD}\n")
    process.stdin.close()
    said = process.stdout.read()
    process.stdout.close()
    # wait4: the peak of this one process, not of all that ever ran.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {
        "action": action,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mib": round(used.ru_maxrss / scale),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "code": process.returncode,
        "said": said,
    }


def load(rig: str) -> dict[str, Any]:
    """Seconds to open the sealed list in this process, and to answer which entries are withheld."""
    from rig.config import load as load_rig
    from rig.opening import open_rig
    from watchlist.sealed_list import open_list
    from watchlist.standing import withheld

    config = load_rig(Path(rig))
    with open_rig(config) as opened, opened.database.read() as session:
        deployment = session.query(Deployment).one()
        contract = find_pack(config.inference.pack).contract
        began = time.perf_counter()
        watchlist = open_list(session, opened.vault, config.vault_folder, deployment.id, contract=contract)
        opened_s = time.perf_counter() - began
        times = []
        for _ in range(20):
            began = time.perf_counter()
            withheld(session, deployment.id, utc_now(), timedelta(minutes=60))
            times.append(time.perf_counter() - began)
    return {
        "seconds": opened_s,
        "entries": len(watchlist.subjects),
        "withheld_ms": 1000 * float(np.median(times)),
    }


def bytes_of(folder: Path) -> dict[str, int]:
    return {
        "record": sum(path.stat().st_size for path in (folder / "data").glob("record.db*")),
        "vault": sum(path.stat().st_size for path in (folder / "data" / "vault").rglob("*") if path.is_file()),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--entries", type=at_least(1), help=f"default: {USUAL:,}")
    parser.add_argument("--pack", help="name or folder of a model pack (default: the best at hand)")
    parser.add_argument("--threads", type=at_least(1), default=1, help="of the model sessions")


def measure(options: argparse.Namespace) -> Result:
    entries = options.entries or (QUICK if options.quick else USUAL)
    pack = find_pack(options.pack) if options.pack else default_pack()
    lfw = data("lfw")
    with tempfile.TemporaryDirectory(prefix="openlfr-") as temporary:
        folder = Path(temporary)
        table = write_import(folder / "brought", lfw, entries)
        rig = make_rig(folder, str(pack.folder), options.threads)
        report = folder / "report.json"
        steps = [
            measured("import", rig, "bench", str(table), "--report", str(report)),
            measured("build", rig, "bench", "--above-cap", "A list that is generated to measure it"),
        ]
        if steps[-1]["code"]:
            raise BenchmarkError(f"watchlist-import: the list was not built: {steps[-1]['said'].strip()}")
        told = json.loads(report.read_text())
        opened = apart(load, rig=rig)
        sizes = bytes_of(folder)
    rows: list[dict[str, Figure]] = [
        {"step": step["action"], "s": step["seconds"], "CPU s": step["cpu_s"], "peak MiB": step["peak_mib"]}
        for step in steps
    ]
    rows.append({"step": "load", "s": opened.figures["seconds"], "CPU s": None, "peak MiB": round(opened.peak_mib)})
    counted: dict[str, Figure] = {
        "entries": entries,
        "accepted": told["accepted"],
        "rejected": told["rejected"],
        "listed": opened.figures["entries"],
        "record MB": sizes["record"] / 1e6,
        "vault MB": sizes["vault"] / 1e6,
        "withheld, ms": opened.figures["withheld_ms"],
    }
    codes = Counter(finding["code"] for row in told["rows"] for finding in row["findings"])
    return new_result(
        "watchlist-import",
        f"the commands from a table of {entries:,} entries to the sealed list, each in a process of its own",
        [
            Table("", rows),
            Table("What came of it", [counted]),
            Table("Findings", [{"finding": code, "times": times} for code, times in codes.most_common()]),
        ],
        pack=pack,
    )
