"""The evaluation's pipeline is the replay's: same passages, same alerts, and the same figures every time."""

import json
import shutil
from pathlib import Path

import pytest

from evaluation.errors import EvaluationError
from evaluation.video_list import make_list
from evaluation.video_run import run_video
from evaluation.video_truth import labelled_videos
from inference.pack import load_pack
from inference.reader import Models, open_models
from inference.settings import PipelineSettings
from records.times import utc_now
from rig.cli import main
from rig.replay import replay
from watchlist.list_file import build_list


@pytest.fixture(scope="module")
def lab(shared: Path) -> Models:
    return open_models(load_pack(shared / "models" / "lab-mbf"))


@pytest.fixture(scope="module")
def clips(shared: Path) -> Path:
    return shared / "data/videos/intel-head-pose"


def test_passages_and_alerts_are_those_of_a_replay(lab: Models, clips: Path) -> None:
    video = clips / "head-pose-face-detection-female-and-male.gif"
    listed = make_list([clips / "enrol"], lab)
    settings = PipelineSettings(threshold=0.35)
    watchlist = build_list(listed.enrolment, contract=lab.pack.contract, created_at=utc_now())
    replayed = replay(video, lab, watchlist, settings).outcome
    (labelled,) = labelled_videos([video], [])
    run = run_video(0, labelled, lab, listed.subjects, listed.index, [settings])
    (ours,) = run.ours
    assert run.frames == replayed.frames
    assert len(replayed.alerts) == 2
    assert [(alert.identity, alert.frame, round(alert.similarity, 4)) for alert in ours.alerts] == [
        (alert.subject, alert.frame, alert.similarity) for alert in replayed.alerts
    ]
    assert [(one.track, one.first_frame, one.last_frame, one.looks) for one in ours.passages] == [
        (one.track, one.first_frame, one.last_frame, one.looks) for one in replayed.passages
    ]


def test_pipelines_side_by_side_find_what_each_finds_alone(lab: Models, clips: Path) -> None:
    (labelled,) = labelled_videos([clips / "head-pose-face-detection-female.gif"], [])
    listed = make_list([clips / "enrol"], lab)
    settings = [PipelineSettings(threshold=threshold) for threshold in (0.6, 0.2)]
    together = run_video(0, labelled, lab, listed.subjects, listed.index, settings)
    for place, one in enumerate(settings):
        (alone,) = run_video(0, labelled, lab, listed.subjects, listed.index, [one]).ours
        beside = together.ours[place]
        assert [(hit.frame, hit.identity) for hit in beside.alerts] == [
            (hit.frame, hit.identity) for hit in alone.alerts
        ]
        assert [hit.similarity for hit in beside.alerts] == pytest.approx([hit.similarity for hit in alone.alerts])
        assert [one.looks for one in beside.passages] == [one.looks for one in alone.passages]


def test_the_command_writes_the_same_figures_twice(clips: Path, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        asked = ["evaluate-video", str(clips / "head-pose-face-detection-female.gif"), "--enrol", str(clips / "enrol")]
        asked += [
            "--pack",
            "lab-mbf",
            "--threshold",
            "0.35",
            "--baseline",
            "--degrade",
            "scale=0.6,noise=4",
            "--sweep",
            "0.2:0.4:0.1",
        ]
        asked += ["--json", str(tmp_path / f"{name}.json"), "--html", str(tmp_path / f"{name}.html")]
        assert main(asked) == 0
        written.append([(tmp_path / f"{name}.{kind}").read_bytes() for kind in ("json", "html")])
    assert written[0] == written[1]
    report = json.loads(written[0][0])
    assert report["recipe"] == "scale=0.6,noise=4"
    assert report["baseline"].startswith("insightface")
    figures = report["figures"]
    assert [found["identity"] for found in figures["rig"]["opportunities"]] == ["woman_a"]
    assert figures["videos"][0]["frames"] == 23
    assert len(figures["sweep"]) == 3
    assert b"woman_a" in written[0][1]


def test_a_pack_that_insightface_cannot_load_has_our_own_loop_as_its_baseline(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["evaluate-video", str(clips / "head-pose-face-detection-female.gif"), "--enrol", str(clips / "enrol")]
    assert main([*asked, "--pack", "yunet-mbf", "--baseline"]) == 0
    assert "loop: our detector and recogniser on every face of every frame" in capsys.readouterr().out


def test_people_are_added_by_seed_and_those_of_the_truth_are_left_out(lab: Models, clips: Path, tmp_path: Path) -> None:
    enrol = clips / "enrol"
    people = ["Some One", "Woman A", *(f"Extra {number}" for number in range(4))]
    for name in (*people, "Other"):
        shutil.copy(enrol / "man_a.jpg", tmp_path / f"{name}.jpg")
    rows = ["Other.jpg,Other,wrong person", *(f"{name}.jpg,{name}," for name in people)]
    table = tmp_path / "images.csv"
    table.write_text("path,identity,label_note\n" + "\n".join(rows) + "\n")
    drawn = [
        [one.label for one in make_list([enrol], lab, images=table, add=3, leave_out={"woman_a"}, seed=seed).subjects]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][:2] == ["man_a", "woman_a"]
    assert len(set(drawn[0])) == 5
    assert not {"Woman A", "Other"} & {label for labels in drawn for label in labels}
    with pytest.raises(EvaluationError, match="5 other people, 6 are to be added"):
        make_list([enrol], lab, images=table, add=6, leave_out={"woman_a"})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--degrade", "zoom=2"], "no step 'zoom'"),
        (["--sweep", "0.2"], "write first:last:step"),
        (["--sweep", "0.5:0.2:0.1"], "rising by at least"),
        (["--set", "speed=2"], "no setting 'speed'"),
        (["--set", "agreement=none"], "--set:"),
        (["--set", "agreement=9"], "agreement 9 needs more looks"),
        (["--threshold", "3"], "--threshold is a cosine"),
        (["--add", "3"], "name the table of their pictures"),
        (["--truth", "nowhere.csv"], "nowhere.csv: cannot be read"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    clips: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["evaluate-video", str(clips / "head-pose-face-detection-female.gif"), "--enrol", str(clips / "enrol")]
    assert main([*asked, "--pack", "yunet-mbf", *more]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
