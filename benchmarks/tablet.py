"""From an alert's storing to its drawing on five tablets, with fifty alerts in the queue; or an hour of such alerts.

    openlfr bench tablet                                100 alerts, one every 1.5 seconds
    openlfr bench tablet --every 5 --alerts 720         an hour: is the memory of page and server flat?

Real processes of a rig (alerts service, tablet server), a real record, real Chromium. Only the worker is played: what
it would send is sent to the alerts service over its socket. Time runs from the record's `stored_at` to the end of the
first frame that the browser painted with the alert's card in it, and with the card's picture in it; all clocks are this
machine's. After each alert one is judged "cannot tell", so that the queue keeps its length.

How to read it: each tablet's time counts; `last tablet` is the p95 of the slowest of them for each alert. Browsers and
rig share this machine's cores: real tablets bring their own. Memory is what the processes hold (RSS), and of the first
page its scripts after a collection.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import cv2
import numpy as np
import zmq
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from alerts.decisions import adjudicate
from alerts.people import add_person
from benchmarks.lists import invented, save
from benchmarks.memory import resident_mib
from benchmarks.report import BenchmarkError, Figure, Result, Table, new_result
from benchmarks.rigs import percentile, write_rig
from inference.catalogue import find_pack
from records.database import Database
from records.ids import new_id
from records.schema import Alert, Deployment, Entry
from records.times import to_ns, utc_now
from rig.config import RigConfig, load
from rig.deployments import take_up_test
from rig.opening import open_rig
from wire.messages import Candidate
from wire.sockets import Wire, send

PASSWORD = "quiet marble stairway"
LOOK = (600, 480)
MOST_ROWS = 12
"""Of the memory, shown."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 30.0
SPARE = 50
"""Entries beyond the queue's length: a new alert is always about somebody without an open one."""

WATCH = """() => {
  window.drawn = {};
  window.pictured = {};
  const painted = (noted, id) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { noted[id] = Date.now(); };
    channel.port2.postMessage(null);
  });
  const look = () => {
    for (const card of document.querySelectorAll('[data-alert]')) {
      const id = card.dataset.alert;
      if (id in window.drawn) continue;
      window.drawn[id] = 0;
      painted(window.drawn, id);
      card.querySelector("img")?.decode().then(() => painted(window.pictured, id), () => {});
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
}"""
"""Notes when each alert's card was painted: a message sent in the frame's callback comes after its painting."""


@dataclass(frozen=True)
class Drawn:
    stored_ms: float
    """Since the epoch, as all times here."""
    card_ms: tuple[float, ...]
    """One for each tablet."""
    picture_ms: tuple[float, ...]


def picture(seed: int) -> bytes:
    """A JPEG of the size of a look, as hard to compress as a photograph."""
    noise = np.random.default_rng(seed).integers(0, 256, (*LOOK, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 3))[1])


def prepared(folder: Path, entries: int) -> tuple[RigConfig, Path]:
    pack = find_pack("starter")
    save(invented(entries, picture), pack, folder / "list")
    rig_file = write_rig(folder, folder / "list", pack, {"north": folder / "none.mp4"}, expire_s=86400)
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


@contextmanager
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise BenchmarkError("no Chromium or Chrome on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_tablet(address: str, name: str, password: str) -> Iterator[Callable[[], dict[str, float]]]:
    """A tablet with the live page; what is yielded tells when the card of each alert was painted, milliseconds since
    the epoch."""
    with chromium() as browser:
        page = tablet(browser.new_context(), address, name, password)
        yield lambda: {alert: float(at) for alert, at in page.evaluate("window.drawn").items() if at}


def tablet(context: BrowserContext, address: str, name: str, password: str = PASSWORD) -> Page:
    page = context.new_page()
    page.goto(f"{address}sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.locator("form.sign-in button, main button").first.click()
    page.wait_for_selector("#link[data-link=live]")
    page.evaluate(WATCH)
    return page


def painted(pages: Sequence[Page], alert: str, what: str) -> tuple[float, ...]:
    """`what`: drawn or pictured."""
    for page in pages:
        page.wait_for_function(f"id => window.{what}[id] > 0", arg=alert, timeout=PATIENCE_S * 1000)
    return tuple(float(page.evaluate(f"id => window.{what}[id]", alert)) for page in pages)


def heap_mib(page: Page) -> float:
    """MiB that the page's scripts hold after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return float(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")) / 2**20


def summary(what: str, waited: Sequence[Sequence[float]]) -> dict[str, Figure]:
    """`waited`: of each alert, one for each tablet, milliseconds."""
    each = [one for alert in waited for one in alert]
    return {
        "painted": what,
        "alerts": len(waited),
        "p50 ms": round(statistics.median(each), 1),
        "p95 ms": round(percentile(each, 0.95), 1),
        "p99 ms": round(percentile(each, 0.99), 1),
        "most": round(max(each), 1),
        "last tablet": round(percentile([max(alert) for alert in waited], 0.95), 1),
    }


def judge_oldest(database: Database, reviewer: str) -> None:
    with database.write() as session:
        oldest = session.scalars(
            select(Alert.id).where(Alert.state == "waiting").order_by(Alert.stored_at).limit(1)
        ).first()
        if oldest is not None:
            adjudicate(session, oldest, reviewer, "cannot_tell", [], [], utc_now())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tablets", type=int, default=5)
    parser.add_argument("--queue", type=int, default=50, help="open alerts all the time")
    parser.add_argument("--alerts", type=int, help="default: 100")
    parser.add_argument("--every", type=float, default=1.5, help="seconds between alerts")


def measure(options: argparse.Namespace) -> Result:
    alerts = options.alerts or (20 if options.quick else 100)
    found, memory = _session(options.tablets, options.queue, alerts, options.every)
    kept = memory[:: max(1, len(memory) // MOST_ROWS)]
    tables = [
        Table(
            "From stored to painted",
            [
                summary("card", [[at - drawn.stored_ms for at in drawn.card_ms] for drawn in found]),
                summary("its picture", [[at - drawn.stored_ms for at in drawn.picture_ms] for drawn in found]),
            ],
        ),
        Table("Memory, MiB", kept if kept[-1] is memory[-1] else [*kept, memory[-1]]),
    ]
    about = f"from an alert's storing to its painting: {options.tablets} tablets, {options.queue} alerts in the queue, "
    return new_result("tablet", f"{about}one more every {options.every:g} s", tables)


def _session(tablets: int, queue: int, alerts: int, every_s: float) -> tuple[list[Drawn], list[dict[str, Figure]]]:
    memory: list[dict[str, Figure]] = []
    found: list[Drawn] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openlfr-bench-")))
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
        browser = stack.enter_context(chromium())
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
                        "tablet server": round(resident_mib(server.pid), 1),
                        "alerts service": round(resident_mib(service.pid), 1),
                        "page": round(heap_mib(pages[0]), 2),
                    }
                )
            sent = worker.send()
            cards, pictures = painted(pages, sent, "drawn"), painted(pages, sent, "pictured")
            with database.read() as session:
                stored = session.get_one(Alert, sent).stored_at
            found.append(Drawn(to_ns(stored) / 1e6, cards, pictures))
            judge_oldest(database, reviewer)
            time.sleep(max(0.0, began + (number + 1) * every_s - time.monotonic()))
        for page in pages:
            page.context.close()
    return found, memory
