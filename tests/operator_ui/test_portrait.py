"""Both sides of a comparison get the same size and the eyes in the same places."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from operator_ui.portrait import THUMBNAIL, look_jpeg, reference_jpeg, thumbnail_jpeg, to_jpeg
from tests.operator_ui.drawn import drawn_face
from watchlist.comparison import EYE_DISTANCE, EYES_Y, HEIGHT, WIDTH, portrait


def eyes_of(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Centres of the two dark dots of a drawn face, left first."""
    dark = (picture.max(axis=2) < 48).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(dark)
    largest = sorted(range(1, count), key=lambda part: -int(stats[part, cv2.CC_STAT_AREA]))[:2]
    return np.array(sorted(centres[part].tolist() for part in largest))


@pytest.mark.parametrize(("tilt", "scale"), [(0, 1), (25, 1), (-40, 0.7), (10, 0.3)])
def test_eyes_are_level_and_in_their_places(tilt: float, scale: float) -> None:
    picture, points = drawn_face(tilt, scale)
    aligned = portrait(picture, points)
    assert aligned.shape == (HEIGHT, WIDTH, 3)
    middle = WIDTH / 2
    wanted = [[middle - EYE_DISTANCE / 2, EYES_Y], [middle + EYE_DISTANCE / 2, EYES_Y]]
    assert np.abs(eyes_of(aligned) - wanted).max() < 2.5


def test_a_picture_much_larger_than_the_portrait_is_averaged_not_sampled() -> None:
    stripes = np.zeros((3000, 3000, 3), np.uint8)
    stripes[:, ::2] = 255
    eyes = np.array([[1150, 1500], [1850, 1500]], np.float32)
    aligned = portrait(stripes, eyes)
    assert np.abs(aligned[200:400, 150:330].astype(int) - 127).max() < 40


@pytest.mark.parametrize("eyes", [[[5, 5], [5, 5]], [[9, 5], [1, 5]], [[np.nan, 1], [2, 2]]])
def test_landmarks_that_are_no_eyes_show_the_whole_picture(eyes: list[list[float]]) -> None:
    picture, _ = drawn_face()
    fitted = portrait(picture, np.array(eyes, np.float32))
    assert fitted.shape == (HEIGHT, WIDTH, 3)
    assert (fitted[0] == 128).all()
    assert not (fitted[HEIGHT // 2] == 128).all()


def test_a_look_in_portrait_geometry_is_passed_on_untouched() -> None:
    picture, points = drawn_face()
    jpeg = to_jpeg(portrait(picture, points))
    assert look_jpeg(jpeg) == jpeg


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (300, 900), (17, 9)])
def test_a_thumbnail_shows_the_whole_look_small(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 250, np.uint8)
    decoded = cv2.imdecode(np.frombuffer(thumbnail_jpeg(to_jpeg(picture)), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape[:2] == THUMBNAIL[::-1]
    lit = (decoded.min(axis=2) > 200).mean()
    height, width = shape
    assert lit == pytest.approx(min(width * HEIGHT / (height * WIDTH), height * WIDTH / (width * HEIGHT)), abs=0.06)


def test_a_reference_file_leaves_its_metadata_behind() -> None:
    picture, points = drawn_face()
    jpeg = to_jpeg(picture)
    note = b"Zebulon"
    with_note = jpeg[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + jpeg[2:]
    assert note not in reference_jpeg(with_note, points)


@pytest.mark.parametrize("broken", [b"", b"no picture", b"\xff\xd8\xff"])
def test_a_broken_picture_is_an_error_that_says_so(broken: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        look_jpeg(broken)
