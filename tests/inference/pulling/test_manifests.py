"""Manifests, and the record of licences that were accepted."""

import hashlib
import json
from pathlib import Path

import pytest

from inference.pack import PackError
from inference.pulling.acceptance import record_acceptance, system_user
from inference.pulling.manifest import PullError, find_manifest, offered, read_manifest
from tests.inference.pulling.file_server import NAME, FileServer, starter_files, write_manifest
from tests.inference.pulling.offers import DETECTOR, RECOGNISER, two_files


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f'name = "{NAME}"', 'name = "../street"', "not a plain name"),
        (f'file = "{DETECTOR}"', 'file = "a/det.onnx"', "not a plain name"),
        ('licence = "for this test only"', 'licence = " "', "has no licence"),
        ("format = 1", "format = 2", "format"),
        ("http://", "ftp://", "not an http address"),
        ("sha256", "sha1", "sha256"),
        ('kind = "yunet"', 'kind = "guess"', "guess"),
        ("[terms]", "[terms_]", "terms"),
        ("proof = 'this test'", "note = 'this test'", "download"),
        (f"['{DETECTOR}']", f"['{RECOGNISER}']", "the pack needs"),
        (f"['{DETECTOR}']", "[]", "the pack needs"),
        ("\nsize = ", "\nsize = 0 #", "size"),
        ("format = 1", "format = ", "not TOML"),
    ],
)
def test_a_faulty_manifest_is_refused_with_its_fault(
    server: FileServer, tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(PackError, match=says):
        two_files(server, tmp_path, {old: new})


def test_a_single_file_must_be_pinned_as_the_file_of_the_pack_is(server: FileServer, tmp_path: Path) -> None:
    downloads = [(f"{server.url}/{name}", data + b"more", (name,)) for name, data in starter_files().items()]
    with pytest.raises(PackError, match="with its size and SHA-256"):
        read_manifest(write_manifest(tmp_path, downloads))


def test_a_manifest_that_is_not_there_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"no pack named buffalo can be pulled; there are: .*buffalo_s, .*opencv-zoo"):
        find_manifest("buffalo")
    with pytest.raises(PackError, match=r"mine\.toml: cannot be read"):
        find_manifest(str(tmp_path / "mine.toml"))


def test_every_manifest_that_ships_is_sound_pinned_and_says_whether_commercial_use_is_allowed() -> None:
    manifests = {manifest.name: manifest for manifest in offered()}
    assert list(manifests) == ["buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc", "opencv-zoo"]
    for name, manifest in manifests.items():
        assert find_manifest(name) == manifest
        assert manifest.terms.non_commercial == any("non-commercial" in licence for licence in manifest.licences)
        for download in manifest.downloads:
            assert download.url.startswith("https://")
            assert "/v0.7/" in download.url or "47534e27c9851bb1128ccc0102f1145e27f23f98" in download.url
            assert download.proof
    assert manifests["buffalo_s"].contract == manifests["buffalo_sc"].contract
    assert len({manifest.contract for manifest in manifests.values()}) == 4


def test_each_acceptance_is_one_line_that_says_who_when_and_of_what(
    server: FileServer, cache: Path, tmp_path: Path
) -> None:
    manifest = two_files(server, tmp_path)
    for moment in ("2026-11-23T10:00:00.000000Z", "2026-11-24T10:00:00.000000Z"):
        path = record_acceptance(manifest, cache, moment, system_user())
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first == {
        "accepted_at": "2026-11-23T10:00:00.000000Z",
        "accepted_by": system_user(),
        "pack": NAME,
        "version": "2026.11.1",
        "licences": ["for this test only"],
        "terms": "https://licence.test/",
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in starter_files().items()},
        "manifest_sha256": hashlib.sha256(manifest.text).hexdigest(),
    }
    assert second["accepted_at"] == "2026-11-24T10:00:00.000000Z"


def test_an_acceptance_that_cannot_be_recorded_is_an_error(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PullError, match="cannot be recorded"):
        record_acceptance(two_files(server, tmp_path), tmp_path / "file", "now", "me")
