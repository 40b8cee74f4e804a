from pathlib import Path

import pytest

from inference.catalogue import default_pack, find_pack, list_packs
from inference.pack import PackError
from tests.inference.hand_made import write_pack


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a shared folder of this test's own, both empty."""
    monkeypatch.setenv("OPENLFR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENLFR_SHARED", str(tmp_path / "shared"))
    monkeypatch.setattr("inference.catalogue.SHIPPED", tmp_path / "shipped")
    return tmp_path


def test_the_cache_comes_before_the_checkout_and_the_checkout_before_what_is_shipped(places: Path) -> None:
    for place in ("shipped", "shared/models", "cache/packs"):
        folder = write_pack(places / place / "tiny")
        assert find_pack("tiny").folder == folder
    assert [(found.name, found.place) for found in list_packs()] == [("tiny", "cache")]


def test_a_path_needs_no_place(places: Path) -> None:
    folder = write_pack(places / "elsewhere")
    assert find_pack(str(folder)).folder == folder


def test_a_pack_that_is_nowhere_is_named_with_those_there_are(places: Path) -> None:
    write_pack(places / "shipped" / "tiny")
    with pytest.raises(PackError, match="no model pack named big; found: tiny"):
        find_pack("big")
    with pytest.raises(PackError, match=r"no pack\.toml"):
        find_pack(str(places / "nowhere"))


def test_the_default_is_the_most_accurate_that_is_found(places: Path) -> None:
    with pytest.raises(PackError, match="no model pack found"):
        default_pack()
    write_pack(places / "shipped" / "starter")
    assert default_pack().folder.name == "starter"
    write_pack(places / "shared/models/yunet-mbf")
    assert default_pack().folder.name == "yunet-mbf"


def test_a_faulty_pack_is_listed_with_its_fault_and_not_passed_over(places: Path) -> None:
    write_pack(places / "shared/models/lab-mbf", {"format = 1": "format = 9"})
    write_pack(places / "shipped" / "starter")
    assert [(found.name, "format 9" in found.fault) for found in list_packs()] == [
        ("lab-mbf", True),
        ("starter", False),
    ]
    with pytest.raises(PackError, match="format 9"):
        default_pack()
