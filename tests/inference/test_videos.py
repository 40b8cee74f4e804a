"""The whole chain on the development videos: right names in the right shots, and no others."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.video_truth import labelled_videos
from inference.pipeline import Decision, Passage, Pipeline
from inference.reader import Models, Reader
from inference.settings import PipelineSettings
from tests.inference.conftest import frames
from watchlist.enrolment import enrol
from watchlist.entries import Subject
from watchlist.index import ExactIndex, Gallery
from watchlist.pictures import find_pictures

Listed = tuple[tuple[Subject, ...], ExactIndex]


def enrolled(models: Models, folder: Path, *, only: set[str] | None = None) -> Listed:
    pictures = {name: paths for name, paths in find_pictures(folder).items() if only is None or name in only}
    done = enrol(pictures, Reader(models))
    assert not done.rejected
    owners = np.empty(len(done.templates), np.intp)
    for position, subject in enumerate(done.subjects):
        owners[[reference.row for reference in subject.pictures]] = position
    return done.subjects, ExactIndex(Gallery(done.templates, owners))


def watch(models: Models, listed: Listed, video: Path, fps: float) -> tuple[list[Decision], list[Passage]]:
    subjects, index = listed
    settings = PipelineSettings(threshold=models.pack.threshold(len(subjects)).value, frame_rate=fps)
    pipeline = Pipeline(models, index, subjects, settings, "test")
    decisions: list[Decision] = []
    passages: list[Passage] = []
    for number, picture in enumerate(frames(video)):
        result = pipeline.process(picture, number)
        decisions += result.decisions
        passages += result.ended
    return decisions, [*passages, *pipeline.finish()]


@pytest.fixture(scope="session")
def sitcom_list(lab: Models, shared: Path) -> Listed:
    return enrolled(lab, shared / "data/videos/sitcom-table/enrol")


def test_all_six_of_a_sitcom_are_found_where_they_are_and_nowhere_else(
    lab: Models, shared: Path, sitcom_list: Listed
) -> None:
    folder = shared / "data/videos/sitcom-table"
    (video,) = labelled_videos([folder / "sitcom_table.mp4"], [])
    decisions, passages = watch(lab, sitcom_list, video.path, 24.0)
    assert all(video.present(decision.label, decision.frame) for decision in decisions)
    assert {decision.label for decision in decisions} == {row.identity for row in video.rows}
    found = [
        any(row.first <= decision.frame <= row.last and decision.label == row.identity for decision in decisions)
        for row in video.rows
    ]
    # Three of the sixteen are profiles cut off by the frame's edge.
    assert sum(found) >= 13
    assert sum(passage.ending == "cut" for passage in passages) >= 10


def test_with_three_enrolled_the_others_are_not_named(lab: Models, shared: Path) -> None:
    folder = shared / "data/videos/sitcom-table"
    three = {"Matt_LeBlanc", "Lisa_Kudrow", "Courteney_Cox"}
    (video,) = labelled_videos([folder / "sitcom_table.mp4"], [])
    decisions, _ = watch(lab, enrolled(lab, folder / "enrol", only=three), video.path, 24.0)
    assert {decision.label for decision in decisions} == three
    assert all(video.present(decision.label, decision.frame) for decision in decisions)


def test_a_street_has_as_many_passages_as_people_and_none_of_the_sitcom(
    lab: Models, shared: Path, sitcom_list: Listed
) -> None:
    decisions, passages = watch(lab, sitcom_list, shared / "data/videos/street-arcade/street_arcade.mp4", 25.0)
    assert decisions == []
    by_hand = 11
    """People whose face is visible at some time, counted by eye in enlarged frames."""
    assert 0.8 * by_hand <= len(passages) <= 1.2 * by_hand


def test_two_people_are_known_again_in_another_recording(lab: Models, shared: Path) -> None:
    folder = shared / "data/videos/intel-head-pose"
    listed = enrolled(lab, folder / "enrol")
    both, _ = watch(lab, listed, folder / "head-pose-face-detection-female-and-male.gif", 12.5)
    assert sorted(decision.label for decision in both) == ["man_a", "woman_a"]
    corridor, passages = watch(lab, listed, folder / "face-demographics-walking-and-pause.gif", 12.5)
    assert [decision.label for decision in corridor] == ["woman_a"]
    assert len(passages) == 3
