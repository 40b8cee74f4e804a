from collections.abc import Iterator

import numpy as np
import pytest

from inference.catalogue import find_pack
from inference.model_calls import listen
from inference.reader import open_models


@pytest.fixture
def heard() -> Iterator[list[tuple[str, tuple[int, ...], int]]]:
    calls: list[tuple[str, tuple[int, ...], int]] = []
    listen(lambda label, shape, took_ns: calls.append((label, shape, took_ns)))
    yield calls
    listen(None)


def test_a_listener_hears_of_each_call_with_its_model_and_shape(
    heard: list[tuple[str, tuple[int, ...], int]],
) -> None:
    models = open_models(find_pack("starter"))
    heard.clear()  # each model is tried when it is opened
    models.detector.detect(np.zeros((128, 256, 3), np.uint8))
    models.recogniser.embed([np.zeros((112, 112, 3), np.uint8)] * 2)
    assert [(label.rsplit(" ", 1)[-1], shape) for label, shape, _ in heard] == [
        ("detector", (1, 3, 128, 256)),
        ("recogniser", (2, 3, 112, 112)),
    ]
    assert all(took_ns > 0 for _, _, took_ns in heard)


def test_who_listens_no_more_hears_nothing(heard: list[tuple[str, tuple[int, ...], int]]) -> None:
    models = open_models(find_pack("starter"))
    heard.clear()
    listen(None)
    models.detector.detect(np.zeros((128, 256, 3), np.uint8))
    assert heard == []
