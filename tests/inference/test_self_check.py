"""The self-check: passed by models that recognise, failed by whatever does not, in words that say what was tried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from inference.faces import Chip, Face, Picture
from inference.reader import FindsFaces, MakesTemplates, Models
from inference.self_check import SelfCheckFailed, check_itself
from inference.settings import PipelineSettings
from rig.self_check import DrawnFaces, drawn_faces

THRESHOLD = 0.4


@dataclass
class Parts:
    detector: FindsFaces
    recogniser: MakesTemplates


class Noise:
    """A recogniser that knows nobody: each crop has a template of its own."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(3)

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        drawn = self._draw.standard_normal((len(crops), 128)).astype(np.float32)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


class Everybody:
    """A recogniser to which all people are one."""

    def embed(self, crops: Sequence[Chip]) -> NDArray[np.float32]:
        return np.full((len(crops), 4), 0.5, np.float32)


class Blind:
    """A detector that finds no face, but in one call."""

    least_score = 0.5

    def __init__(self, detector: FindsFaces, sees: int | None = None) -> None:
        self._detector, self._sees, self._calls = detector, sees, 0

    def detect(self, picture: Picture, size: int = 640, score_threshold: float | None = None) -> list[Face]:
        self._calls += 1
        return self._detector.detect(picture, size) if self._calls == self._sees else []


@pytest.fixture(scope="module")
def faces() -> DrawnFaces:
    return drawn_faces()


def settings(threshold: float = THRESHOLD, agreement: int = 2) -> PipelineSettings:
    return PipelineSettings(threshold=threshold, agreement=agreement)


@pytest.mark.parametrize("engine", ["exact", "hnsw"])
def test_the_starter_pack_sees_its_test_face_and_nobody_else(starter: Models, faces: DrawnFaces, engine: str) -> None:
    if engine == "hnsw":
        pytest.importorskip("hnswlib")
    passed = check_itself(starter, "starter", engine, faces, settings())
    assert passed.similarity > THRESHOLD > passed.stranger
    assert passed.engine == engine
    assert f"threshold {THRESHOLD:.3f}, pack starter" in passed.sentence


def test_a_recogniser_that_knows_nobody_is_found_out(starter: Models, faces: DrawnFaces) -> None:
    with pytest.raises(SelfCheckFailed) as failed:
        check_itself(Parts(starter.detector, Noise()), "starter", "exact", faces, settings())
    assert str(failed.value).startswith(
        "this rig does not recognise its own test face with pack starter at threshold 0.400: similarity"
    )


def test_a_recogniser_to_which_all_are_one_is_found_out(starter: Models, faces: DrawnFaces) -> None:
    with pytest.raises(SelfCheckFailed, match="takes another face for its test face with pack starter"):
        check_itself(Parts(starter.detector, Everybody()), "starter", "exact", faces, settings())


def test_a_threshold_that_nothing_reaches_is_found_out(starter: Models, faces: DrawnFaces) -> None:
    with pytest.raises(SelfCheckFailed, match=r"its own test face with pack starter at threshold 0\.995: similarity"):
        check_itself(starter, "starter", "exact", faces, settings(0.995))


def test_a_threshold_that_everybody_reaches_is_found_out(starter: Models, faces: DrawnFaces) -> None:
    with pytest.raises(SelfCheckFailed, match="takes another face"):
        check_itself(starter, "starter", "exact", faces, settings(-0.5))


def test_a_detector_that_finds_nothing_is_found_out(starter: Models, faces: DrawnFaces) -> None:
    with pytest.raises(SelfCheckFailed, match="finds no face in its own test picture"):
        check_itself(Parts(Blind(starter.detector), starter.recogniser), "starter", "exact", faces, settings())
    with pytest.raises(SelfCheckFailed, match="no face was found in 6 frames"):
        check_itself(Parts(Blind(starter.detector, 1), starter.recogniser), "starter", "exact", faces, settings())


def test_a_check_without_another_face_is_no_check(starter: Models, faces: DrawnFaces) -> None:
    wall = np.full_like(faces.portrait, 120)
    with pytest.raises(SelfCheckFailed, match="does not see the other face"):
        check_itself(starter, "starter", "exact", replace(faces, stranger=[wall]), settings())


def test_a_rig_that_asks_for_more_looks_is_checked_with_more(starter: Models, faces: DrawnFaces) -> None:
    few, many = (check_itself(starter, "starter", "exact", faces, settings(agreement=number)) for number in (1, 5))
    assert many.frames > few.frames


@pytest.mark.parametrize("changed", [{"min_duration": 2.0}, {"gap": 0.0}, {"gap": 2.0}])
def test_no_legal_setting_makes_the_test_frames_too_few_for_a_passage(
    starter: Models, faces: DrawnFaces, changed: dict[str, float]
) -> None:
    assert check_itself(starter, "starter", "exact", faces, msgspec.structs.replace(settings(), **changed)).frames


def test_the_test_frames_are_the_same_each_time(faces: DrawnFaces) -> None:
    again = drawn_faces()
    for one, other in zip((faces.portrait, *faces.known), (again.portrait, *again.known), strict=True):
        assert np.array_equal(one, other)
