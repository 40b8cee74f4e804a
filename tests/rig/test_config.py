"""A rig file that cannot be used is refused at the start, with the key that is wrong."""

from pathlib import Path

import pytest

from rig.config import ConfigError, load

GOOD = """
name = "test"
data = "data"
[deployment]
name = "desk"
[watchlist]
folder = "list"
[inference]
pack = "lab-mbf"
[[camera]]
name = "north"
source = "file:clip.mp4"
[[camera]]
name = "south"
source = "rtsp://user:secret@camera/1"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text)
    return path


def test_paths_are_meant_from_the_rig_files_folder_and_addresses_are_left_alone(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))
    assert config.record == tmp_path / "data" / "record.db"
    assert config.watchlist.folder == str(tmp_path / "list")
    assert [camera.source for camera in config.camera] == [f"file:{tmp_path}/clip.mp4", "rtsp://user:secret@camera/1"]
    assert config.inference.pack == "lab-mbf"


def test_two_rigs_never_share_sockets(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (load(written(tmp_path / name, GOOD)) for name in "ab")
    assert one.frames_address != other.frames_address
    assert len(one.frames_address) < 100


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "desk"', 'name = "desk"\nkind = "secret"', "deployment.kind"),
        ('name = "desk"', 'name = "desk"\nconfirmations = 0', "deployment.confirmations"),
        ('pack = "lab-mbf"', 'pack = "lab-mbf"\nthreads = "two"', "inference.threads"),
        ('pack = "lab-mbf"', 'pack = "lab-mbf"\nspeed = 9', "speed"),
        ('pack = "lab-mbf"', 'pack = "lab-mbf"\n[inference.settings]\nthreshhold = 0.4', "threshhold"),
        ('pack = "lab-mbf"', 'pack = "lab-mbf"\n[inference.settings]\nthreshold = 1.4', "threshold"),
        ('name = "south"', 'name = "north"', "two cameras are named 'north'"),
        ('name = "south"', 'name = "a/b"', "camera name"),
        ('data = "data"', "", "data"),
        ('data = "data"', 'data = "data', "not a TOML file"),
        ("[watchlist]", '[tablet]\nkey = "k.pem"\n[watchlist]', "belong together"),
    ],
)
def test_a_wrong_rig_file_is_refused_and_names_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=says) as refused:
        load(written(tmp_path, GOOD.replace(old, new)))
    assert "secret@" not in str(refused.value)


def test_a_missing_rig_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "file", sorted(Path(__file__).parents[2].glob("deploy/rigs/*.toml")), ids=lambda path: path.name
)
def test_every_example_rig_is_a_valid_one(file: Path) -> None:
    load(file)
