"""What the detector learns from is decided here: where a scene's faces are, which of them count, what is a find."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from training.detector_bank import Entry, load, save
from training.detector_teacher import Faces, Floats, Image, encode, letterbox, overlap, suppress
from training.scenes import Bank, Canvas, Source, make_scene, move_faces, paste, place, visible_faces

PACK = Path(__file__).parents[2] / "inference/packs/starter"


def face_row(left: float, top: float, size: float, certain: float = 1.0) -> Floats:
    points = [0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.35, 0.8, 0.65, 0.8]
    xy = np.array(points, np.float32) * size + np.tile(np.array([left, top], np.float32), 5)
    return np.concatenate([[left, top, left + size, top + size], xy, [certain]]).astype(np.float32)[None]


def picture(value: int = 90, size: int = 120) -> Image:
    image = np.full((size, size, 3), value, np.uint8)
    cv2.circle(image, (60, 60), 20, (30, 200, 240), -1)
    return image


def bank() -> Bank:
    face = face_row(40, 40, 40)
    sources = ["lfw", "utkface", "frmdb", "street", "speaker"]
    entries = [Entry(name, encode(picture(60 + 20 * i, 220), 90), face + 0) for i, name in enumerate(sources)]
    return Bank([*entries, Entry("face-free", encode(picture(10), 90), np.zeros((0, 15), np.float32))])


def test_a_mirrored_face_keeps_the_eye_on_the_pictures_left_first() -> None:
    matrix = place(2.0, 0.0, True, np.array([60, 60], np.float32), np.array([100, 100], np.float32))
    moved = move_faces(face_row(40, 40, 40), matrix)[0]
    points = moved[4:14].reshape(5, 2)
    assert points[0, 0] < points[1, 0]
    assert points[3, 0] < points[4, 0]
    np.testing.assert_allclose(moved[:4], [60, 60, 140, 140], atol=1e-3)


def test_a_turned_face_keeps_the_size_of_its_ellipse() -> None:
    matrix = place(1.0, 45.0, False, np.array([60, 60], np.float32), np.array([60, 60], np.float32))
    np.testing.assert_allclose(move_faces(face_row(40, 40, 40), matrix)[0, :4], [40, 40, 80, 80], atol=1e-3)


def test_a_face_that_a_later_piece_covers_by_half_is_uncertain_and_one_covered_whole_is_gone() -> None:
    rng = np.random.default_rng(0)
    for cover, expected in ((20.0, [1.0]), (22.0 + 40, [0.0]), (90.0, [])):
        canvas = Canvas(np.zeros((160, 160, 3), np.uint8))
        unmoved = place(1.0, 0.0, False, np.zeros(2, np.float32), np.zeros(2, np.float32))
        paste(canvas, Source(picture(), face_row(40, 40, 40)), (0, 0, 120, 120), unmoved, rng)
        nothing = Source(picture(200), np.zeros((0, 15), np.float32))
        paste(canvas, nothing, (0, 0, cover, 120), unmoved, rng)
        assert visible_faces(canvas)[:, 14].tolist() == expected


def test_a_small_copy_lands_where_its_matrix_says() -> None:
    canvas = Canvas(np.zeros((160, 160, 3), np.uint8))
    source = bank().by_source["lfw"][0]
    middle = np.array([60, 60], np.float32)
    matrix = place(0.3, 0.0, False, middle, np.array([80, 50], np.float32))
    paste(canvas, source, (0, 0, 220, 220), matrix, np.random.default_rng(0))
    disc = np.argwhere(canvas.image[:, :, 1] > 150)
    np.testing.assert_allclose(disc.mean(axis=0), [50, 80], atol=1.0)


def test_the_same_number_gives_the_same_scene_and_another_number_another() -> None:
    faces = bank()
    first, again, other = (make_scene(faces, np.random.default_rng((1, n)), 160) for n in (5, 5, 6))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.faces, again.faces)
    assert not np.array_equal(first.image, other.image)


def test_every_face_of_many_scenes_lies_in_the_picture_and_has_a_size() -> None:
    faces = bank()
    rows = np.concatenate([make_scene(faces, np.random.default_rng((2, n)), 160).faces for n in range(60)])
    sure = rows[rows[:, 14] > 0]
    middle = (sure[:, :2] + sure[:, 2:4]) / 2
    assert len(sure) > 50
    assert ((middle >= 0) & (middle < 160)).all()
    assert ((sure[:, 2:4] - sure[:, :2]).max(axis=1) >= 7).all()


def test_a_bank_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = [Entry("lfw", b"one", face_row(1, 2, 3)), Entry("face-free", b"three", np.zeros((0, 15), np.float32))]
    save(entries, tmp_path / "bank.npz")
    read = load(tmp_path / "bank.npz")
    for written, again in zip(entries, read, strict=True):
        assert (written.source, written.jpeg) == (again.source, again.jpeg)
        assert np.array_equal(written.faces, again.faces)


def test_of_two_finds_of_one_face_the_better_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40]], np.float32)
    kept = suppress(Faces(boxes, np.zeros((3, 5, 2), np.float32), np.array([0.5, 0.9, 0.6], np.float32)))
    np.testing.assert_allclose(kept.scores, [0.9, 0.6])


def test_boxes_side_by_side_do_not_overlap() -> None:
    left, right = np.array([[0, 0, 10, 10]], np.float32), np.array([[10, 0, 20, 10]], np.float32)
    assert overlap(left, right)[0, 0] == 0
    assert overlap(left, left)[0, 0] == pytest.approx(1)


def test_a_letterboxed_picture_is_padded_at_the_right_and_the_bottom_only() -> None:
    padded, scale = letterbox(np.full((50, 100, 3), 7, np.uint8), 200)
    assert (padded.shape, scale) == ((128, 224, 3), 2.0)
    assert (padded[:100, :200] == 7).all()
    assert padded[100:].max() == padded[:, 200:].max() == 0


def test_the_shipped_detector_is_small_is_the_one_the_pack_names_and_has_yunets_interface() -> None:
    data = (PACK / "det_starter.onnx").read_bytes()
    table = tomllib.loads((PACK / "pack.toml").read_text(encoding="utf-8"))["detector"]
    assert len(data) <= 400_000
    assert hashlib.sha256(data).hexdigest() == table["sha256"]
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]
    assert [output.name for output in session.get_outputs()] == names
    outputs = session.run(names, {"input": np.zeros((2, 3, 64, 96), np.float32)})
    cells = {8: 96, 16: 24, 32: 6}
    widths = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    for name, values in zip(names, outputs, strict=True):
        part, stride = name.split("_")
        assert values.shape == (2, cells[int(stride)], widths[part])
