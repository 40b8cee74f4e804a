"""The whole pipeline on one recorded video: a real capture process, frames over ZeroMQ, the worker in this process."""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alerts.authority import Rig
from alerts.leases import answer
from capture.settings import CaptureSettings
from capture.watch import CaptureWatcher
from inference.faces import Picture
from inference.lease import ASK_NS, Allowed
from inference.pipeline import Decision, FrameResult, Passage, Pipeline
from inference.reader import Models
from inference.settings import PipelineSettings
from inference.stages import asked_for
from inference.worker import Worker
from records.database import Database
from records.master import lock_with_key_file, make_key_file
from records.times import utc_now
from records.vault import Vault
from rig.deployments import TermsOfTest, begin_and_run
from rig.failures import UsageError
from rig.outcome import AlertRaised, Outcome, PassageSeen
from rig.progress import progress
from rig.unlocking import KEY_FILE
from watchlist.engine import choose_engine
from watchlist.entries import WatchList
from watchlist.sealed_list import open_list
from wire.clock import Clock, SystemClock
from wire.frames import FrameReceiver
from wire.messages import CameraStatus, Lease, LeaseRequest
from wire.sockets import Wire

CAMERA = "replay"


@dataclass
class Findings:
    """A worker's report, kept: passages as they ended, and the candidates with the entry's label."""

    labels: Mapping[str, str]
    """By the entry's id."""
    passages: list[Passage] = field(default_factory=list)
    alerts: list[AlertRaised] = field(default_factory=list)

    def candidate(
        self, camera: str, decision: Decision, picture: Picture, result: FrameResult, captured_at: int
    ) -> None:
        self.alerts.append(
            AlertRaised(
                self.labels[decision.subject], camera, decision.track, decision.frame, round(decision.similarity, 4)
            )
        )

    def passage(self, camera: str, passage: Passage) -> None:
        self.passages.append(passage)

    def status(self, status: CameraStatus) -> None:
        pass

    def work(self) -> None:
        pass

    def settled(self) -> bool:
        return True


class RecordLeases:
    """A worker's permission, read from the record by the worker's own process."""

    def __init__(self, database: Database, clock: Clock, request: LeaseRequest) -> None:
        self._database = database
        self._clock = clock
        self._request = request
        self._lease: Lease | None = None
        self._asked_at = 0

    def work(self) -> None:
        now = self._clock.monotonic()
        if self._lease is None or now - self._asked_at >= ASK_NS:
            with self._database.read() as session:
                self._lease = answer(session, self._request, Rig(cameras=(CAMERA,)), utc_now())
            self._asked_at = now

    def wait(self, milliseconds: int) -> None:
        time.sleep(milliseconds / 1000)

    def held(self) -> Allowed | None:
        lease = self._lease
        if lease is None or self._clock.now() >= lease.until:
            return None
        return Allowed(lease.threshold, frozenset(lease.withheld))


@dataclass(frozen=True)
class Replayed:
    outcome: Outcome
    passages: list[Passage]
    labels: Mapping[str, str]
    """Of the entries, by id."""
    cpu_s: float
    """Of this process and of the capture process, in the time that `outcome.wall_s` tells."""
    ended_at: int
    """When the last frame was done: monotonic, nanoseconds."""


def replay(
    video: Path, models: Models, watchlist: WatchList, settings: PipelineSettings, *, frames: int | None = None
) -> Replayed:
    """Lossless, as fast as it goes, as a test deployment with volunteers in a record that goes with the replay.

    `frames`: stop after so many; passages that are open then are not in the outcome. Raises SourceError for a video
    that cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="openlfr-") as name:
        folder = Path(name)
        database = Database(folder / "record.db")
        database.migrate()
        make_key_file(folder / KEY_FILE)
        with database.write() as session:
            master = lock_with_key_file(session, folder / KEY_FILE, utc_now())
        with Vault(database, master) as vault:
            test = TermsOfTest(name="replay", cameras=(CAMERA,), threshold=settings.threshold)
            deployment, labels = begin_and_run(database, vault, folder / "vault", watchlist, test)
            with database.read() as session:
                sealed = open_list(session, vault, folder / "vault", deployment, contract=watchlist.contract)
            replayed = _replay(folder, video, models, sealed, settings, database, deployment, labels, frames)
        database.close()
    return replayed


def _replay(
    folder: Path,
    video: Path,
    models: Models,
    watchlist: WatchList,
    settings: PipelineSettings,
    database: Database,
    deployment: str,
    labels: Mapping[str, str],
    frames: int | None,
) -> Replayed:
    chosen = choose_engine(watchlist, settings.threshold)
    clock = SystemClock()
    findings = Findings(labels)
    request = LeaseRequest(
        worker=CAMERA, deployment=deployment, list_hash=watchlist.hash, contract=models.pack.contract
    )
    leases = RecordLeases(database, clock, request)
    with Wire() as wire:
        endpoint = f"ipc://{folder}/run/frames"
        receiver = FrameReceiver(wire, endpoint, clock)

        def pipeline(camera: str) -> Pipeline:
            return Pipeline(models, chosen.index, watchlist.subjects, settings, camera)

        worker = Worker(
            receiver, findings, pipeline, chosen.report.engine, clock, leases, deployment, stages=asked_for()
        )
        source = CaptureSettings(camera=CAMERA, source=f"file:{video}", endpoint=endpoint, pace="fast")
        watcher = CaptureWatcher(source, clock)
        began, used = time.monotonic_ns(), _cpu_s()
        try:
            with progress("replaying") as tick:
                while not worker.ended(CAMERA):
                    watcher.poll()
                    if watcher.state == "failed":
                        raise UsageError(watcher.detail)
                    worker.work(50)
                    counts = worker.counts(CAMERA)
                    tick(counts.frames if counts else 0, 0)
                    if frames is not None and counts is not None and counts.frames >= frames:
                        break
            ended_at = time.monotonic_ns()
        finally:
            watcher.stop()
        used = _cpu_s() - used
        seen = worker.counts(CAMERA)
    assert seen is not None
    outcome = Outcome(
        frames=seen.frames,
        dropped=seen.produced - seen.frames,
        faces=seen.faces,
        looks_rejected=seen.looks_rejected,
        threshold=settings.threshold,
        engine=chosen.report.engine,
        pack=models.pack.name,
        wall_s=round((ended_at - began) / 1e9, 3),
        passages=[
            PassageSeen(passage.track, passage.camera, passage.first_frame, passage.last_frame, passage.looks)
            for passage in findings.passages
        ],
        alerts=findings.alerts,
    )
    return Replayed(outcome, findings.passages, labels, round(used, 3), ended_at)


def _cpu_s() -> float:
    """Of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
