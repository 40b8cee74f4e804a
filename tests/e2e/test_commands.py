"""The command line as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inference.pack import Pack
from rig.walkby import Clip

pytestmark = pytest.mark.rig


def openlfr(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rig", *map(str, arguments)], capture_output=True, text=True, timeout=150
    )


def refused(*arguments: str | Path) -> str:
    """The one line that a command says about bad input."""
    done = openlfr(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("openlfr: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def overlap(passage: dict[str, int], truth: tuple[int, int]) -> bool:
    return passage["first_frame"] <= truth[1] and passage["last_frame"] >= truth[0]


def test_replay_alerts_the_listed_people_in_their_passes_and_nobody_else(
    tmp_path: Path, pack: Pack, clip: Clip, pictures: Path
) -> None:
    out = tmp_path / "out.json"
    done = openlfr("replay", clip.video, "--enrol", pictures, "--pack", pack.folder, "--json", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert (found["frames"], found["dropped"]) == (clip.frames, 0)
    by_track = {passage["track"]: passage for passage in found["passages"]}
    missed = []
    for seen in clip.passes:
        if seen.listed:
            alerted = [
                alert
                for alert in found["alerts"]
                if alert["subject"] == seen.identity and seen.frame_from <= alert["frame"] <= seen.frame_to
            ]
            missed += [] if alerted else [seen.identity]
    assert missed == []
    for alert in found["alerts"]:
        own = [seen for seen in clip.passes if seen.identity == alert["subject"]]
        assert any(overlap(by_track[alert["track"]], (seen.frame_from, seen.frame_to)) for seen in own)
        assert alert["similarity"] >= found["threshold"]
    assert {alert["subject"] for alert in found["alerts"]} == {"volunteer_a", "volunteer_b"}


def test_a_headless_demonstration_writes_the_same_keys_alerts_both_volunteers_and_confirms_nothing(
    tmp_path: Path, pack: Pack, clip: Clip
) -> None:
    out = tmp_path / "demo.json"
    done = openlfr("demo", "--headless", "--json", out)
    assert done.returncode == 0, done.stderr
    assert "Nothing was confirmed" in done.stdout
    found = json.loads(out.read_text())
    assert list(found) == [
        "frames",
        "dropped",
        "faces",
        "looks_rejected",
        "threshold",
        "engine",
        "pack",
        "wall_s",
        "passages",
        "alerts",
    ]
    assert (found["frames"], found["dropped"]) == (clip.frames, 0)
    assert sorted(alert["subject"] for alert in found["alerts"]) == ["volunteer_a", "volunteer_b"]


def test_why_explains_every_passage(pack: Pack, clip: Clip, pictures: Path) -> None:
    done = openlfr("why", clip.video, "--enrol", pictures, "--pack", pack.folder, "--threshold", "0.99")
    assert done.returncode == 0, done.stderr
    assert "under the threshold 0.990" in done.stdout
    assert "0 alerts" in done.stdout


def test_bad_videos_folders_and_arguments_are_one_line_and_exit_code_2(
    tmp_path: Path, pack: Pack, clip: Clip, pictures: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    no_video = tmp_path / "clip.mp4"
    no_video.write_bytes(b"not a video")
    blank = tmp_path / "blank"
    blank.mkdir()
    (blank / "Anna.jpg").write_bytes(b"not a picture")
    common = ("--pack", pack.folder)
    assert "none.mp4" in refused("replay", tmp_path / "none.mp4", "--enrol", pictures, *common)
    assert "clip.mp4" in refused("replay", no_video, "--enrol", pictures, *common)
    assert "empty" in refused("replay", clip.video, "--enrol", empty, *common)
    assert "no-folder" in refused("replay", clip.video, "--enrol", tmp_path / "no-folder", *common)
    assert "Anna.jpg" in refused("replay", clip.video, "--enrol", blank, *common)
    assert "no-such-pack" in refused("replay", clip.video, "--enrol", pictures, "--pack", "no-such-pack")
    assert "threshold" in refused("replay", clip.video, "--enrol", pictures, *common, "--threshold", "7")
    assert "rig.toml" in refused("run", tmp_path / "rig.toml")


def test_doctor_says_what_it_looked_at(pack: Pack) -> None:
    done = openlfr("doctor")
    assert done.returncode == 0, done.stdout
    for word in ("hnswlib", "telemetry", "clock", f"pack {pack.name}"):
        assert word in done.stdout


def test_models_check_passes_a_good_pack_and_refuses_an_altered_one(tmp_path: Path, pack: Pack) -> None:
    assert openlfr("models", "check", pack.folder).returncode == 0
    assert pack.name in openlfr("models", "list").stdout
    altered = tmp_path / "altered"
    altered.mkdir()
    for file in pack.folder.iterdir():
        if file.is_file():
            (altered / file.name).write_bytes(file.read_bytes())
    model = altered / pack.recogniser.file
    model.write_bytes(model.read_bytes()[:-1] + b"\x00")
    assert "SHA-256" in refused("models", "check", altered)
