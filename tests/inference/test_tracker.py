import numpy as np
import pytest

from inference.tracker import Tracker
from tests.inference.hand_made import face

RATE = 25.0


def tracker(lost_after: float = 1.0) -> Tracker:
    return Tracker(start_score=0.5, lost_after=lost_after, frame_rate=RATE)


def test_a_track_begins_with_the_second_face_and_keeps_its_number() -> None:
    walk = tracker()
    tracks = [walk.update([face(100 + 4 * n, 100)], n / RATE).tracks for n in range(20)]
    assert tracks == [[None]] + [[1]] * 19


def test_numbers_are_aligned_to_the_faces_given_in_any_order() -> None:
    walk = tracker()
    left, right = face(100, 100), face(400, 100)
    walk.update([left, right], 0.0)
    first = walk.update([left, right], 0.04).tracks
    assert walk.update([right, left], 0.08).tracks == first[::-1]


def test_an_occlusion_of_most_of_a_second_is_one_track() -> None:
    walk = tracker()
    for n in range(10):
        walk.update([face(100 + 3 * n, 100)], n / RATE)
    hidden = [walk.update([], n / RATE) for n in range(10, 32)]
    assert [update.ended for update in hidden] == [[]] * 22
    assert all(len(update.unseen) == 1 for update in hidden)
    assert walk.update([face(100 + 3 * 32, 100)], 32 / RATE).tracks == [1]


def test_a_longer_absence_ends_the_track_and_the_next_one_has_another_number() -> None:
    walk = tracker()
    for n in range(5):
        walk.update([face(100, 100)], n / RATE)
    ended = [track for n in range(5, 60) for track in walk.update([], n / RATE).ended]
    assert ended == [1]
    walk.update([face(100, 100)], 61 / RATE)
    assert walk.update([face(100, 100)], 62 / RATE).tracks == [2]


def test_dropped_frames_count_as_time_not_as_frames() -> None:
    walk = tracker()
    for n in range(5):
        walk.update([face(100, 100)], n / RATE)
    assert walk.update([], 3.0).ended == [1]


def test_a_reset_ends_everybody_and_gives_no_number_twice() -> None:
    walk = tracker()
    for n in range(3):
        walk.update([face(100, 100), face(400, 100)], n / RATE)
    assert walk.reset() == [1, 2]
    assert walk.reset() == []
    walk.update([face(100, 100)], 0.0)
    assert walk.update([face(100, 100)], 0.04).tracks == [3]


def test_a_clock_that_stands_still_or_goes_back_does_not_stop_the_tracking() -> None:
    walk = tracker()
    tracks = [walk.update([face(100, 100)], at).tracks for at in (1.0, 1.0, 0.5, 0.5, 1.5)]
    assert tracks[1:] == [[1]] * 4


@pytest.mark.parametrize("step", [20.0, 50.0])
def test_a_fast_face_at_a_low_frame_rate_is_one_track(step: float) -> None:
    walk = tracker()
    tracks = {walk.update([face(100 + step * n, 100, side=60)], n / 8).tracks[0] for n in range(1, 12)}
    assert tracks == {None, 1}


def test_weak_faces_continue_a_track_and_begin_none() -> None:
    walk = tracker()
    for n in range(5):
        assert walk.update([face(400, 400, score=0.42)], n / RATE).tracks == [None]
    for n in range(5, 8):
        walk.update([face(100, 100)], n / RATE)
    assert walk.update([face(100, 100, score=0.42)], 8 / RATE).tracks == [1]


def test_two_people_who_pass_each_other_keep_their_numbers() -> None:
    walk = tracker()
    numbers = np.array(
        [walk.update([face(100 + 8 * n, 100), face(500 - 8 * n, 170)], n / RATE).tracks for n in range(50)][1:]
    )
    assert (numbers == numbers[0]).all()
