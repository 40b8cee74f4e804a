"""Packs for these tests: the shared ones where they are, else the shipped starter pack once it is complete."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.catalogue import SHIPPED
from inference.pack import load_pack
from inference.reader import Models, open_models


def starter_is_complete() -> bool:
    described = SHIPPED / "starter" / "pack.toml"
    if not described.is_file():
        return False
    tables = tomllib.loads(described.read_text("utf-8"))
    parts = [tables.get(part, {}).get("file", "") for part in ("detector", "recogniser")]
    return all(part and (described.parent / part).is_file() for part in parts)


@pytest.fixture(scope="session")
def lab(shared: Path) -> Models:
    """SCRFD and MBF."""
    return open_models(load_pack(shared / "models" / "lab-mbf"))


@pytest.fixture(scope="session")
def yunet(shared: Path) -> Models:
    """YuNet and MBF."""
    return open_models(load_pack(shared / "models" / "yunet-mbf"))


@pytest.fixture(scope="session")
def starter() -> Models:
    if not starter_is_complete():
        pytest.skip("the starter pack is not complete: inference/packs/starter lacks pack.toml or an ONNX file")
    return open_models(load_pack(SHIPPED / "starter"))


@pytest.fixture(scope="session")
def group_pictures(shared: Path) -> list[NDArray[np.uint8]]:
    """Photographs with several faces each."""
    paths = sorted((shared / "data" / "group-photos").rglob("voc_*.jpg"))[:4]
    return [np.asarray(cv2.imread(str(path)), np.uint8) for path in paths]


def frames(video: Path) -> Iterator[NDArray[np.uint8]]:
    """Every frame of a video file."""
    capture = cv2.VideoCapture(str(video))
    try:
        while True:
            more, picture = capture.read()
            if not more:
                return
            yield np.asarray(picture, np.uint8)
    finally:
        capture.release()
