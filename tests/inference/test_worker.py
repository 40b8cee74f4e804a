"""Without a lease the worker looks at nothing: live frames are overwritten, a recording waits (invariant 1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inference.faces import Face
from inference.faces import Picture as Pixels
from inference.lease import Allowed
from inference.pipeline import Decision, FrameResult, Passage, Pipeline
from inference.settings import PipelineSettings
from inference.worker import Worker
from tests.inference.hand_made import ScriptedNetworks, ScriptedRecogniser, face, paint
from tests.inference.test_pipeline import ENTRIES, PEOPLE, listed
from tests.wire.clocks import MovedClock
from tests.wire.rigs import Capture, endpoint_in
from wire.frames import FrameReceiver
from wire.mailbox import Picture as Shot
from wire.messages import CameraStatus
from wire.sockets import Wire


@dataclass
class Watching:
    """A detector that counts the pictures it was shown, and finds the same in each."""

    least_score: float = 0.5
    seen: int = 0
    found: list[Face] = field(default_factory=list)

    def detect(self, picture: Pixels, size: int = 640, score_threshold: float | None = None) -> list[Face]:
        self.seen += 1
        return list(self.found)


@dataclass
class Nothing:
    """A report that keeps the last status."""

    last: CameraStatus | None = None

    def candidate(self, camera: str, decision: Decision, picture: Pixels, result: FrameResult, at: int) -> None: ...
    def passage(self, camera: str, passage: Passage) -> None: ...
    def status(self, status: CameraStatus) -> None:
        self.last = status

    def work(self) -> None: ...
    def settled(self) -> bool:
        return True


@dataclass
class Given:
    """Leases that a test gives and takes."""

    allowed: Allowed | None = None
    rounds: int = field(default=0)
    coming: Allowed | None = None
    """The answer to a renewal: comes to who waits for it."""

    def work(self) -> None:
        self.rounds += 1

    def wait(self, milliseconds: int) -> None:
        if self.coming is not None:
            self.allowed, self.coming = self.coming, None

    def held(self) -> Allowed | None:
        return self.allowed


ALLOWED = Allowed(0.4, frozenset())


@dataclass
class Bench:
    capture: Capture
    worker: Worker
    detector: Watching
    leases: Given

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(2000):
            if condition():
                return
            self.capture.sender.pump(1)
            self.worker.work(1)
        pytest.fail("never happened")

    def count(self, name: str) -> int:
        counts = self.worker.counts("north")
        return 0 if counts is None else int(getattr(counts, name))


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    clock, detector, leases = MovedClock(), Watching(), Given()
    with Wire() as wire:
        receiver = FrameReceiver(wire, endpoint_in(tmp_path), clock)
        networks = ScriptedNetworks(detector, ScriptedRecogniser(PEOPLE))  # type: ignore[arg-type]

        def pipeline(camera: str) -> Pipeline:
            return Pipeline(networks, listed(0), ENTRIES, PipelineSettings(threshold=0.4), camera)

        worker = Worker(receiver, Nothing(), pipeline, "exact", clock, leases, "d")
        capture = Capture(wire, endpoint_in(tmp_path), clock, recorded=request.param == "recorded")
        yield Bench(capture, worker, detector, leases)
        capture.close()


def show_a_face(bench: Bench, numbers: range) -> None:
    """One frame after the other, each looked at before the next."""
    bench.detector.found = [face(100, 80)]
    capture, pixels = bench.capture, paint(160, 200, {1: bench.detector.found})
    for number in numbers:
        capture.clock.moved += 40_000_000
        capture.mailbox.put(Shot(number, capture.clock.now(), 25.0, pixels.copy()))
        bench.until(lambda number=number: bench.count("frames") == number)  # type: ignore[misc]


@pytest.mark.parametrize("bench", ["live"], indirect=True)
def test_live_frames_without_a_lease_are_counted_and_never_looked_at(bench: Bench) -> None:
    for number in range(1, 6):
        bench.capture.show(1)
        bench.until(lambda number=number: bench.count("unsearched") == number)  # type: ignore[misc]
    assert bench.detector.seen == 0
    assert (bench.count("frames"), bench.count("produced")) == (0, 5)
    bench.leases.allowed = ALLOWED
    bench.capture.show(1)
    bench.until(lambda: bench.detector.seen == 1)
    bench.leases.allowed = None
    bench.capture.show(1)
    bench.until(lambda: bench.count("unsearched") == 6)
    assert bench.detector.seen == 1


@pytest.mark.parametrize("bench", ["live"], indirect=True)
def test_a_lease_that_ran_out_during_a_slow_frame_is_renewed_before_anything_is_cut(bench: Bench) -> None:
    bench.leases.allowed = ALLOWED
    show_a_face(bench, range(1, 5))
    pipeline = bench.worker._cameras["north"].pipeline
    tracks = list(pipeline._open)
    assert len(tracks) == 1
    bench.leases.allowed, bench.leases.coming = None, ALLOWED
    show_a_face(bench, range(5, 7))
    assert bench.count("unsearched") == 0
    assert list(pipeline._open) == tracks
    bench.leases.allowed = None
    bench.until(lambda: not pipeline._open)


@pytest.mark.parametrize("bench", ["recorded"], indirect=True)
def test_a_recording_waits_for_the_lease_and_loses_no_frame(bench: Bench) -> None:
    bench.capture.play(12)
    for _ in range(300):
        bench.capture.sender.pump(1)
        bench.worker.work(1)
    assert bench.detector.seen == 0
    bench.leases.allowed = ALLOWED
    bench.until(lambda: bench.detector.seen >= 5)
    bench.leases.allowed = None
    seen = bench.detector.seen
    for _ in range(300):
        bench.capture.sender.pump(1)
        bench.worker.work(1)
    assert bench.detector.seen == seen
    bench.leases.allowed = ALLOWED
    bench.until(lambda: bench.worker.ended("north"))
    assert (bench.detector.seen, bench.count("frames"), bench.count("unsearched")) == (12, 12, 0)


@pytest.mark.parametrize("bench", ["live"], indirect=True)
def test_what_a_camera_sees_is_told_and_that_nothing_is_searched_too(bench: Bench) -> None:
    def told() -> CameraStatus:
        found = bench.worker.counts("north")
        assert found is not None
        return found

    bench.capture.show(1)
    bench.until(lambda: bench.count("unsearched") == 1)
    assert (told().state, told().brightness, told().still_s) == ("unsearched", None, None)
    bench.leases.allowed = ALLOWED
    bench.capture.show(1)
    bench.until(lambda: bench.count("frames") == 1)
    # The second picture of `pixels_of`: every pixel is 1.
    assert (told().state, told().brightness, told().sharpness, told().still_s) == ("live", 1.0, 0.0, 0.0)


@pytest.mark.parametrize("bench", ["recorded"], indirect=True)
def test_a_recording_that_waits_for_the_lease_is_not_called_stale(bench: Bench) -> None:
    bench.capture.play(12)
    bench.leases.allowed = ALLOWED
    bench.until(lambda: bench.count("frames") >= 3)
    bench.leases.allowed = None
    bench.worker.work(1)
    bench.capture.clock.moved += 5_000_000_000
    found = bench.worker.counts("north")
    assert found is not None
    assert found.state == "unsearched"
    bench.leases.allowed = ALLOWED
    bench.until(lambda: bench.worker.ended("north"))


@pytest.mark.parametrize("bench", ["live"], indirect=True)
def test_who_watches_sees_each_frame_that_was_looked_at_and_no_other(bench: Bench) -> None:
    seen: list[int] = []
    bench.worker._watch = lambda _camera, picture, _result, _at: seen.append(int(picture[0, 0, 0]))
    bench.capture.show(1)
    bench.until(lambda: bench.count("unsearched") == 1)
    assert seen == []
    bench.leases.allowed = ALLOWED
    bench.capture.show(1)
    bench.until(lambda: bench.count("frames") == 1)
    assert seen == [1]


@pytest.mark.parametrize("bench", ["live"], indirect=True)
def test_nobody_is_kept_in_memory_for_the_return_of_a_live_camera_that_fell_silent(bench: Bench) -> None:
    bench.leases.allowed = ALLOWED
    show_a_face(bench, range(1, 13))
    pipeline = bench.worker._cameras["north"].pipeline
    (passage,) = pipeline._open.values()
    assert len(passage.looks) > 0
    assert bench.count("passages") == 0
    bench.capture.clock.moved += 3_000_000_000
    bench.until(lambda: bench.count("passages") == 1)
    assert pipeline._open == {}
    assert passage.looks == []
