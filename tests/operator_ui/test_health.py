"""A camera's condition in words that are true, and the alarm when no camera sees."""

from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from alerts.store import store_camera
from operator_ui.health import (
    BLIND,
    BRIGHT,
    DARK,
    FROZEN_S,
    SILENT_S,
    SOFT,
    BlindTime,
    Condition,
    condition_of,
    is_blind,
)
from operator_ui.script_texts import TEXTS
from operator_ui.settings import UiSettings
from records.database import Database
from records.schema import Deployment
from records.times import to_ns
from tests.operator_ui.stage import START, Stage
from tests.operator_ui.streams import read_stream
from wire.messages import CameraStatus

GOOD: dict[str, Any] = {"brightness": 110.0, "sharpness": 0.01, "still_s": 0.0}


def condition(
    measures: dict[str, float | None], state: str = "live", silent_s: float | None = 0.2, searching: bool = True
) -> Condition:
    return condition_of(state, silent_s, searching, **{**GOOD, **measures})


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({}, "fine"),
        ({"brightness": DARK}, "fine"),
        ({"brightness": DARK - 0.1}, "dark"),
        ({"brightness": BRIGHT}, "fine"),
        ({"brightness": BRIGHT + 0.1}, "bright"),
        ({"sharpness": SOFT}, "fine"),
        ({"sharpness": SOFT - 0.0001}, "blurred"),
        ({"still_s": FROZEN_S - 0.1}, "fine"),
        ({"still_s": FROZEN_S}, "frozen"),
        ({"brightness": 3.0, "sharpness": 0.0}, "dark"),
        ({"brightness": 3.0, "still_s": 60.0}, "frozen"),
        ({"brightness": None, "sharpness": None, "still_s": None}, "fine"),
    ],
)
def test_what_is_measured_becomes_a_word(measures: dict[str, float | None], expected: str) -> None:
    assert condition(measures) == expected


@pytest.mark.parametrize(
    ("state", "silent_s", "searching", "expected"),
    [
        ("live", SILENT_S, True, "fine"),
        ("live", SILENT_S + 0.1, True, "no_word"),
        ("stale", 0.1, True, "no_frames"),
        ("unsearched", 0.1, True, "not_searching"),
        ("waiting", None, True, "no_frames"),
        ("waiting", None, False, "resting"),
        ("live", 900.0, False, "resting"),
        ("ended", 900.0, True, "ended"),
    ],
)
def test_what_a_camera_does_not_say_becomes_a_word_too(
    state: str, silent_s: float | None, searching: bool, expected: str
) -> None:
    assert condition({}, state, silent_s, searching) == expected


def test_one_camera_that_sees_is_no_blind_system_and_none_is() -> None:
    assert not is_blind(["fine", "no_frames"])
    assert is_blind(["dark", "no_frames"])
    assert is_blind(["not_searching"])
    assert is_blind(["blurred", "ended"])
    assert not is_blind(["ended", "ended"])
    assert not is_blind(["resting", "resting"])
    assert not is_blind([])


def test_blind_times_add_up_and_another_deployment_begins_anew() -> None:
    def at(seconds: int) -> datetime:
        return START + timedelta(seconds=seconds)

    time = BlindTime()
    for second, blind in enumerate((False, True, True, False, False, True)):
        time.note("d", blind, at(second))
    assert (time.since, time.total_s(at(9))) == (at(5), 6.0)
    time.note("e", False, at(10))
    assert (time.since, time.total_s(at(11))) == (None, 0.0)


def test_each_condition_has_its_words_and_what_is_wrong_says_what_to_do() -> None:
    for one in get_args(Condition):
        assert TEXTS[f"camera.{one}"]
        assert bool(TEXTS[f"advice.{one}"]) == (one in BLIND)


def a_rig(database: Database, *cameras: str) -> Stage:
    return Stage(database, settings=UiSettings(vault="none", changes="ipc:///none", cameras=cameras))


def tells(stage: Stage, camera: str, **changes: Any) -> None:
    now = to_ns(stage.time())
    status = CameraStatus(
        **{
            "deployment": stage.deployment,
            "camera": camera,
            "session": "s",
            "worker": "w",
            "state": "live",
            "at": now,
            "last_frame_at": now,
            "fps": 25.0,
            "produced": 210,
            "frames": 200,
            "faces": 9,
            "looks_rejected": 2,
            "passages": 4,
            "candidates": 1,
            "unsearched": 0,
            "engine": "exact",
            **GOOD,
            **changes,
        }
    )
    with stage.database.write() as session:
        store_camera(session, status)


def conditions(status: dict[str, Any]) -> dict[str, str]:
    return {camera["camera"]: camera["condition"] for camera in status["cameras"]}


def test_a_camera_of_the_rig_that_never_said_a_word_is_shown(database: Database) -> None:
    stage = a_rig(database, "north", "south")
    tells(stage, "north")
    with stage.client("ann") as ann:
        status = ann.get("/api/status").json()
        assert conditions(status) == {"north": "fine", "south": "no_frames"}
        assert not status["blind"]["now"]
        north = status["cameras"][0]
        assert (north["brightness"], north["sharpness"], north["fps"], north["dropped"]) == (110.0, 0.01, 25.0, 10)


def test_the_system_is_blind_when_the_last_camera_is_and_the_stream_says_since_when(database: Database) -> None:
    stage = a_rig(database, "north", "south")
    tells(stage, "north", brightness=4.0)
    tells(stage, "south", sharpness=0.0001)
    with stage.client("ann") as ann:
        status = ann.get("/api/status").json()
        assert conditions(status) == {"north": "dark", "south": "blurred"}
        assert status["blind"]["now"]
        assert f'"since":"{START:%Y-%m-%dT%H:%M:%S}' in read_stream(stage.app, ann)


def test_a_paused_deployment_rests_and_is_not_blind(database: Database) -> None:
    stage = a_rig(database, "north")
    tells(stage, "north", state="unsearched")
    with stage.client("ann") as ann:
        assert conditions(ann.get("/api/status").json()) == {"north": "not_searching"}
        with stage.database.write() as session:
            session.get_one(Deployment, stage.deployment).state = "paused"
        status = ann.get("/api/status").json()
        assert conditions(status) == {"north": "resting"}
        assert not status["blind"]["now"]


def test_the_counters_of_the_deployment_and_its_clock(database: Database) -> None:
    stage = a_rig(database, "north")
    tells(stage, "north")
    alert = stage.alert()
    with stage.client("ann") as ann:
        ann.judge(alert, "different")
        status = ann.get("/api/status").json()
        assert status["tally"] == {"passages": 4, "alerts": 1, "stops": 0, "false": 1}
        assert status["deployment"]["ends_at"] > status["now"]
        page = ann.get("/").text
        assert '<dd data-tally="passages">4</dd>' in page
        assert status["deployment"]["ends_at"][:19] in page


def test_every_role_that_follows_sees_the_health_of_the_rig_and_nobody_else(database: Database) -> None:
    stage = a_rig(database, "north")
    for number, role in enumerate(("operator", "engagement_officer", "auditor", "authorising_officer", "list_builder")):
        with stage.client(f"p{number}", role) as browser:
            assert browser.get("/health").status_code == 200
    with stage.client("adam", "administrator") as adam:
        assert adam.get("/health").status_code == 403
