"""The drawn crowd: so many people in every frame, each where the truth says, several looks long."""

import csv
import shutil
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.crowd import Walk, draw, identity_of, lay_out, make_crowd
from benchmarks.report import BenchmarkError
from inference.catalogue import find_pack
from inference.reader import open_models
from rig.walkby import enrol

SIZE = 960, 540
FPS = 12.0


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Forty people who look like two."""
    folder = tmp_path_factory.mktemp("people")
    drawn = enrol(folder / "drawn")
    return [Path(shutil.copy(drawn[number % len(drawn)], folder / f"person-{number}.jpg")) for number in range(40)]


def inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> bool:
    left, top, right, bottom = box
    return 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]


def test_every_frame_holds_so_many_people_apart_from_each_other_and_inside_the_picture(
    tmp_path: Path, pictures: list[Path]
) -> None:
    truth = make_crowd(tmp_path / "crowd.mp4", pictures, faces=6, seconds=6, fps=FPS, size=SIZE)
    assert truth.frames == 72
    for frame in range(truth.frames):
        there = truth.at(frame)
        boxes = [walk.box(frame) for walk in there]
        assert len({walk.identity for walk in there}) == 6
        assert all(inside(box, SIZE) for box in boxes)
        for one, other in combinations(boxes, 2):
            assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def test_each_person_is_there_for_several_looks_and_comes_nearer(tmp_path: Path, pictures: list[Path]) -> None:
    truth = make_crowd(tmp_path / "crowd.mp4", pictures, faces=4, seconds=8, fps=FPS, size=SIZE)
    whole = [walk for walk in truth.walks if walk.first > 0 and walk.last < truth.frames]
    assert len(whole) >= 4
    for walk in whole:
        widths = [right - left for left, _, right, _ in map(walk.box, range(walk.first, walk.last + 1))]
        assert len(widths) >= 2 * FPS
        assert all(before < after for before, after in pairwise(widths))
        assert widths[-1] > 1.5 * widths[0]


def test_the_table_says_who_is_there_when(tmp_path: Path, pictures: list[Path]) -> None:
    truth = make_crowd(tmp_path / "crowd.mp4", pictures, faces=3, seconds=4, fps=FPS, size=SIZE)
    with truth.table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["video"] for row in rows} == {"crowd.mp4"}
    for frame in range(truth.frames):
        told = {row["identity"] for row in rows if int(row["frame_from"]) <= frame <= int(row["frame_to"])}
        assert told == {walk.identity for walk in truth.at(frame)}
    read = cv2.VideoCapture(str(truth.video))
    assert read.get(cv2.CAP_PROP_FRAME_COUNT) == truth.frames
    assert (read.get(cv2.CAP_PROP_FRAME_WIDTH), read.get(cv2.CAP_PROP_FRAME_HEIGHT)) == SIZE
    read.release()


def test_equal_seeds_draw_equal_frames_and_other_seeds_others(tmp_path: Path, pictures: list[Path]) -> None:
    first, again, other = (
        make_crowd(tmp_path / f"{number}.mp4", pictures, 3, 1, FPS, SIZE, seed) for number, seed in enumerate((1, 1, 2))
    )

    def frames(walks: tuple[Walk, ...], seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.stack([frame.copy() for frame in draw(walks, 4, SIZE, seed)])

    assert first.walks == again.walks
    assert first.walks != other.walks
    assert (frames(first.walks, 1) == frames(again.walks, 1)).all()
    assert not (frames(first.walks, 1) == frames(other.walks, 2)).all()


def test_a_detector_finds_the_faces_where_the_truth_says(tmp_path: Path, pictures: list[Path]) -> None:
    truth = make_crowd(tmp_path / "crowd.mp4", pictures, faces=4, seconds=1, fps=FPS, size=SIZE)
    models = open_models(find_pack("starter"))
    video = cv2.VideoCapture(str(truth.video))
    found = seen = 0
    for frame in range(truth.frames):
        there, pixels = video.read()
        assert there
        middles = [(face.box[:2] + face.box[2:]) / 2 for face in models.detector.detect(np.asarray(pixels, np.uint8))]
        for walk in truth.at(frame):
            left, top, right, bottom = walk.box(frame)
            # The walk-by's people fill more of their portraits than LFW's do.
            near = (right - left) / 2
            seen += 1
            found += any(left - near < x < right + near and top - near < y < bottom + near for x, y in middles)
    video.release()
    assert found >= 0.9 * seen


def test_too_few_people_and_too_little_room_are_said(tmp_path: Path, pictures: list[Path]) -> None:
    with pytest.raises(BenchmarkError, match="5 people are too few"):
        make_crowd(tmp_path / "crowd.mp4", pictures[:5], faces=4, seconds=8, fps=FPS, size=SIZE)
    with pytest.raises(BenchmarkError, match="find no room"):
        lay_out((320, 240), 60)
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    with pytest.raises(BenchmarkError, match="not a picture"):
        make_crowd(tmp_path / "crowd.mp4", [tmp_path / "torn.jpg"], faces=1, seconds=1, fps=FPS, size=SIZE)


def test_a_picture_is_of_whom_its_name_says() -> None:
    assert identity_of(Path("Ada_Lovelace/Ada_Lovelace_0001.jpg")) == "Ada_Lovelace"
    assert identity_of(Path("enrol/Ada_Lovelace.jpg")) == "Ada_Lovelace"
