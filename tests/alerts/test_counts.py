from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.counts import add_up
from records.schema import CameraCount


def row(session: str, worker: str, produced: int, frames: int, camera: str = "north") -> CameraCount:
    return CameraCount(
        camera=camera,
        session=session,
        worker=worker,
        deployment_id="d",
        state="live",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        last_frame_at=None,
        fps=0.0,
        produced=produced,
        frames=frames,
        faces=2 * frames,
        looks_rejected=0,
        passages=1,
        candidates=0,
        unsearched=0,
        engine="exact",
    )


def test_frames_lost_between_two_workers_of_one_session_are_counted_once() -> None:
    counts = add_up([row("s", "first", produced=100, frames=90), row("s", "second", produced=200, frames=60)])
    assert (counts.frames, counts.dropped) == (150, 50)


def test_a_recorded_frame_that_two_workers_searched_is_no_negative_drop() -> None:
    counts = add_up([row("s", "first", produced=10, frames=10), row("s", "second", produced=20, frames=12)])
    assert counts.dropped == 0


def test_sessions_and_cameras_add_up_separately() -> None:
    counts = add_up([row("s", "w", 10, 8), row("t", "w", 10, 10), row("s", "w", 5, 1, camera="south")])
    assert (counts.frames, counts.dropped, counts.faces, counts.passages) == (19, 6, 38, 3)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_produced_frames_are_searched_or_dropped(parts: list[tuple[int, int]]) -> None:
    """Workers take turns: each searches some of its frames and loses the others."""
    rows, produced = [], 0
    for number, (searched, lost) in enumerate(parts):
        produced += searched + lost
        rows.append(row("s", f"w{number}", produced, searched))
    counts = add_up(rows)
    assert counts.frames + counts.dropped == produced
