"""The recogniser that ships in the starter pack, as a file: what every user of the pack relies on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from inference.sessions import Session, SessionSettings

MODEL = Path(__file__).parent.parent.parent / "inference" / "packs" / "starter" / "rec_starter.onnx"


def test_the_file_is_small_and_of_an_operator_set_that_old_runtimes_know() -> None:
    assert MODEL.stat().st_size <= 3_000_000
    assert onnx.load(MODEL).opset_import[0].version <= 17


def test_templates_have_unit_length_and_do_not_depend_on_their_batch() -> None:
    session = Session(MODEL.read_bytes(), SessionSettings(), "input", "starter")
    views = np.random.default_rng(1).uniform(-1, 1, (3, 3, 112, 112)).astype(np.float32)
    together = session.run(views, ("embedding",))[0]
    alone = np.concatenate([session.run(view[None], ("embedding",))[0] for view in views])
    assert together.shape == (3, 512)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.abs(together - alone).max() < 1e-5


def test_weights_are_stored_as_int8() -> None:
    large = [t for t in onnx.load(MODEL).graph.initializer if np.prod(t.dims) > 2048]
    assert large
    assert {t.data_type for t in large} == {onnx.TensorProto.INT8}


def test_int8_storage_keeps_each_output_channel_within_half_a_step() -> None:
    pytest.importorskip("torch", reason="the training group is not installed")
    from training.export_recogniser import quantise

    weight = np.random.default_rng(1).uniform(-1, 1, (4, 8, 1, 1)).astype(np.float32)
    weight[2] *= 0.01
    codes, scales = quantise(weight)
    back = codes * scales.reshape(4, 1, 1, 1)
    inside = np.abs(codes) < 127
    assert np.abs(back - weight)[inside].max() <= scales.max() / 2 + 1e-7
    assert scales[2] < scales[0] / 10
