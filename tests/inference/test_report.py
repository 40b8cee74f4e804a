"""What a worker tells of passages beyond their number: how alike, and how soon forgotten; by nobody's face."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq

from inference.passages import Passage
from inference.pipeline import Decision, FrameResult
from inference.report import WireReport
from tests.wire.clocks import MovedClock
from wire.messages import Acknowledged, CameraStatus, Candidate, Histogram, LookMeasures
from wire.sockets import Received, Rejected, Socket, Wire, receive, send

MS = 1_000_000
MEASURES = tuple(
    LookMeasures(eye_distance=size, turn=0.1, score=0.9, sharpness=0.1, brightness=120.0, contrast=40.0)
    for size in (41.0, 23.0)
)


class Ends:
    """A worker's report, and the alerts service's end of the wire."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        self.clock = MovedClock()
        self.service: Socket = wire.bind(zmq.ROUTER, f"ipc://{folder}/alerts")
        self.report = WireReport(
            wire.connect(zmq.DEALER, f"ipc://{folder}/alerts"),
            self.clock,
            deployment="d",
            list_passages=False,
            engine="exact",
            contract="c",
            list_hash="h",
        )

    def status(self) -> None:
        status = CameraStatus(
            deployment="d",
            camera="north",
            session="s",
            worker="w",
            state="live",
            at=0,
            last_frame_at=0,
            fps=0.0,
            produced=0,
            frames=0,
            faces=0,
            looks_rejected=0,
            passages=0,
            candidates=0,
            unsearched=0,
            engine="exact",
        )
        self.report.status(status)

    def next(self) -> Received:
        rejected = Rejected()
        for _ in range(100):
            self.report.work()
            self.service.poll(20)
            received = receive(self.service, rejected)
            if received is not None:
                return received
        pytest.fail("nothing came")

    def told(self) -> dict[str, dict[int, int]]:
        """Bins by kind, of the histograms that one status brings."""
        for _ in range(100):
            self.status()
            # What is sent before the two are connected is lost.
            if self.service.poll(50):
                break
        found: dict[str, dict[int, int]] = {}
        while self.service.poll(200):
            message = self.next().message
            if isinstance(message, Histogram):
                found[message.kind] = message.bins
        return found


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with Wire() as wire:
        yield Ends(wire, tmp_path)


def passage(track: int = 1, kept_ms: float | None = 1200, similarity: float | None = 0.31, *subjects: str) -> Passage:
    return Passage(
        track=track,
        camera="north",
        first_frame=0,
        last_frame=9,
        seconds=1.0,
        faces=10,
        looks=3,
        rejected={},
        eye_distance=40.0,
        turn=0.1,
        sharpness=0.1,
        similarity=similarity,
        agreeing=0,
        subjects=subjects,
        ending="lost",
        kept_ns=None if kept_ms is None else round(kept_ms * MS),
    )


def decision(track: int) -> tuple[Decision, FrameResult]:
    looks = tuple(np.full((40, 40, 3), 200, np.uint8) for _ in range(2))
    return Decision(track, "subject", "label", 0.7, 0.4, 9, looks, MEASURES), FrameResult((), 0, (), (), ())


def alert(ends: Ends, track: int) -> tuple[Received, Candidate]:
    made, result = decision(track)
    ends.report.candidate("north", made, np.zeros((90, 160, 3), np.uint8), result, 0)
    assert not any(look.any() for look in made.looks)
    received = ends.next()
    assert isinstance(received.message, Candidate)
    return received, received.message


def acknowledge(ends: Ends, received: Received, candidate: Candidate) -> None:
    send(ends.service, Acknowledged(id=candidate.id), peer=received.peer)
    for _ in range(100):
        ends.report.work()
        if ends.report.settled():
            return
        ends.service.poll(20)
    pytest.fail("the acknowledgement never came")


def test_a_candidate_tells_what_was_measured_of_each_look_it_brings(ends: Ends) -> None:
    received, candidate = alert(ends, 7)
    assert candidate.measures == list(MEASURES)
    assert len(received.parts) == len(MEASURES) + 1


def test_a_passage_without_a_candidate_counts_once_by_similarity_and_by_age(ends: Ends) -> None:
    ends.report.passage("north", passage())
    ends.report.passage("north", passage(2, kept_ms=30))
    assert ends.told() == {"similarity": {65: 2}, "age": {7: 1, 2: 1}}


def test_what_had_no_look_and_was_not_searched_counts_nowhere(ends: Ends) -> None:
    ends.report.passage("north", passage(kept_ms=None, similarity=None))
    assert ends.told() == {}


def test_a_candidate_counts_from_its_acknowledgement_until_its_track_was_overwritten(ends: Ends) -> None:
    received, candidate = alert(ends, 7)
    acknowledge(ends, received, candidate)
    ends.clock.moved += 700 * MS
    ends.report.passage("north", passage(7, 1200, 0.7, "subject"))
    told = ends.told()
    assert "age" not in told
    assert list(told["age_after_alert"]) in ([6], [7])


def test_a_candidate_acknowledged_after_its_track_ended_was_kept_no_longer_than_that(ends: Ends) -> None:
    received, candidate = alert(ends, 7)
    ends.report.passage("north", passage(7, 1200, 0.7, "subject"))
    acknowledge(ends, received, candidate)
    assert ends.told()["age_after_alert"] == {0: 1}
