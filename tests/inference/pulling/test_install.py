"""A pull makes a whole pack or none: of good, hostile and broken files."""

import stat
from pathlib import Path

import pytest

from inference.catalogue import find_pack
from inference.pack import PackError
from inference.pulling.install import at_hand, pull
from inference.pulling.manifest import PullError
from tests.inference.calibrations import write_calibration
from tests.inference.pulling.file_server import NAME, FileServer, starter_files, zipped
from tests.inference.pulling.offers import DETECTOR, RECOGNISER, Notes, nothing_was_made, one_zip, two_files


def test_a_pack_of_two_files_is_found_by_its_name_and_leaves_no_parts(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    manifest = two_files(server, tmp_path)
    pack = pull(manifest, Notes())
    assert find_pack(NAME).folder == pack.folder == cache / "packs" / NAME
    assert pack.contract == manifest.contract == find_pack("starter").contract
    assert (pack.folder / "pack.toml").read_bytes() == manifest.text
    assert list((cache / "downloads").glob("*.part*")) == []


def test_a_pack_that_is_at_hand_is_not_fetched_again(server: FileServer, cache: Path, tmp_path: Path) -> None:
    manifest = two_files(server, tmp_path)
    pull(manifest, Notes())
    server.asked.clear()
    pull(manifest, Notes())
    assert server.asked == []


@pytest.mark.parametrize("folder", ["", "street/", "deep/er/"])
def test_only_the_wanted_files_are_taken_out_of_a_zip(
    server: FileServer, cache: Path, tmp_path: Path, folder: str
) -> None:
    members = {f"{folder}{name}": data for name, data in starter_files().items()}
    more = {f"{folder}genderage.onnx": b"not wanted", "../../outside.txt": b"not wanted", "/etc/passwd": b"not wanted"}
    pack = pull(one_zip(server, tmp_path, zipped(members | more)), Notes())
    assert sorted(path.name for path in pack.folder.iterdir()) == [DETECTOR, "pack.toml", RECOGNISER]
    assert not (tmp_path / "outside.txt").exists()


def hostile_zip(fault: str) -> bytes:
    files = starter_files()
    model = files.pop(DETECTOR)
    if fault == "leads out":
        return zipped(files | {f"../{DETECTOR}": model})
    if fault == "leads out on Windows":
        return zipped(files | {f"..\\a/{DETECTOR}": model})
    if fault == "absolute":
        return zipped(files | {f"/opt/{DETECTOR}": model})
    if fault == "twice":
        return zipped(files | {DETECTOR: model, f"again/{DETECTOR}": model})
    if fault == "missing":
        return zipped(files)
    if fault == "altered":
        return zipped(files | {DETECTOR: model[:-1] + b"\0"})
    if fault == "a bomb":
        return zipped(files | {DETECTOR: model + bytes(50_000_000)})
    if fault == "cut":
        return zipped(files | {DETECTOR: model})[:-100]
    linked = zipped(files | {DETECTOR: b"/etc/passwd"})
    # The Unix mode of the last entry of the directory, in its upper half.
    at = linked.rindex(b"PK\x01\x02") + 38
    mode = (stat.S_IFLNK | 0o777) << 16
    return linked[:at] + mode.to_bytes(4, "little") + linked[at + 4 :]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("leads out", "leads out of the zip"),
        ("leads out on Windows", "leads out of the zip"),
        ("absolute", "leads out of the zip"),
        ("twice", "holds 2 files named"),
        ("missing", "holds 0 files named"),
        ("altered", "expected SHA-256"),
        ("a bomb", "of another size"),
        ("cut", "cannot be unpacked"),
        ("a link", "is a link"),
    ],
)
def test_a_hostile_or_broken_zip_leaves_no_pack(
    server: FileServer, cache: Path, tmp_path: Path, fault: str, says: str
) -> None:
    manifest = one_zip(server, tmp_path, hostile_zip(fault))
    with pytest.raises(PullError, match=says):
        pull(manifest, Notes())
    assert nothing_was_made(cache)
    assert sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) < 10_000_000


def test_models_that_do_not_run_as_described_are_not_put_in_place(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    manifest = two_files(server, tmp_path, {'output = "embedding"': 'output = "features"'})
    with pytest.raises(PackError, match="features"):
        pull(manifest, Notes())
    assert nothing_was_made(cache)


def test_what_a_killed_pull_left_half_made_is_cleared_away(server: FileServer, cache: Path, tmp_path: Path) -> None:
    half = cache / "downloads" / f"{NAME}.making"
    half.mkdir(parents=True)
    (half / "pack.toml").write_text("half")
    pull(two_files(server, tmp_path), Notes())
    assert not half.exists()


def test_a_network_error_says_how_to_do_without_the_network(server: FileServer, cache: Path, tmp_path: Path) -> None:
    manifest = two_files(server, tmp_path)
    del server.files[f"/{RECOGNISER}"]
    with pytest.raises(PullError, match=f"404 .*models pull {NAME} --from FOLDER_OR_ZIP"):
        pull(manifest, Notes())
    assert nothing_was_made(cache)


def test_a_pack_that_cannot_fit_is_refused_before_the_first_byte(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    size = f"size = {len(starter_files()[DETECTOR])}\n"
    manifest = two_files(server, tmp_path, {size: f"size = {10**15}\n"})
    with pytest.raises(PullError, match="2000000005 MB are needed"):
        pull(manifest, Notes())
    assert server.asked == []


def test_two_pulls_of_one_pack_at_once_are_refused(server: FileServer, cache: Path, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="locks of this kind are POSIX")
    (cache / "downloads").mkdir(parents=True)
    with (cache / "downloads" / f"{NAME}.lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(PullError, match="being pulled by another process"):
            pull(two_files(server, tmp_path), Notes())
    assert server.asked == []


def test_a_calibrated_pack_counts_as_at_hand_and_keeps_its_calibration(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    manifest = two_files(server, tmp_path)
    write_calibration(pull(manifest, Notes()).folder / "calibration.toml", manifest.contract)
    assert at_hand(manifest) is not None
    assert pull(manifest, Notes()).calibration is not None


def test_another_pack_or_a_faulty_one_in_its_place_is_never_overwritten(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    manifest = two_files(server, tmp_path)
    described = pull(manifest, Notes()).folder / "pack.toml"
    described.write_text(described.read_text().replace("std = 127.5", "std = 128.0"))
    with pytest.raises(PullError, match="another pack of that name; move it away"):
        pull(manifest, Notes())
    described.write_text("mine")
    with pytest.raises(PullError, match=r"cannot be used .*: move it away"):
        pull(manifest, Notes())
    assert described.read_text() == "mine"


@pytest.mark.parametrize("carried", ["a folder of files", "a folder with the zip", "the zip"])
def test_a_pack_is_made_of_what_was_carried_here(server: FileServer, cache: Path, tmp_path: Path, carried: str) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    archive = zipped(starter_files())
    manifest = one_zip(server, tmp_path, archive)
    if carried == "a folder of files":
        for name, data in starter_files().items():
            (stick / name).write_bytes(data)
    else:
        (stick / "pack.zip").write_bytes(archive)
    pack = pull(manifest, Notes(), stick / "pack.zip" if carried == "the zip" else stick)
    assert find_pack(NAME).contract == pack.contract
    assert server.asked == []


def test_what_was_carried_is_checked_as_what_was_fetched(server: FileServer, cache: Path, tmp_path: Path) -> None:
    manifest = two_files(server, tmp_path)
    stick = tmp_path / "stick"
    with pytest.raises(PullError, match="neither a folder nor a zip"):
        pull(manifest, Notes(), stick)
    stick.mkdir()
    (stick / DETECTOR).write_bytes(starter_files()[DETECTOR])
    with pytest.raises(PullError, match=f"holds no {RECOGNISER}"):
        pull(manifest, Notes(), stick)
    (stick / RECOGNISER).write_bytes(starter_files()[RECOGNISER][:-1] + b"\0")
    with pytest.raises(PullError, match=f"{RECOGNISER}: expected SHA-256"):
        pull(manifest, Notes(), stick)
    with pytest.raises(PullError, match="cannot be unpacked"):
        pull(manifest, Notes(), stick / DETECTOR)
    assert nothing_was_made(cache)
