"""evaluation.reading, features, gathering: which face is meant, what is refused, and what is kept on disk."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from evaluation.errors import EvaluationError
from evaluation.evaluate import looks_refused
from evaluation.features import collect, read_pictures
from evaluation.gathering import gather
from evaluation.labels import Labelled
from evaluation.reading import MEASURES, NO_FACE, NO_MEASURES, ProbeReader, Reading, Seen, Which, choose, padded
from inference.faces import Face, Picture
from inference.settings import PipelineSettings


def face(left: float, top: float, width: float) -> Face:
    box = np.array([left, top, left + width, top + width], np.float32)
    return Face(box, np.zeros((5, 2), np.float32), 0.9)


class CountingReader:
    """The template of a picture is its mean colour; a black one has no face."""

    key, dimension = "counting", 3

    def __init__(self) -> None:
        self.calls = 0

    def read(self, picture: Picture) -> Seen:
        self.calls += 1
        colour = picture.reshape(-1, 3).mean(axis=0).astype(np.float32)
        if not colour.any():
            return Seen(None, NO_MEASURES, 0, NO_FACE)
        measures = np.arange(len(MEASURES), dtype=np.float32)
        return Seen(colour / np.linalg.norm(colour), measures, 1, "")


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = []
    for number, colour in enumerate([(255, 0, 0), (0, 0, 0), (0, 255, 0)]):
        paths.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(paths[-1]), np.full((8, 8, 3), colour, np.uint8))
    return paths


def test_the_largest_or_the_most_central_face_is_the_labelled_persons() -> None:
    faces, picture = [face(0, 0, 40), face(45, 45, 10)], np.zeros((100, 100, 3), np.uint8)
    assert choose(faces, picture, Which.LARGEST) is faces[0]
    assert choose(faces, picture, Which.CENTRAL) is faces[1]


def test_a_border_is_put_around_a_tight_crop_and_none_where_none_is_asked() -> None:
    picture = np.full((10, 20, 3), 7, np.uint8)
    framed = padded(picture, 0.3)
    assert framed.shape == (22, 32, 3)
    assert (framed[6:16, 6:26] == 7).all()
    assert framed.sum() == picture.sum()
    assert padded(picture, 0.0) is picture


def test_features_are_in_the_order_of_the_pictures(pictures: list[Path]) -> None:
    found = read_pictures(pictures, CountingReader())
    assert found.found.tolist() == [True, False, True]
    assert found.refused == ("", NO_FACE, "")
    assert found.templates.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert found.turn[0] == MEASURES.index("turn")
    assert np.isnan(found.quality[1])
    assert not np.isnan(found.quality[0])


def test_nothing_is_written_unless_a_cache_is_asked_for(pictures: list[Path]) -> None:
    before = sorted(pictures[0].parent.rglob("*"))
    read_pictures(pictures, CountingReader())
    assert sorted(pictures[0].parent.rglob("*")) == before


def test_a_cache_answers_for_the_reader_and_is_for_its_owner_only(pictures: list[Path], tmp_path: Path) -> None:
    cache, reader = tmp_path / "cache", CountingReader()
    first = read_pictures(pictures, reader, cache=cache)
    again = read_pictures(pictures[::-1], reader, cache=cache)
    assert reader.calls == 3
    assert (again.templates[::-1] == first.templates).all()
    assert again.refused[::-1] == first.refused
    assert all(path.stat().st_mode & 0o077 == 0 for path in cache.rglob("*.npz"))
    other = CountingReader()
    other.key = "another detector size"
    read_pictures(pictures, other, cache=cache)
    assert other.calls == 3


def test_a_damaged_cache_is_an_error_that_names_the_file(pictures: list[Path], tmp_path: Path) -> None:
    read_pictures(pictures[:1], CountingReader(), cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").rglob("*.npz")
    kept.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(EvaluationError, match=r"npz: damaged; remove it"):
        read_pictures(pictures[:1], CountingReader(), cache=tmp_path / "cache")


def test_only_what_is_needed_is_read(pictures: list[Path]) -> None:
    roles = ("enrol", "probe", "probe")
    own = [Labelled(path, path.name, "x", role, {}) for path, role in zip(pictures, roles, strict=True)]
    fillers = [Labelled(pictures[2], "again", "filler", "", {}), Labelled(pictures[1], "second", "filler", "", {})]
    probes, references, filling = CountingReader(), CountingReader(), CountingReader()
    found = gather(own, fillers, probes, references, filling)
    assert (probes.calls, references.calls, filling.calls) == (2, 1, 1)
    assert found.fillers.tolist() == [False, False, False, True]
    assert found.acquired.tolist() == [False, False, True, False]
    assert found.references.found.tolist() == [True, False, False, True]


def test_the_cameras_floor_refuses_what_it_would_not_take_as_a_look() -> None:
    good = np.array([40, 0.0, 0.0, 0.0, 0.9, 0.1, 120, 40], np.float32)
    turned, small, blurred = good.copy(), good.copy(), good.copy()
    turned[1], small[0], blurred[5] = 9.0, 1.0, 0.0001
    template = np.array([1.0], np.float32)
    features = collect([*(Seen(template, each, 1, "") for each in (good, turned, small, blurred))], 1)
    floor = PipelineSettings(threshold=0.0)
    assert looks_refused(features, floor, 0.5) == ["", "turned away", "too small", "too blurred"]
    assert looks_refused(features, floor, 0.95)[0] == "uncertain"
    assert looks_refused(features, None, 0.95) == [""] * 4


def test_a_reader_of_another_size_or_border_has_another_key(shared: Path) -> None:
    from inference.pack import load_pack
    from inference.reader import open_models

    models = open_models(load_pack(shared / "models" / "yunet-mfn"))
    readings = [Reading(), Reading(Which.CENTRAL), Reading(detector_size=320), Reading(pad=0.3)]
    assert len({ProbeReader(models, reading).key for reading in readings}) == 4
