"""The inference worker: takes frames from the cameras, runs a pipeline for each, reports candidates and counts."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from inference.faces import Picture
from inference.lease import Allowed, Leases
from inference.pipeline import Decision, FrameResult, Passage, Pipeline
from inference.sight import Sight
from inference.stages import FrameTimes, StageLog
from records.ids import new_id
from wire.clock import Clock
from wire.frames import Ended, FrameReceiver, ReceivedFrame
from wire.messages import CameraStatus, Frame

STATUS_NS = 500_000_000
FPS_OVER_NS = 2_000_000_000
SETTLING_MS = 5
RENEWAL_MS = 100
"""How long a worker whose lease ran out waits once for a new one."""
STALE_NS = 2_000_000_000
"""A camera whose last frame is older than this is reported as stale."""


class Report(Protocol):
    """Where a worker's findings go: over the wire to the alerts service, or into a replay's table."""

    def candidate(
        self, camera: str, decision: Decision, picture: Picture, result: FrameResult, captured_at: int
    ) -> None:
        """A track reached the threshold in this frame. The picture is valid during the call only."""
        ...

    def passage(self, camera: str, passage: Passage) -> None: ...

    def status(self, status: CameraStatus) -> None: ...

    def work(self) -> None:
        """Called in every round: send again what was not acknowledged, and the like."""
        ...

    def settled(self) -> bool:
        """Whether everything reported so far has arrived."""
        ...


@dataclass
class _Camera:
    pipeline: Pipeline
    session: str
    recorded: bool
    arrivals: deque[int] = field(default_factory=deque)
    sight: Sight = field(default_factory=Sight)
    last_frame_at: int = 0
    seen_at: int = 0
    produced: int = 0
    frames: int = 0
    faces: int = 0
    looks_rejected: int = 0
    passages: int = 0
    candidates: int = 0
    unsearched: int = 0
    ended: bool = False


class Worker:
    def __init__(
        self,
        receiver: FrameReceiver,
        report: Report,
        make_pipeline: Callable[[str], Pipeline],
        engine: str,
        clock: Clock,
        leases: Leases,
        deployment: str,
        worker: str | None = None,
        watch: Callable[[str, Picture, FrameResult, int], None] | None = None,
        stages: StageLog | None = None,
    ) -> None:
        """`worker`: its id where it has one already. `stages`: where the times of each frame are written.

        `watch` is called with each frame that was looked at: camera, pixels, valid during the call only, what was found
        and the capture time.
        """
        self._deployment = deployment
        self._receiver = receiver
        self._leases = leases
        self._allowed: Allowed | None = None
        # A frame of a recording that came while no search was allowed: it waits, and the recording with it.
        self._waiting: ReceivedFrame | None = None
        self._report = report
        self._make_pipeline = make_pipeline
        self._engine = engine
        self._clock = clock
        self._id = worker or new_id()
        self._watch = watch
        self._stages = stages
        self._cameras: dict[str, _Camera] = {}
        self._status_at = 0
        # Recorded frames, their pixels already overwritten, whose findings have not all arrived yet: the successor of a
        # worker killed now gets them again. A live camera does not wait for the record: it would go blind meanwhile.
        self._held: list[ReceivedFrame | Ended] = []

    def run(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            self.work(100)
        for name, camera in self._cameras.items():
            self._passages(name, camera, camera.pipeline.finish())
        self._tell()

    def work(self, wait_ms: int) -> None:
        """One round: at most one frame. Without a lease no frame is looked at: live ones are overwritten unseen."""
        self._take_lease(self._permission())
        received = self._next(min(wait_ms, SETTLING_MS) if self._held else wait_ms)
        if isinstance(received, ReceivedFrame) and self._allowed is None:
            self._unsearched(received)
        elif isinstance(received, ReceivedFrame):
            self._frame(received)
            received.pixels.fill(0)
            if received.header.recorded:
                self._held.append(received)
            else:
                self._receiver.done(received)
        elif isinstance(received, Ended):
            self._end(received)
            self._held.append(received)
        self._report.work()
        if self._held and self._report.settled():
            for held in self._held:
                self._receiver.done(held)
            self._held.clear()
        now = self._clock.monotonic()
        if now - self._status_at >= STATUS_NS:
            self._status_at = now
            self._forget_silent(now)
            self._tell()

    def _permission(self) -> Allowed | None:
        """What may be searched for now. One frame that took long may have let the lease run out: a new one is asked for
        before all tracks are cut, and nothing is searched meanwhile."""
        self._leases.work()
        if self._leases.held() is None and self._allowed is not None:
            self._leases.wait(RENEWAL_MS)
            self._leases.work()
        return self._leases.held()

    def _forget_silent(self, now: int) -> None:
        """Who was before a live camera that gives nothing any more is gone too: nobody is kept for its return."""
        for name, camera in self._cameras.items():
            if not camera.recorded and now - camera.seen_at > STALE_NS:
                self._passages(name, camera, camera.pipeline.finish())

    def _take_lease(self, allowed: Allowed | None) -> None:
        if allowed == self._allowed:
            return
        if allowed is None:
            for name, camera in self._cameras.items():
                self._passages(name, camera, camera.pipeline.finish())
        self._allowed = allowed
        for camera in self._cameras.values():
            self._apply_lease(camera.pipeline)

    def _apply_lease(self, pipeline: Pipeline) -> None:
        if self._allowed is not None:
            pipeline.allow(self._allowed.threshold, self._allowed.withheld)

    def _next(self, wait_ms: int) -> ReceivedFrame | Ended | None:
        if self._waiting is None:
            return self._receiver.next(wait_ms)
        if self._allowed is None:
            self._leases.wait(wait_ms)
            return None
        waiting, self._waiting = self._waiting, None
        return waiting

    def _unsearched(self, received: ReceivedFrame) -> None:
        if received.header.recorded:
            self._waiting = received
            return
        received.pixels.fill(0)
        self._receiver.done(received)
        camera = self._of_session(received.header.camera, received.header.session, recorded=False)
        camera.seen_at, camera.last_frame_at = self._clock.monotonic(), received.header.captured_at
        camera.unsearched += 1
        camera.produced = received.header.seq + 1

    def counts(self, camera: str) -> CameraStatus | None:
        """What was seen of a camera in its present session."""
        found = self._cameras.get(camera)
        return None if found is None else self._status(camera, found)

    def ended(self, camera: str) -> bool:
        """Whether a recorded camera is over and everything found in it has been reported."""
        found = self._cameras.get(camera)
        return found is not None and found.ended and self._report.settled()

    def _frame(self, received: ReceivedFrame) -> None:
        header, taken_at = received.header, self._clock.now()
        camera = self._of_session(header.camera, header.session, header.recorded)
        result = camera.pipeline.process(received.pixels, header.seq, _seconds(header))
        now = self._clock.monotonic()
        camera.sight.look(received.pixels, now)
        camera.arrivals.append(now)
        camera.seen_at, camera.last_frame_at = now, header.captured_at
        camera.frames += 1
        camera.produced = header.seq + 1
        camera.faces += len(result.faces)
        camera.looks_rejected += result.looks_rejected
        for decision in result.decisions:
            camera.candidates += 1
            self._report.candidate(header.camera, decision, received.pixels, result, header.captured_at)
        if self._watch is not None:
            self._watch(header.camera, received.pixels, result, header.captured_at)
        self._passages(header.camera, camera, result.ended)
        if self._stages is not None:
            self._stages.write(
                FrameTimes(
                    camera=header.camera,
                    seq=header.seq,
                    captured_at=header.captured_at,
                    taken_at=taken_at,
                    done_at=self._clock.now(),
                    faces=len(result.faces),
                    candidates=len(result.decisions),
                    ns=camera.pipeline.laps.ns,
                )
            )

    def _end(self, ended: Ended) -> None:
        header = ended.header
        camera = self._of_session(header.camera, header.session, recorded=True)
        if not camera.ended:
            camera.ended = True
            camera.produced = header.frames
            self._passages(header.camera, camera, camera.pipeline.finish())

    def _of_session(self, name: str, session: str, recorded: bool) -> _Camera:
        """The camera's state; a new capture session ends the tracks of the one before and counts anew."""
        camera = self._cameras.get(name)
        if camera is None:
            camera = self._cameras[name] = _Camera(self._make_pipeline(name), session, recorded)
            self._apply_lease(camera.pipeline)
        elif camera.session != session:
            self._passages(name, camera, camera.pipeline.finish())
            self._report.status(self._status(name, camera))
            camera = self._cameras[name] = _Camera(camera.pipeline, session, recorded)
        return camera

    def _passages(self, name: str, camera: _Camera, passages: tuple[Passage, ...]) -> None:
        for passage in passages:
            camera.passages += 1
            self._report.passage(name, passage)

    def _tell(self) -> None:
        for name, camera in self._cameras.items():
            self._report.status(self._status(name, camera))

    def _status(self, name: str, camera: _Camera) -> CameraStatus:
        now = self._clock.monotonic()
        while camera.arrivals and now - camera.arrivals[0] > FPS_OVER_NS:
            camera.arrivals.popleft()
        return CameraStatus(
            deployment=self._deployment,
            camera=name,
            session=camera.session,
            worker=self._id,
            state=self._state(camera, now),
            at=self._clock.now(),
            last_frame_at=camera.last_frame_at,
            fps=len(camera.arrivals) * 1e9 / FPS_OVER_NS,
            produced=camera.produced,
            frames=camera.frames,
            faces=camera.faces,
            looks_rejected=camera.looks_rejected,
            passages=camera.passages,
            candidates=camera.candidates,
            unsearched=camera.unsearched,
            engine=self._engine,
            brightness=camera.sight.brightness,
            sharpness=camera.sight.sharpness,
            still_s=camera.sight.still_s,
        )

    def _state(self, camera: _Camera, now: int) -> Literal["unsearched", "live", "stale", "ended"]:
        if camera.ended and self._report.settled():
            return "ended"
        # A recording waits for the lease: that none of its frames come is no fault of its source.
        silent = now - camera.seen_at > STALE_NS and not (camera.recorded and self._allowed is None)
        if silent:
            return "stale"
        return "live" if self._allowed is not None else "unsearched"


def _seconds(header: Frame) -> float | None:
    """The frame's time for motion: of the recording, or of the capture; None where a recording does not say."""
    if not header.recorded:
        return header.captured_at / 1e9
    return header.seq / header.fps if header.fps > 0 else None
