"""Authority before search, on whole rigs: what is withdrawn stops alerting, and the search ends with its window."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alerts.counts import add_up
from alerts.deployments import pause_by_rig
from inference.pack import Pack
from records.schema import Alert, CameraCount, Deployment, Entry, Sighting
from records.times import utc_now
from rig.config import load
from rig.deployments import TermsOfTest, begin_and_run
from rig.opening import open_rig
from tests.e2e.test_rig import Running
from watchlist.list_file import load_list
from watchlist.standing import withdraw

STOPS_WITHIN = timedelta(seconds=2)
SEARCH_ENDS_WITHIN = timedelta(seconds=1)

pytestmark = pytest.mark.rig


def captured_since(rig: Running, entry: str, since: datetime) -> int:
    """Alerts and sightings of an entry, of frames captured after this time."""
    with rig.database.read() as session:
        alerts = select(func.count()).where(Alert.subject_id == entry, Alert.captured_at > since)
        sightings = (
            select(func.count())
            .select_from(Sighting)
            .join(Alert, Alert.id == Sighting.alert_id)
            .where(Alert.subject_id == entry, Sighting.captured_at > since)
        )
        return (session.scalar(alerts) or 0) + (session.scalar(sightings) or 0)


def searched(rig: Running) -> int:
    with rig.database.read() as session:
        return add_up(session.query(CameraCount)).frames


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_an_entry_taken_out_in_the_middle_of_a_deployment_alerts_no_more(
    rig_file: Callable[..., Path], how: str
) -> None:
    rig = Running(rig_file())
    try:
        rig.until(lambda: len(rig.alerts()) == 2, "an alert of each volunteer")
        with rig.database.read() as session:
            gone, kept = session.scalars(select(Alert.subject_id).order_by(Alert.id)).all()
        taken_out = utc_now()
        with rig.database.write() as session:
            if how == "withdrawn":
                withdraw(session, gone, "rig", "consent_withdrawn", taken_out)
            else:
                session.get_one(Entry, gone).expires_at = taken_out
        passes = captured_since(rig, kept, taken_out + STOPS_WITHIN) + 2
        rig.until(lambda: captured_since(rig, kept, taken_out + STOPS_WITHIN) >= passes, "two more passes of the other")
        assert captured_since(rig, gone, taken_out + STOPS_WITHIN) == 0
    finally:
        rig.supervisor.stop()


def test_the_search_ends_with_the_window_and_nothing_is_taken_from_the_camera_any_more(
    rig_file: Callable[..., Path], built_list: Path, pack: Pack
) -> None:
    path = rig_file()
    config = load(path)
    with open_rig(config) as opened:
        plain = load_list(built_list, contract=pack.contract)
        test = TermsOfTest(name="test", cameras=("street",), threshold=0.4, lasts=timedelta(seconds=20))
        deployment, _ = begin_and_run(opened.database, opened.vault, config.vault_folder, plain, test)
        with opened.database.read() as session:
            ends = session.get_one(Deployment, deployment).ends_at
    rig = Running(path)
    try:
        rig.until(lambda: searched(rig) > 0, "a first frame")
        rig.until(lambda: utc_now() > ends + SEARCH_ENDS_WITHIN, "the end of the window")
        # The counters come twice a second: those of the last half second of the search are on their way.
        rig.until(lambda: utc_now() > ends + SEARCH_ENDS_WITHIN + timedelta(seconds=1), "the last counters")
        with rig.database.read() as session:
            found = session.get_one(Deployment, deployment)
            assert found.state in ("ended", "erased")
            assert found.ended_for == "window_over"
            last = session.scalar(select(func.max(CameraCount.last_frame_at)))
            assert last is not None
            assert last <= ends + SEARCH_ENDS_WITHIN
        frames = searched(rig)
        rig.until(lambda: utc_now() > ends + timedelta(seconds=5), "a few seconds more")
        assert searched(rig) == frames
    finally:
        rig.supervisor.stop()


def test_a_pause_stops_the_search_within_a_second(rig_file: Callable[..., Path]) -> None:
    rig = Running(rig_file())
    try:
        rig.until(lambda: searched(rig) > 20, "some frames")
        with rig.database.write() as session:
            (deployment,) = session.scalars(select(Deployment.id))
            pause_by_rig(session, deployment, "outside_place", utc_now())
        paused = time.monotonic()
        rig.until(lambda: time.monotonic() > paused + 2, "the pause, and the last counters")
        frames = searched(rig)
        rig.until(lambda: time.monotonic() > paused + 6, "a few seconds of pause")
        assert searched(rig) == frames
    finally:
        rig.supervisor.stop()
