"""Anonymous counts are stored once however often they come, and never shown for few passages."""

from collections import Counter

from alerts.histograms import FLOOR, Bin, merge, read_histograms
from alerts.store import store_histogram
from records.database import Database
from records.schema import HistogramCount
from tests.alerts.kept import BEGAN
from tests.records.made import make_deployment
from wire.histograms import Kind
from wire.messages import Histogram


def told(
    deployment: str,
    bins: dict[int, int],
    *,
    hour: int = 10,
    worker: str = "w",
    camera: str = "north",
    kind: Kind = "age",
) -> Histogram:
    return Histogram(
        deployment=deployment,
        camera=camera,
        session="s",
        worker=worker,
        kind=kind,
        hour=f"2026-11-23T{hour:02}",
        bins=bins,
    )


def test_sums_that_come_again_are_kept_once_and_the_latest_stands(database: Database) -> None:
    with database.write() as session:
        deployment = make_deployment(session, BEGAN)
        for count in (1, 2, 2):
            store_histogram(session, told(deployment, {7: count}))
    with database.read() as session:
        assert [(row.bin, row.count) for row in session.query(HistogramCount)] == [(7, 2)]


def test_runs_of_a_camera_are_added_up_and_kinds_and_deployments_are_not(database: Database) -> None:
    with database.write() as session:
        deployment = make_deployment(session, BEGAN)
        other = make_deployment(session, BEGAN, name="another")
        store_histogram(session, told(deployment, {6: 4, 7: 2}))
        store_histogram(session, told(deployment, {7: 5}, worker="after a restart"))
        store_histogram(session, told(deployment, {60: 99}, kind="similarity"))
        store_histogram(session, told(other, {7: 99}, worker="of another deployment"))
    with database.read() as session:
        found = read_histograms(session, deployment, "age")
    assert [(one.camera, one.bins, one.passages) for one in found.shown] == [
        ("north", (Bin(500.0, 1000.0, 4), Bin(1000.0, 2000.0, 7)), 11)
    ]
    assert found.left_out == 0


def test_an_hour_with_few_passages_is_shown_with_its_neighbours_only(database: Database) -> None:
    with database.write() as session:
        deployment = make_deployment(session, BEGAN)
        for hour, count in ((9, 3), (10, 7), (11, 20), (12, 1)):
            store_histogram(session, told(deployment, {7: count}, hour=hour))
        store_histogram(session, told(deployment, {7: FLOOR - 1}, camera="quiet"))
    with database.read() as session:
        found = read_histograms(session, deployment, "age")
    assert [(one.camera, one.first_hour[-2:], one.last_hour[-2:], one.passages) for one in found.shown] == [
        ("north", "09", "10", 10),
        ("north", "11", "12", 21),
    ]
    assert found.left_out == FLOOR - 1


def test_no_merged_span_is_below_the_floor_and_nothing_is_lost() -> None:
    for counts in ((1,) * 30, (10, 1), (1, 10), (9, 9, 9), (0, 12), (25, 0, 0, 4)):
        hours = {f"{hour:02}": Counter({1: count}) for hour, count in enumerate(counts)}
        spans = merge(hours, 10)
        assert all(span[2].total() >= 10 for span in spans)
        assert sum(span[2].total() for span in spans) == sum(counts)
    assert merge({"00": Counter({1: 9})}, 10) == []
