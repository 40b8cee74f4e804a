"""What every cell shall answer: the teacher's answers put right by the faces that are known to be there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.detector_bank import Entry
from training.detector_decoys import load_decoys, mine, save_decoys
from training.detector_targets import SURE_SCORE, cells, correct
from training.detector_teacher import Floats, Teacher

SIZE = 64
CELLS = 64 + 16 + 4
PACK = Path(__file__).parents[2] / "inference/packs/starter"


def face(left: float, top: float, side: float, certain: float = 1.0) -> Floats:
    xy = np.array([0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.35, 0.8, 0.65, 0.8], np.float32) * side
    row = [left, top, left + side, top + side, *(xy + np.tile([left, top], 5)), certain]
    return np.array([row], np.float32)


def answers(score: float, box: tuple[float, float, float], cell: int) -> Floats:
    """One find of a teacher, a square box (left, top, side), at a cell of stride 8."""
    place, stride = cells(SIZE)
    found = np.zeros((CELLS, 15), np.float32)
    left, top, side = box
    found[cell, 0] = score
    found[cell, 1:3] = np.array([left + side / 2, top + side / 2]) / stride[cell] - place[cell]
    found[cell, 3:5] = np.log(side / stride[cell])
    return found


def box_of(target: Floats, cell: int) -> Floats:
    place, stride = cells(SIZE)
    centre = (place[cell] + target[cell, 2:4]) * stride[cell]
    half = np.exp(target[cell, 4:6]) * stride[cell] / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32)


def test_a_find_of_a_known_face_gets_the_known_box_and_points() -> None:
    place, stride = cells(SIZE)
    target = correct(answers(0.9, (18, 17, 26), 27), face(16, 16, 24), SIZE)
    np.testing.assert_allclose(box_of(target, 27), [16, 16, 40, 40], atol=1e-3)
    points = (target[27, 6:16].reshape(5, 2) + place[27]) * stride[27]
    np.testing.assert_allclose(points.ravel(), face(16, 16, 24)[0, 4:14], atol=1e-3)
    np.testing.assert_allclose(target[27, [0, 1, 16, 17]], [0.9, 1, 0.9, 0.9])


def test_a_find_where_no_face_is_known_counts_as_background() -> None:
    target = correct(answers(0.9, (18, 17, 26), 27), face(50, 50, 12), SIZE)
    assert target[27, 0] == 0
    assert target[27, 1] == 1
    assert target[27, 16] == 0


def test_a_sure_face_that_the_teacher_hardly_sees_is_lifted_and_a_doubtful_one_is_left() -> None:
    for certain, score in ((1.0, SURE_SCORE), (0.0, 0.3)):
        target = correct(answers(0.3, (16, 16, 24), 27), face(16, 16, 24, certain), SIZE)
        assert target[27, 0] == pytest.approx(score)


def test_the_cells_of_a_sure_face_that_the_teacher_misses_do_not_count() -> None:
    target = correct(np.zeros((CELLS, 15), np.float32), face(16, 16, 16), SIZE)
    assert sorted(np.flatnonzero(target[:, 1] == 0)) == [18, 19, 26, 27, 64 + 5]
    assert (target[:, 0] == 0).all()


def test_a_face_too_small_for_points_has_a_box_only() -> None:
    target = correct(answers(0.8, (24, 24, 11), 27), face(24, 24, 11), SIZE)
    assert target[27, 16] > 0
    assert target[27, 17] == 0


def test_a_decoy_is_a_find_where_no_face_is_known(tmp_path: Path, shared: Path) -> None:
    data = (shared / "data/videos/sitcom-table/enrol/Lisa_Kudrow.jpg").read_bytes()
    detector = Teacher(PACK / "det_starter.onnx", "yunet")
    unknown = Entry("lfw", data, np.zeros((0, 15), np.float32))
    found = mine(detector, [unknown], [])
    assert found
    assert mine(detector, [unknown], found) == found
    known = np.stack([np.concatenate([decoy.box, np.ones(11)]) for decoy in found]).astype(np.float32)
    assert mine(detector, [Entry("lfw", data, known)], []) == []
    save_decoys(found, tmp_path / "decoys.npz")
    for written, again in zip(found, load_decoys(tmp_path / "decoys.npz"), strict=True):
        assert written.entry == again.entry
        np.testing.assert_array_equal(written.box, again.box)
