from collections.abc import Sequence

import numpy as np
import pytest

from tests.watchlist.hand_made import KnownFaces, face, textured
from watchlist.enrolment import Refused, examine
from watchlist.faces import DetectedFace, Face, eye_distance, find_faces, portrait
from watchlist.pictures import Picture
from watchlist.quality import Floor, choose_main, sharpness, turned

PICTURE = textured(600, 400, blur=0.8)


def refusal(picture: Picture, *faces: Face, floor: Floor | None = None) -> str:
    with pytest.raises(Refused) as raised:
        examine(picture, KnownFaces(picture, faces), floor or Floor())
    return str(raised.value.reason)


def test_a_picture_without_a_face_is_refused() -> None:
    assert refusal(PICTURE) == "no face"


def test_a_second_face_of_half_the_size_is_refused() -> None:
    assert refusal(PICTURE, face(200, 200, 60), face(450, 200, 31)) == "several faces"


def test_a_smaller_face_in_the_background_is_noted() -> None:
    accepted = examine(PICTURE, KnownFaces(PICTURE, [face(300, 200, 60), face(500, 100, 25)]), Floor())
    assert accepted.background_faces == 1


def test_a_small_face_in_the_centre_beside_a_larger_one_is_refused() -> None:
    beside, central = face(100, 200, 80), face(300, 200, 35)
    assert refusal(PICTURE, beside, central) == "several faces"
    assert choose_main([beside, face(500, 200, 35)], PICTURE)[1:] == (0, 1)


def test_the_floor_of_the_eye_distance_can_be_set() -> None:
    assert refusal(PICTURE, face(300, 200, 23.5)) == "too small"
    assert refusal(PICTURE, face(300, 200, 31), floor=Floor(eye_distance=32)) == "too small"
    assert examine(PICTURE, KnownFaces(PICTURE, [face(300, 200, 25)]), Floor()).eye_distance == pytest.approx(25)


def test_a_head_turned_far_to_a_side_is_refused() -> None:
    assert refusal(PICTURE, face(300, 200, 50, turn=0.9)) == "turned away"
    assert turned(face(300, 200, 50, turn=-0.5)) == pytest.approx(0.5)
    assert turned(face(300, 200, 50)) == 0.0


def test_a_blurred_face_is_refused() -> None:
    blurred = textured(600, 400, blur=9)
    assert refusal(blurred, face(300, 200, 50)) == "too blurred"


def test_sharpness_depends_neither_on_the_pictures_size_nor_on_its_light() -> None:
    large = textured(1600, 1600, blur=6)
    here = sharpness(large, face(800, 800, 400))
    half = np.ascontiguousarray(large.reshape(800, 2, 800, 2, 3).mean(axis=(1, 3)).astype(np.uint8))
    dark = (large // 2 + 10).astype(np.uint8)
    assert sharpness(half, face(400, 400, 200)) == pytest.approx(here, rel=0.05)
    assert sharpness(dark, face(800, 800, 400)) == pytest.approx(here, rel=0.05)
    assert sharpness(textured(1600, 1600, blur=40), face(800, 800, 400)) < 0.6 * here


def test_a_portrait_is_at_most_640_pixels_and_carries_the_face_along() -> None:
    picture = textured(3000, 2000)
    part, there = portrait(picture, face(1500, 1000, 400))
    assert max(part.shape[:2]) == 640
    marked = np.zeros((2000, 3000, 3), np.uint8)
    marked[740:861, 1240:1361] = 255  # about the left eye, at (1300, 800)
    seen = portrait(marked, face(1500, 1000, 400))[0]
    across, down = np.nonzero(seen[:, :, 0] > 127)[::-1]
    assert there.landmarks[0] == pytest.approx((across.mean() + 0.5, down.mean() + 0.5), abs=1.0)


def test_a_portrait_at_the_edge_stays_inside_the_picture() -> None:
    part, there = portrait(PICTURE, face(10, 10, 50))
    assert 0 < part.shape[0] < 400
    assert eye_distance(there) == pytest.approx(50)


def test_a_face_that_only_shows_with_a_border_comes_back_in_the_pictures_own_pixels() -> None:
    picture = textured(400, 400)

    class SeesSmallFaces(KnownFaces):
        """Sees a face only where it takes less than half of the picture."""

        def faces(self, picture: Picture) -> Sequence[DetectedFace]:
            # 400 pixels and a border of 200 on each side, shrunk to 640: 0.8 of the size.
            return [face(320, 320, 0.8 * 180)] if not picture[0].any() else []

    (found,) = find_faces(picture, SeesSmallFaces(picture, []))
    assert found.landmarks == pytest.approx(face(200, 200, 180).landmarks, abs=0.01)
    assert found.box == pytest.approx(face(200, 200, 180).box, abs=0.01)


def test_a_very_large_picture_is_shrunk_before_it_is_searched() -> None:
    picture = textured(4000, 3000)
    sizes = []

    class Sizes(KnownFaces):
        def faces(self, picture: Picture) -> Sequence[DetectedFace]:
            sizes.append(max(picture.shape[:2]))
            return []

    find_faces(picture, Sizes(picture, []))
    assert sizes == [1280, 640]
