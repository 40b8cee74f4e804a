import msgspec
import pytest

from inference.explain import explain
from inference.passages import Passage
from inference.settings import PipelineSettings

SETTINGS = PipelineSettings(threshold=0.35)
SEEN = Passage(
    track=1,
    camera="c",
    first_frame=0,
    last_frame=24,
    seconds=1.0,
    faces=25,
    looks=3,
    rejected={},
    eye_distance=40.0,
    turn=0.1,
    sharpness=0.1,
    similarity=0.31,
    agreeing=1,
    subjects=(),
    ending="lost",
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "best similarity 0.310 under the threshold 0.350"),
        ({"subjects": ("id-1",), "similarity": 0.5}, "alerted: Anna, similarity 0.500, threshold 0.350"),
        ({"similarity": None}, "no watchlist"),
        ({"looks": 1, "similarity": 0.4}, "1 look only, similarity 0.400; 2 must agree"),
        ({"similarity": 0.4}, "1 of 3 looks agreed; 2 must"),
        (
            {"looks": 0, "rejected": {"too small": 20, "too blurred": 5}, "eye_distance": 9.0},
            "too small in 20 of 25 frames: at most 9 pixels between the eyes, 14 needed",
        ),
        ({"looks": 0, "rejected": {"too blurred": 25}, "sharpness": 0.002}, "sharpness at most 0.002, 0.004 needed"),
        ({"looks": 0, "rejected": {"turned away": 25}, "turn": 2.5}, "turn at least 2.5, at most 1.6 allowed"),
        ({"looks": 0, "rejected": {"cut off": 25}}, "cut off in 25 of 25 frames"),
    ],
)
def test_the_decisive_fact_is_told(change: dict[str, object], says: str) -> None:
    assert says in explain(msgspec.structs.replace(SEEN, **change), SETTINGS, {"id-1": "Anna"})
