import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.detector import fit, suppress
from inference.faces import Face
from inference.pack import PackError, load_pack
from inference.reader import Models, open_models

Picture = NDArray[np.uint8]


def same_faces(found: list[Face], boxes: NDArray[np.float32], points: NDArray[np.float32], pixels: float) -> None:
    """Every expected face was found, box and points within `pixels`, and no other."""
    assert len(found) == len(boxes)
    for box, landmarks in zip(boxes, points, strict=True):
        nearest = min(found, key=lambda face: float(np.abs(face.box - box).max()))
        assert np.abs(nearest.box - box).max() <= pixels
        assert np.abs(nearest.landmarks - landmarks).max() <= pixels


def test_scrfd_finds_the_faces_that_insightface_finds(lab: Models, shared: Path, group_pictures: list[Picture]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of insightface's imports
        from insightface.model_zoo.scrfd import SCRFD
    theirs = SCRFD(str(shared / "models/lab-mbf/det_scrfd_500m_kps.onnx"))
    theirs.prepare(-1, det_thresh=0.5, nms_thresh=0.4)
    faces = 0
    for picture in group_pictures:
        scale, height, width = fit(picture.shape[0], picture.shape[1], 640)
        size = (-(-width // 32) * 32, -(-height // 32) * 32)
        canvas = np.zeros((size[1], size[0], 3), np.uint8)
        canvas[:height, :width] = cv2.resize(picture, (width, height))
        boxes, points = theirs.detect(canvas, input_size=size)
        same_faces(lab.detector.detect(picture), boxes[:, :4] / scale, points / scale, 1.0)
        faces += len(boxes)
    assert faces >= 8


def test_yunet_finds_the_faces_that_opencv_finds(yunet: Models, shared: Path, group_pictures: list[Picture]) -> None:
    model = str(shared / "models/yunet-mbf/det_yunet_n.onnx")
    theirs = cv2.FaceDetectorYN.create(model, "", (320, 320), 0.65, 0.4)
    faces = 0
    for picture in group_pictures:
        # A multiple of 32, so that neither side pads.
        picture = picture[: picture.shape[0] // 32 * 32, : picture.shape[1] // 32 * 32]
        theirs.setInputSize((picture.shape[1], picture.shape[0]))
        rows = np.asarray(theirs.detect(np.ascontiguousarray(picture))[1], np.float32)
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        same_faces(yunet.detector.detect(picture), boxes, rows[:, 4:14].reshape(-1, 5, 2), 1.0)
        faces += len(rows)
    assert faces >= 8


def test_the_canvas_of_one_picture_leaves_nothing_in_the_next(lab: Models, group_pictures: list[Picture]) -> None:
    large = np.asarray(cv2.resize(group_pictures[0], (510, 510)), np.uint8)
    small = large[:482, :482]
    assert all(-(-side // 32) == 16 for side in (510, 482))  # one canvas for both, less of it filled by the small one
    lab.detector.detect(np.zeros((64, 64, 3), np.uint8))
    alone = lab.detector.detect(small)
    lab.detector.detect(large)
    after = lab.detector.detect(small)
    assert alone
    assert [face.score for face in alone] == [face.score for face in after]


def test_a_file_of_the_other_kind_is_refused(shared: Path, tmp_path: Path) -> None:
    for source, change in (("lab-mbf", ("scrfd", "yunet")), ("yunet-mbf", ("yunet", "scrfd"))):
        folder = tmp_path / source
        folder.mkdir()
        for path in (shared / "models" / source).glob("*.onnx"):
            (folder / path.name).symlink_to(path)
        text = (shared / "models" / source / "pack.toml").read_text("utf-8")
        (folder / "pack.toml").write_text(text.replace(f'kind = "{change[0]}"', f'kind = "{change[1]}"'), "utf-8")
        with pytest.raises(PackError, match=f"(?i){change[1]}"):
            open_models(load_pack(folder))


def test_the_starter_detector_finds_nothing_in_an_empty_picture(starter: Models) -> None:
    assert starter.detector.detect(np.full((480, 640, 3), 127, np.uint8)) == []


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [
        (1080, 1920, 640, (1 / 3, 360, 640)),
        (270, 480, 640, (1.0, 270, 480)),
        (100, 64, 640, (1.28, 128, 82)),
        (4000, 10, 640, (0.16, 640, 2)),
        (1, 10_000, 640, (0.064, 1, 640)),
    ],
)
def test_pictures_are_reduced_to_the_size_and_only_tiny_ones_enlarged(
    height: int, width: int, size: int, expected: tuple[float, int, int]
) -> None:
    assert fit(height, width, size) == pytest.approx(expected)


boxes_of = st.lists(
    st.tuples(*(st.integers(0, 40),) * 2, *(st.integers(1, 30),) * 2, st.integers(0, 10_000)), max_size=20
)


@settings(deadline=None)
@given(boxes_of)
def test_suppression_keeps_what_opencv_keeps(rows: list[tuple[int, int, int, int, int]]) -> None:
    unique = list({row[4]: row for row in rows}.values())
    corners = np.array([row[:4] for row in unique], np.float32).reshape(-1, 4)
    scores = np.array([(row[4] + 1) / 10_001 for row in unique], np.float32)
    boxes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:]], axis=1)
    # An odd threshold: no overlap of whole pixels equals it.
    theirs = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), 0.0, 0.41234) if len(unique) else []
    assert suppress(boxes, scores, 0.41234).tolist() == np.asarray(theirs, np.intp).reshape(-1).tolist()
