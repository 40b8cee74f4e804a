import csv
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from rig.walkby import Clip, enrol, make_clip
from rig.walkby.clip import draw_frames
from rig.walkby.passes import ROUND, plan
from rig.walkby.people import GROUP, PEOPLE, PORTRAIT, VOLUNTEER_A, VOLUNTEER_B, Image, cut_out, read_source
from rig.walkby.scene import Camera, draw_street

SMALL = (320, 180)


def decoded(path: Path) -> list[Image]:
    video = cv2.VideoCapture(str(path))
    frames: list[Image] = []
    while True:
        ok, frame = video.read()
        if not ok:
            return frames
        frames.append(np.asarray(frame, np.uint8))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("walkby") / "walkby.mp4", size=SMALL)


@pytest.mark.parametrize("name", ["walkby.mp4", "walkby.avi"])
def test_two_runs_of_one_seed_decode_to_the_same_frames_and_another_seed_does_not(tmp_path: Path, name: str) -> None:
    first, second, other = (
        make_clip(tmp_path / folder / name, seed=seed, size=SMALL, fps=5, seconds=3)
        for folder, seed in (("first", 7), ("second", 7), ("other", 8))
    )
    frames = decoded(first.video)
    assert len(frames) == 15
    assert np.array_equal(frames, decoded(second.video))
    assert first.truth.read_bytes() == second.truth.read_bytes()
    assert not np.array_equal(frames, decoded(other.video))


def test_the_file_has_the_frames_size_and_rate_that_the_clip_states(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    clip = make_clip(tmp_path / "a.mp4", size=(480, 270), fps=12.5, seconds=2, progress=lambda *s: steps.append(s))
    video = cv2.VideoCapture(str(clip.video))
    assert (clip.frames, clip.fps, clip.size) == (25, 12.5, (480, 270))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    assert [frame.shape for frame in decoded(clip.video)] == [(270, 480, 3)] * 25
    assert steps == [(n, 25) for n in range(1, 26)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "truth.csv"]


def test_the_truth_holds_every_pass_of_the_plan_with_each_listed_person_twice(clip: Clip) -> None:
    with clip.truth.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["video", "frame_from", "frame_to", "identity", "view", "note"]
    assert [row["identity"] for row in rows] == [walk.person.identity for walk in plan(7, ROUND)]
    assert {row["video"] for row in rows} == {"walkby.mp4"}
    complete = Counter(seen.identity for seen in clip.passes if seen.widest > 110 * SMALL[0] / 1280)
    assert all(complete[person.identity] >= (2 if person.listed else 1) for person in PEOPLE)
    for row, walk in zip(rows, plan(7, ROUND), strict=True):
        first, last = int(row["frame_from"]), int(row["frame_to"])
        assert 0 <= first < last < clip.frames
        assert walk.is_on(first / clip.fps)
        assert walk.is_on(last / clip.fps)


def test_the_truth_names_the_frames_in_which_a_head_is_really_drawn(clip: Clip) -> None:
    street, walks = draw_street(Camera(*SMALL), 7), plan(7, ROUND)
    empty = list(draw_frames(street, (), 7, clip.fps, clip.frames))
    for walk, seen in list(zip(walks, clip.passes, strict=True))[1:3]:
        alone = draw_frames(street, (walk,), 7, clip.fps, clip.frames)
        for number, (with_person, without) in enumerate(zip(alone, empty, strict=True)):
            x, z = walk.place(number / clip.fps)
            column, row = street.camera.place(x, walk.person.eye_height, z)
            half = max(1, round(0.05 * street.camera.scale(z)))
            around = (
                slice(round(row) - half, round(row) + half + 1),
                slice(max(0, round(column) - half), round(column) + half + 1),
            )
            change = np.abs(with_person[around].astype(int) - without[around])
            drawn = change.size > 0 and float(change.mean()) > 8
            if seen.frame_from + 2 <= number <= seen.frame_to - 2 and not 0.15 < x / z < 0.25:  # but for the lamp post
                assert drawn, (walk.person.identity, number)
            if number < seen.frame_from - 2 or number > seen.frame_to + 2:
                assert not drawn, (walk.person.identity, number)


def test_near_faces_are_large_for_at_least_a_second_of_every_complete_pass() -> None:
    camera = Camera(1280, 720)
    for walk in plan(7, ROUND)[:-1]:
        times = walk.start + np.arange(0, 7.5, 0.04)
        large = [t for t in times if 0.155 * camera.scale(walk.place(t)[1]) >= 110]
        inside = [t for t in large if 80 < camera.place(walk.place(t)[0], 1.6, walk.place(t)[1])[0] < 1200]
        assert len(inside) * 0.04 >= 1.0, walk.person.identity


def test_a_clip_longer_than_a_round_goes_on_with_the_same_people() -> None:
    first, second = plan(7, ROUND), plan(7, 2 * ROUND - 1)
    assert second[: len(first)] == first
    again = [walk for walk in second if walk.start >= ROUND - 4]
    assert {walk.person for walk in again} == {walk.person for walk in first}


def test_enrolment_pictures_are_two_portraits_that_no_frame_of_the_clip_contains(tmp_path: Path) -> None:
    paths = enrol(tmp_path)
    assert [path.name for path in paths] == ["volunteer_a.jpg", "volunteer_b.jpg"]
    walks = plan(7, ROUND)
    frames = list(islice(draw_frames(draw_street(Camera(1280, 720), 7), walks, 7, 2.0, 30), 8, 30, 3))
    for path, person in zip(paths, (VOLUNTEER_A, VOLUNTEER_B), strict=True):
        portrait = cv2.imread(str(path))
        assert portrait is not None
        assert portrait.shape == (400, 400, 3)
        face = portrait[140:260, 130:270]
        assert max(float(cv2.matchTemplate(frame, face, cv2.TM_CCOEFF_NORMED).max()) for frame in frames) < 0.97
        assert person.listed


def test_the_cut_out_heads_keep_their_edges_soft_and_their_corners_empty() -> None:
    for person in PEOPLE:
        head = cut_out(person)
        alpha = head.picture[:, :, 3]
        assert alpha[0].max() == alpha[:, 0].max() == alpha[:, -1].max() == 0
        assert alpha[int(head.eyes[1]), int(head.eyes[0])] == 255
        assert ((alpha > 20) & (alpha < 235)).sum() > 200
        assert (head.picture[:, :, :3] <= alpha[:, :, None].astype(int) + 1).all()


def test_a_changed_or_missing_source_picture_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"data/astronaut\.png of skimage is another picture.*SHA-256"):
        read_source(replace(PORTRAIT, sha256="0" * 64))
    with pytest.raises(FileNotFoundError, match=r"no data/images/gone\.jpg"):
        read_source(replace(GROUP, file="data/images/gone.jpg"))
    with pytest.raises(FileNotFoundError, match="no_such_package is not installed"):
        read_source(replace(GROUP, package="no_such_package"))


def test_what_cannot_be_drawn_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"clip\.gif: a clip is written as"):
        make_clip(tmp_path / "clip.gif")
    with pytest.raises(ValueError, match="size 321 x 180"):
        make_clip(tmp_path / "clip.mp4", size=(321, 180))
    with pytest.raises(ValueError, match="fps 0"):
        make_clip(tmp_path / "clip.mp4", fps=0)
    assert not list(tmp_path.iterdir())


def test_a_clip_that_is_interrupted_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_clip(tmp_path / "clip.mp4", size=SMALL, seconds=2, progress=stop)
    assert not list(tmp_path.iterdir())
