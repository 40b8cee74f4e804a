"""The whole pipeline on one recorded video: a real capture process, frames over ZeroMQ, the worker in this process."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from capture.settings import CaptureSettings
from capture.watch import CaptureWatcher
from inference.faces import Picture
from inference.pipeline import Decision, FrameResult, Passage, Pipeline
from inference.reader import Models
from inference.settings import PipelineSettings
from inference.worker import Worker
from rig.failures import UsageError
from rig.outcome import AlertRaised, Outcome, PassageSeen
from rig.progress import progress
from watchlist.engine import choose_engine
from watchlist.entries import WatchList
from wire.clock import SystemClock
from wire.frames import FrameReceiver
from wire.messages import CameraStatus
from wire.sockets import Wire

CAMERA = "replay"


@dataclass
class Findings:
    """A worker's report, kept: passages as they ended, and the candidates with the entry's label."""

    passages: list[Passage] = field(default_factory=list)
    alerts: list[AlertRaised] = field(default_factory=list)

    def candidate(
        self, camera: str, decision: Decision, picture: Picture, result: FrameResult, captured_at: int
    ) -> None:
        self.alerts.append(
            AlertRaised(decision.label, camera, decision.track, decision.frame, round(decision.similarity, 4))
        )

    def passage(self, camera: str, passage: Passage) -> None:
        self.passages.append(passage)

    def status(self, status: CameraStatus) -> None:
        pass

    def work(self) -> None:
        pass

    def settled(self) -> bool:
        return True


def replay(
    video: Path, models: Models, watchlist: WatchList, settings: PipelineSettings
) -> tuple[Outcome, list[Passage]]:
    """Lossless, as fast as it goes. Raises SourceError for a video that cannot be read."""
    chosen = choose_engine(watchlist, settings.threshold)
    clock = SystemClock()
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="openlfr-") as folder, Wire() as wire:
        endpoint = f"ipc://{folder}/run/frames"
        receiver = FrameReceiver(wire, endpoint, clock)

        def pipeline(camera: str) -> Pipeline:
            return Pipeline(models, chosen.index, watchlist.subjects, settings, camera)

        worker = Worker(receiver, findings, pipeline, chosen.report.engine, clock)
        source = CaptureSettings(camera=CAMERA, source=f"file:{video}", endpoint=endpoint, pace="fast")
        watcher = CaptureWatcher(source, clock)
        began = time.monotonic()
        try:
            with progress("replaying") as tick:
                while not worker.ended(CAMERA):
                    watcher.poll()
                    if watcher.state == "failed":
                        raise UsageError(watcher.detail)
                    worker.work(50)
                    counts = worker.counts(CAMERA)
                    tick(counts.frames if counts else 0, 0)
        finally:
            watcher.stop()
        wall_s = time.monotonic() - began
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
        wall_s=round(wall_s, 3),
        passages=[
            PassageSeen(passage.track, passage.camera, passage.first_frame, passage.last_frame, passage.looks)
            for passage in findings.passages
        ],
        alerts=findings.alerts,
    )
    return outcome, findings.passages
