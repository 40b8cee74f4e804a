"""The tablets' small pictures: nobody can be recognised in them but who has an alert, and none is made unasked."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq
from numpy.typing import NDArray

from inference.faces import Face
from inference.passages import Passage
from inference.pipeline import FaceInFrame, FrameResult, Pipeline
from inference.reader import Models
from inference.recogniser import align
from inference.settings import PipelineSettings
from inference.tiles import EVERY_NS, LINGERS_NS, SHOWN_FOR_NS, TilePublisher, tile_picture
from tests.inference.conftest import frames
from tests.inference.test_context import box, detail, noisy
from tests.wire.clocks import StoppedClock
from wire.messages import Tile
from wire.sockets import Received, Rejected, Socket, Wire, receive

Pixels = NDArray[np.uint8]
NOBODY: frozenset[int | None] = frozenset()
ANN = (60, 60, 130, 150)
BOB = (250, 60, 320, 150)
DOUBTFUL = (400, 30, 430, 70)
SIZE = (270, 480)
FACES = (FaceInFrame(box(ANN), 0.9, 7), FaceInFrame(box(BOB), 0.9, 8))
RESULT = FrameResult(FACES, 0, (), (), (), (box(DOUBTFUL),))
EMPTY = FrameResult((), 0, (), (), ())


def opened(jpeg: bytes | memoryview) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def is_covered(tile: Pixels, before: Pixels, edges: tuple[int, int, int, int]) -> bool:
    return detail(tile, edges) < 0.3 * detail(before, edges)


def a_passage(track: int) -> Passage:
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
        similarity=0.5,
        agreeing=2,
        subjects=("s",),
        ending="lost",
        kept_ns=None,
    )


def test_every_face_and_every_doubtful_one_is_covered() -> None:
    picture = noisy(*SIZE)
    tile = opened(tile_picture(picture, RESULT, [], NOBODY))
    assert all(is_covered(tile, picture, edges) for edges in (ANN, BOB, DOUBTFUL))


def test_only_the_shown_one_is_left() -> None:
    picture = noisy(*SIZE)
    tile = opened(tile_picture(picture, RESULT, [], frozenset({7})))
    assert not is_covered(tile, picture, ANN)
    assert all(is_covered(tile, picture, edges) for edges in (BOB, DOUBTFUL))


def test_where_another_face_overlaps_the_shown_one_the_overlap_is_covered() -> None:
    other = (100, 60, 170, 150)
    picture = noisy(*SIZE)
    result = FrameResult((FACES[0], FaceInFrame(box(other), 0.9, 8)), 0, (), (), ())
    assert is_covered(opened(tile_picture(picture, result, [], frozenset({7}))), picture, other)


def test_where_a_face_was_a_moment_ago_is_covered_still() -> None:
    picture = noisy(*SIZE)
    assert is_covered(opened(tile_picture(picture, EMPTY, [(8, box(BOB))], NOBODY)), picture, BOB)


def test_a_tile_is_480_pixels_at_most_and_the_frame_is_left_as_it_is() -> None:
    picture = noisy(1080, 1920)
    before = picture.copy()
    assert opened(tile_picture(picture, RESULT, [], NOBODY)).shape == (270, 480, 3)
    assert (picture == before).all()


class Screen:
    """A publisher, and somebody who looks or does not."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        self.clock = StoppedClock()
        self.socket: Socket = wire.bind(zmq.XPUB, f"ipc://{folder}/tiles", queue=1)
        self.publisher = TilePublisher(self.socket, self.clock)
        self.screen = wire.connect(zmq.SUB, f"ipc://{folder}/tiles", queue=1)

    def look(self) -> None:
        self.screen.subscribe(b"")
        assert self.socket.poll(5000), "the subscription never came"

    def look_away(self) -> None:
        self.screen.unsubscribe(b"")
        assert self.socket.poll(5000), "the word never came"

    def frame(self, picture: Pixels, result: FrameResult = RESULT, after_ns: int = EVERY_NS) -> None:
        self.clock.moved += after_ns
        self.publisher.frame("north", picture, result, 5)

    def seen(self, within_ms: int = 5000) -> Received | None:
        return receive(self.screen, Rejected()) if self.screen.poll(within_ms) else None

    def tile(self) -> tuple[Tile, list[Pixels]]:
        received = self.seen()
        assert received is not None
        assert isinstance(received.message, Tile)
        return received.message, [opened(part) for part in received.parts]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with Wire() as wire:
        yield Screen(wire, tmp_path)


def test_nothing_is_made_while_nobody_looks(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(*_: object) -> bytes:
        made.append(1)
        return b"jpeg"

    monkeypatch.setattr("inference.tiles.tile_picture", counted)
    picture = noisy(*SIZE)
    screen.frame(picture)
    assert made == []
    screen.look()
    screen.frame(picture)
    assert made == [1]
    screen.frame(picture, after_ns=EVERY_NS - 1)
    assert made == [1], "more than twice a second"
    screen.look_away()
    screen.frame(picture)
    assert made == [1]


def test_without_an_alert_there_is_one_picture_and_everybody_is_covered_in_it(screen: Screen) -> None:
    screen.look()
    picture = noisy(*SIZE)
    screen.frame(picture)
    tile, (covered,) = screen.tile()
    assert (tile.camera, tile.at, tile.alerts) == ("north", 5, [])
    assert is_covered(covered, picture, ANN)


def test_the_person_of_an_alert_is_shown_in_a_picture_of_its_own(screen: Screen) -> None:
    screen.look()
    screen.publisher.alerted("north", 7, "alert-1")
    picture = noisy(*SIZE)
    screen.frame(picture)
    tile, (covered, shown) = screen.tile()
    assert tile.alerts == ["alert-1"]
    assert is_covered(covered, picture, ANN)
    assert not is_covered(shown, picture, ANN)
    assert is_covered(shown, picture, BOB)


@pytest.mark.parametrize(
    ("result", "after_ns"),
    [
        (RESULT, SHOWN_FOR_NS + 1),
        (FrameResult(FACES[1:], 0, (), (), ()), EVERY_NS),
        (FrameResult(FACES, 0, (), (a_passage(7),), ()), EVERY_NS),
    ],
    ids=["after half a minute", "while the track has no face", "once the track is over"],
)
def test_the_person_of_an_alert_is_covered_again(screen: Screen, result: FrameResult, after_ns: int) -> None:
    screen.look()
    screen.publisher.alerted("north", 7, "alert-1")
    screen.frame(noisy(*SIZE), result, after_ns)
    tile, pictures = screen.tile()
    assert (tile.alerts, len(pictures)) == ([], 1)


def test_an_alert_of_another_camera_shows_nobody_here(screen: Screen) -> None:
    screen.look()
    screen.publisher.alerted("south", 7, "alert-1")
    screen.frame(noisy(*SIZE))
    assert screen.tile()[0].alerts == []


def test_a_face_that_was_missed_in_one_frame_stays_covered_for_a_while(screen: Screen) -> None:
    screen.look()
    picture = noisy(*SIZE)
    screen.frame(picture)
    screen.tile()
    screen.frame(picture, EMPTY)
    assert is_covered(screen.tile()[1][0], picture, BOB)
    screen.frame(picture, EMPTY, LINGERS_NS + 1)
    assert not is_covered(screen.tile()[1][0], picture, BOB)


def looks_like(models: Models, picture: Pixels, tile: Pixels, face: Face) -> float:
    """Cosine of the face in the frame and what stands at its place in the tile."""
    scale = np.float32(tile.shape[1] / picture.shape[1])
    crops = [align(picture, face.landmarks), align(tile, face.landmarks * scale)]
    before, after = models.recogniser.embed(crops)
    return float(before @ after)


def found_at(models: Models, tile: Pixels, face: Face, picture: Pixels) -> bool:
    middle = face.box.reshape(2, 2).mean(axis=0) * (tile.shape[1] / picture.shape[1])
    found = models.detector.detect(tile, 640)
    return any((other.box[:2] <= middle).all() and (middle <= other.box[2:]).all() for other in found)


@pytest.mark.parametrize("video", ["sitcom-table/sitcom_table.mp4", "single-speakers/unknown_woman_1.mp4"])
def test_real_faces_are_neither_found_nor_matched_and_the_alerted_one_is_both(
    lab: Models, yunet: Models, shared: Path, video: str
) -> None:
    pipeline = Pipeline(lab, None, [], PipelineSettings(threshold=0.4), "north")
    seen = 0
    for seq, picture in enumerate(frames(shared / "data" / "videos" / video)):
        result = pipeline.process(picture, seq)
        if seq % 20 != 10:
            continue
        covered = opened(tile_picture(picture, result, [], NOBODY))
        tracks = [face.track for face in result.faces if face.track is not None]
        for face in lab.detector.detect(picture, 640):
            seen += 1
            assert not found_at(lab, covered, face, picture)
            assert not found_at(yunet, covered, face, picture)
            assert looks_like(lab, picture, covered, face) < 0.2
        for track in tracks:
            shown = opened(tile_picture(picture, result, [], frozenset({track})))
            of = next(face for face in result.faces if face.track == track)
            face = min(lab.detector.detect(picture, 640), key=lambda one: float(np.abs(one.box - of.box).max()))
            assert found_at(lab, shown, face, picture)
            assert looks_like(lab, picture, shown, face) > 0.6
            assert len(lab.detector.detect(shown, 640)) == 1
        if seq > 70:
            break
    assert seen >= 4
