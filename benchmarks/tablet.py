"""From an alert's storing to its drawing on five tablets, with fifty alerts in the queue; or an hour of such alerts.

    python -m benchmarks.tablet                     # latency: 100 alerts, one every 1.5 seconds
    python -m benchmarks.tablet --every 5 --alerts 720      # an hour: is the memory of page and server flat?

Real processes of a rig (alerts service, tablet server), a real record, real Chromium. Only the worker is played: what
it would send is sent to the alerts service over its socket. Time runs from the record's `stored_at` to the end of the
first frame that the browser painted with the alert's card in it; all clocks are this machine's. After each alert one is
judged "cannot tell", so that the queue keeps its length.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import cv2
import numpy as np
import zmq
from playwright.sync_api import BrowserContext, Page, sync_playwright
from sqlalchemy import select

from alerts.decisions import adjudicate
from alerts.people import add_person
from inference.catalogue import find_pack
from records.database import Database
from records.ids import new_id
from records.schema import Alert, Deployment, Entry
from records.times import to_ns, utc_now
from rig.config import RigConfig, load
from rig.deployments import take_up_test
from rig.opening import open_rig
from watchlist.enrolment import Enrolment
from watchlist.entries import Reference, Subject
from watchlist.list_file import build_list, save_list
from wire.messages import Candidate
from wire.sockets import Wire, send

PASSWORD = "quiet marble stairway"
LOOK = (600, 480)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 30.0
SPARE = 50
"""Entries beyond the queue's length: a new alert is always about somebody without an open one."""

WATCH = """() => {
  window.drawn = {};
  const look = () => {
    for (const card of document.querySelectorAll('[data-alert]')) {
      const id = card.dataset.alert;
      if (id in window.drawn) continue;
      window.drawn[id] = 0;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => { window.drawn[id] = Date.now(); };
        channel.port2.postMessage(null);
      });
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
}"""
"""Notes when each alert's card was painted: a message sent in the frame's callback comes after its painting."""


@dataclass(frozen=True)
class Drawn:
    stored_ms: float
    painted_ms: tuple[float, ...]
    """One for each tablet, milliseconds since the epoch, as `stored_ms`."""


def picture(seed: int) -> bytes:
    """A JPEG of the size of a look, as hard to compress as a photograph."""
    noise = np.random.default_rng(seed).integers(0, 256, (*LOOK, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 3))[1])


def made_list(folder: Path, entries: int, contract: str) -> None:
    """People who do not exist: random templates, noise for pictures."""
    rows = np.random.default_rng(1).standard_normal((entries, 512)).astype(np.float32)
    landmarks = ((200.0, 240.0), (280.0, 240.0), (240.0, 280.0), (210.0, 330.0), (270.0, 330.0))
    subjects, portraits = [], {}
    for row in range(entries):
        found = Reference(
            id=new_id(),
            file=f"{row}.jpg",
            row=row,
            width=LOOK[1],
            height=LOOK[0],
            landmarks=landmarks,
            eye_distance=80.0,
            sharpness=0.3,
            background_faces=0,
        )
        portraits[found.id] = picture(row)
        subjects.append(Subject(id=new_id(), label=f"person {row}", pictures=(found,)))
    templates = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    enrolled = Enrolment(tuple(subjects), templates, portraits, (), ())
    save_list(build_list(enrolled, contract=contract, created_at=utc_now()), folder)


def prepared(folder: Path, entries: int) -> tuple[RigConfig, Path]:
    pack = find_pack("starter")
    made_list(folder / "list", entries, pack.contract)
    rig_file = folder / "rig.toml"
    rig_file.write_text(
        f"""name = "benchmark"
data = {json.dumps(str(folder))}
run = {json.dumps(str(folder / "run"))}
[deployment]
name = "Benchmark"
[watchlist]
folder = "list"
[inference]
pack = "starter"
[alerts]
expire_seconds = 86400
[tablet]
port = 0
[[camera]]
name = "north"
source = "file:none.mp4"
""",
        encoding="utf-8",
    )
    return load(rig_file), rig_file


class Worker:
    """Sends candidates as a worker does, each about the entry that has waited longest."""

    def __init__(self, wire: Wire, config: RigConfig, database: Database) -> None:
        self._socket = wire.connect(zmq.DEALER, config.alerts_address)
        with database.read() as session:
            self._deployment = session.scalars(select(Deployment)).one()
            self._entries = list(session.scalars(select(Entry.id)))
        self._looks = [picture(1000 + number) for number in range(3)]
        self._next = 0

    def send(self) -> str:
        found = self._deployment
        assert found.threshold is not None
        assert found.list_hash is not None
        now, subject = to_ns(utc_now()), self._entries[self._next % len(self._entries)]
        self._next += 1
        candidate = Candidate(
            id=new_id(),
            deployment=found.id,
            camera="north",
            track=self._next,
            subject=subject,
            similarity=found.threshold + 0.05,
            threshold=found.threshold,
            looks=len(self._looks),
            frame=self._next,
            captured_at=now,
            raised_at=now,
            engine="exact",
            contract=find_pack("starter").contract,
            list_hash=found.list_hash,
        )
        until = time.monotonic() + PATIENCE_S
        while not send(self._socket, candidate, (*self._looks, self._looks[0])):
            if time.monotonic() > until:
                raise TimeoutError("the alerts service takes nothing")
            time.sleep(0.02)
        return candidate.id


@contextmanager
def process(role: str, rig_file: Path) -> Iterator[subprocess.Popen[str]]:
    heard = subprocess.PIPE if role == "ui" else subprocess.DEVNULL
    running = subprocess.Popen(
        [sys.executable, "-m", "rig", role, str(rig_file)], stderr=heard, text=True, env=dict(os.environ)
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(timeout=20)


def address_of(running: subprocess.Popen[str]) -> str:
    """Where the tablet's server says that it listens."""
    assert running.stderr is not None
    for line in running.stderr:
        if "the tablet's page is at" in line:
            # Read on to the end: a pipe that is full stops its writer.
            threading.Thread(target=running.stderr.read, daemon=True).start()
            return line.rsplit(" at ", 1)[1].strip()
    raise RuntimeError("the tablet's server did not start")


def tablet(context: BrowserContext, address: str, name: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form.sign-in button, main button").first.click()
    page.wait_for_selector("#link[data-link=live]")
    page.evaluate(WATCH)
    return page


def painted(pages: Sequence[Page], alert: str) -> tuple[float, ...]:
    for page in pages:
        page.wait_for_function("id => window.drawn[id] > 0", arg=alert, timeout=PATIENCE_S * 1000)
    return tuple(float(page.evaluate("id => window.drawn[id]", alert)) for page in pages)


def resident_mib(running: subprocess.Popen[str]) -> float:
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(running.pid)], capture_output=True, text=True, check=True)
    return int(found.stdout) / 1024


def heap_mib(page: Page) -> float:
    """MiB that the page's scripts hold after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return float(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")) / 2**20


def percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share * 100))


def summary(found: Sequence[Drawn]) -> dict[str, float]:
    each = [painted - drawn.stored_ms for drawn in found for painted in drawn.painted_ms]
    last = [max(drawn.painted_ms) - drawn.stored_ms for drawn in found]
    return {
        "p50_ms": round(statistics.median(each), 1),
        "p95_ms": round(percentile(each, 0.95), 1),
        "p99_ms": round(percentile(each, 0.99), 1),
        "most_ms": round(max(each), 1),
        "last_tablet_p95_ms": round(percentile(last, 0.95), 1),
    }


def judge_oldest(database: Database, reviewer: str) -> None:
    with database.write() as session:
        oldest = session.scalars(
            select(Alert.id).where(Alert.state == "waiting").order_by(Alert.stored_at).limit(1)
        ).first()
        if oldest is not None:
            adjudicate(session, oldest, reviewer, "cannot_tell", [], [], utc_now())


def measure(tablets: int, queue: int, alerts: int, every_s: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="openlfr-bench-"))
    memory: list[dict[str, float]] = []
    found: list[Drawn] = []
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        config, rig_file = prepared(folder, queue + SPARE)
        with open_rig(config) as rig:
            take_up_test(rig)
        database = stack.enter_context(open_rig(config)).database
        with database.write() as session:
            for number in range(tablets):
                add_person(session, f"officer {number}", "operator", PASSWORD, utc_now())
            reviewer = add_person(session, "reviewer", "operator", PASSWORD, utc_now()).id
        service = stack.enter_context(process("alerts", rig_file))
        server = stack.enter_context(process("ui", rig_file))
        address = address_of(server)
        worker = Worker(stack.enter_context(Wire()), config, database)
        for _ in range(queue):
            worker.send()
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS)), None), args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        pages = [tablet(browser.new_context(), address, f"officer {number}") for number in range(tablets)]
        for page in pages:
            page.wait_for_function("least => document.querySelectorAll('[data-alert]').length >= least", arg=queue)
        began = time.monotonic()
        for number in range(alerts):
            if number % max(1, round(60 / every_s)) == 0:
                for page in pages:
                    # A person is there: left alone, a page locks itself.
                    page.locator("#queue-title").click()
                memory.append(
                    {
                        "alerts": number,
                        "server_mib": round(resident_mib(server), 1),
                        "service_mib": round(resident_mib(service), 1),
                        "page_mib": round(heap_mib(pages[0]), 2),
                    }
                )
            sent = worker.send()
            when = painted(pages, sent)
            with database.read() as session:
                stored = session.get_one(Alert, sent).stored_at
            found.append(Drawn(to_ns(stored) / 1e6, when))
            judge_oldest(database, reviewer)
            time.sleep(max(0.0, began + (number + 1) * every_s - time.monotonic()))
        for page in pages:
            page.context.close()
    return {
        "tablets": tablets,
        "queue": queue,
        "alerts": alerts,
        "every_s": every_s,
        **summary(found),
        "memory": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tablets", type=int, default=5)
    parser.add_argument("--queue", type=int, default=50, help="open alerts all the time")
    parser.add_argument("--alerts", type=int, default=100)
    parser.add_argument("--every", type=float, default=1.5, help="seconds between alerts")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = measure(options.tablets, options.queue, options.alerts, options.every)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    memory = result.pop("memory")
    for name, value in result.items():
        print(f"{name:>20}  {value}")
    for first_or_last in (memory[0], memory[-1]):
        print("  ".join(f"{name} {value:g}" for name, value in first_or_last.items()))


if __name__ == "__main__":
    main()
