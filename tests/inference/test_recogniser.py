import hashlib
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.pack import PackError, load_pack
from inference.reader import Models, Reader, open_models
from inference.recogniser import ARCFACE_POINTS, Recogniser, align, similarity_transform
from inference.sessions import SessionSettings
from tests.inference.hand_made import mean_colour_model, write_pack
from watchlist.faces import FaceReader


@settings(deadline=None, max_examples=50)
@given(arrays(np.float32, (5, 2), elements=st.floats(-20, 20, width=32)), st.floats(0.2, 5), st.floats(-60, 60))
def test_alignment_is_that_of_insightface(noise: np.ndarray, scale: float, degrees: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-image deprecates what insightface calls
        from insightface.utils.face_align import estimate_norm

        turn = np.deg2rad(degrees)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = ((ARCFACE_POINTS @ rotation.T + noise) * scale + [300, 200]).astype(np.float32)
        theirs = estimate_norm(points, 112)
    # Where the points are mapped, for the matrices themselves are ill-conditioned far from the points.
    ours = similarity_transform(points, ARCFACE_POINTS)
    for matrix in (ours, theirs):
        assert matrix.shape == (2, 3)
    mapped = [points @ matrix[:, :2].T + matrix[:, 2] for matrix in (ours, theirs)]
    assert np.abs(mapped[0] - mapped[1]).max() < 0.01


def test_points_that_all_coincide_do_not_divide_by_zero() -> None:
    matrix = similarity_transform(np.full((5, 2), 7.0, np.float32), ARCFACE_POINTS)
    assert np.isfinite(matrix).all()


def test_a_reader_serves_the_watchlist(lab: Models, shared: Path) -> None:
    reader: FaceReader = Reader(lab)
    people = shared / "data" / "lfw" / "images"
    files = [
        "Jennifer_Aniston/Jennifer_Aniston_0002.jpg",
        "Jennifer_Aniston/Jennifer_Aniston_0003.jpg",
        "Matthew_Perry/Matthew_Perry_0001.jpg",
    ]
    templates = []
    for file in files:
        picture = np.asarray(cv2.imread(str(people / file)), np.uint8)
        found = sorted(reader.faces(picture), key=lambda face: face.box[0] - face.box[2])
        assert all(isinstance(edge, float) for edge in found[0].box)
        templates.append(reader.templates(picture, found[:1])[0])
    similar = np.stack(templates) @ np.stack(templates).T
    assert np.allclose(np.diag(similar), 1.0, atol=1e-5)
    assert similar[0, 1] > 0.4 > 0.3 > max(similar[0, 2], similar[1, 2])


def test_a_batch_gives_what_single_crops_give(lab: Models) -> None:
    drawn = np.random.default_rng(1).integers(0, 255, (40, 112, 112, 3), np.uint8)
    together = lab.recogniser.embed(list(drawn))
    alone = np.concatenate([lab.recogniser.embed([crop]) for crop in drawn])
    assert together.shape == (40, 512)
    assert np.abs(together - alone).max() < 1e-4
    assert lab.recogniser.embed([]).shape == (0, 512)


def test_a_crop_outside_the_picture_is_black() -> None:
    far = ARCFACE_POINTS + np.array([5000, 5000], np.float32)
    assert not align(np.full((50, 50, 3), 255, np.uint8), far).any()


def test_a_recogniser_of_128_values_works(shared: Path) -> None:
    models = open_models(load_pack(shared / "models" / "lab-y1"))
    assert models.recogniser.embed([np.zeros((112, 112, 3), np.uint8)]).shape == (1, 128)


def fixed_batch_model() -> bytes:
    """The mean of each channel, of one crop a call."""
    model = mean_colour_model()
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].Clear()
        value.type.tensor_type.shape.dim[0].dim_value = 1
    data: bytes = model.SerializeToString()
    return data


def write_fixed_batch_pack(folder: Path, more: str) -> Path:
    write_pack(folder)
    was = hashlib.sha256((folder / "recogniser.onnx").read_bytes()).hexdigest()
    data = fixed_batch_model()
    (folder / "recogniser.onnx").write_bytes(data)
    before, after = (folder / "pack.toml").read_text("utf-8").split("[recogniser]")
    after = after.replace(was, hashlib.sha256(data).hexdigest())
    (folder / "pack.toml").write_text(f"{before}[recogniser]\n{more}{after}", "utf-8")
    return folder


def test_a_model_that_takes_one_crop_a_call_gets_one_and_must_say_so(tmp_path: Path) -> None:
    crops = [np.full((112, 112, 3), value, np.uint8) for value in (10, 100, 250)]
    crops[1][:, :, 0] = 0
    said = Recogniser(load_pack(write_fixed_batch_pack(tmp_path / "said", "batch = 1\n")), SessionSettings())
    free = Recogniser(load_pack(write_pack(tmp_path / "free")), SessionSettings())
    assert np.array_equal(said.embed(crops), free.embed(crops))
    with pytest.raises(PackError, match="does not take two"):
        Recogniser(load_pack(write_fixed_batch_pack(tmp_path / "unsaid", "")), SessionSettings())
