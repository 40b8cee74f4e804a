import hashlib
import io
import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.watchlist.hand_made import AT, CONTRACT, enrolment, unit_rows
from watchlist.entries import WatchList
from watchlist.errors import BadTemplates, ListDamaged, ListExists, NobodyEnrolled, WrongContract
from watchlist.list_file import build_list, load_list, save_list


@pytest.fixture
def made() -> WatchList:
    return build_list(enrolment([2, 1, 3]), contract=CONTRACT, created_at=AT)


@pytest.fixture
def stored(made: WatchList, tmp_path: Path) -> Path:
    save_list(made, tmp_path / "lists" / "oxford-circus")
    return tmp_path / "lists" / "oxford-circus"


def test_a_list_comes_back_as_it_was_saved(made: WatchList, stored: Path) -> None:
    loaded = load_list(stored, contract=CONTRACT)
    assert loaded.subjects == made.subjects
    assert (loaded.templates == made.templates).all()
    assert dict(loaded.portraits) == dict(made.portraits)
    assert (loaded.contract, loaded.created_at, loaded.hash) == (CONTRACT, AT, made.hash)


def test_only_its_owner_can_read_a_stored_list(stored: Path) -> None:
    for path in (stored, *stored.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_list_is_never_overwritten(made: WatchList, stored: Path) -> None:
    with pytest.raises(ListExists):
        save_list(made, stored)
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_a_save_that_fails_leaves_nothing_behind(
    made: WatchList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_list(made, tmp_path / "list")
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_another_embedding_contract_is_refused(stored: Path) -> None:
    with pytest.raises(WrongContract, match="enrol the pictures again"):
        load_list(stored, contract="d" * 64)


def test_the_hash_covers_everything(made: WatchList) -> None:
    parts = enrolment([2, 1, 3])
    again = build_list(parts, contract=CONTRACT, created_at=AT)
    assert again.hash != made.hash  # other ids
    assert build_list(parts, contract=CONTRACT, created_at=AT).hash == again.hash
    assert build_list(parts, contract="d" * 64, created_at=AT).hash != again.hash
    assert build_list(parts, contract=CONTRACT, created_at=AT.replace(second=1)).hash != again.hash
    other = replace(parts, templates=unit_rows(6, 8, 99))
    assert build_list(other, contract=CONTRACT, created_at=AT).hash != again.hash
    first = next(iter(parts.portraits))
    changed = replace(parts, portraits={**parts.portraits, first: b"another picture"})
    assert build_list(changed, contract=CONTRACT, created_at=AT).hash != again.hash


def test_a_list_that_was_altered_after_it_was_built_is_not_saved(made: WatchList, tmp_path: Path) -> None:
    with pytest.raises(ListDamaged, match="altered after it was built"):
        save_list(replace(made, templates=unit_rows(6, 8, 99)), tmp_path / "list")


@pytest.mark.parametrize("file", ["list.json", "templates.npy", "picture"])
@pytest.mark.parametrize("damage", ["gone", "cut", "one bit"])
def test_any_damage_to_a_stored_list_is_found(stored: Path, file: str, damage: str) -> None:
    path = next((stored / "pictures").iterdir()) if file == "picture" else stored / file
    data = bytearray(path.read_bytes())
    path.unlink()
    if damage != "gone":
        data[len(data) // 2] ^= 1
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    with pytest.raises(ListDamaged) as found:
        load_list(stored, contract=CONTRACT)
    assert "\n" not in str(found.value)


def test_a_picture_that_is_altered_after_loading_is_found(stored: Path) -> None:
    loaded = load_list(stored, contract=CONTRACT)
    path = next((stored / "pictures").iterdir())
    path.write_bytes(b"another picture")
    with pytest.raises(ListDamaged, match="altered"):
        loaded.portraits[path.stem]


def forge(folder: Path, change: Callable[[dict[str, Any]], None], templates: bytes | None = None) -> None:
    """Alters a stored list and makes its digests fit again, as a careless program would."""
    header = json.loads((folder / "list.json").read_bytes())
    if templates is not None:
        (folder / "templates.npy").write_bytes(templates)
        header["content"]["templates_sha256"] = hashlib.sha256(templates).hexdigest()
    change(header["content"])
    header["hash"] = hashlib.sha256(msgspec.json.encode(header["content"], order="sorted")).hexdigest()
    (folder / "list.json").write_bytes(json.dumps(header).encode())


def same_row_twice(content: dict[str, Any]) -> None:
    content["subjects"][0]["pictures"][1]["row"] = 0


def same_id_twice(content: dict[str, Any]) -> None:
    content["subjects"][0]["id"] = content["subjects"][1]["id"]


def no_label(content: dict[str, Any]) -> None:
    content["subjects"][0]["label"] = " "


def no_pictures(content: dict[str, Any]) -> None:
    content["subjects"][0]["pictures"] = []


def nobody(content: dict[str, Any]) -> None:
    content["subjects"] = []


def a_stray_picture(content: dict[str, Any]) -> None:
    content["pictures_sha256"]["01a20795-6edd-77b9-a7bb-bb1b5e62e003"] = "0" * 64


def another_format(content: dict[str, Any]) -> None:
    content["format"] = 2


def another_size(content: dict[str, Any]) -> None:
    content["embedding_size"] = 16


@pytest.mark.parametrize(
    "change",
    [
        same_row_twice,
        same_id_twice,
        no_label,
        no_pictures,
        nobody,
        a_stray_picture,
        another_format,
        another_size,
    ],
)
def test_a_list_that_contradicts_itself_is_refused(stored: Path, change: Callable[[dict[str, Any]], None]) -> None:
    forge(stored, change)
    with pytest.raises(ListDamaged):
        load_list(stored, contract=CONTRACT)


def test_an_id_that_leads_out_of_the_folder_is_refused(stored: Path) -> None:
    def lead_out(content: dict[str, Any]) -> None:
        digests, picture = content["pictures_sha256"], content["subjects"][0]["pictures"][0]
        (stored / "pictures" / f"{picture['id']}.jpg").rename(stored.parent / "outside.jpg")
        digests["../../outside"] = digests.pop(picture["id"])
        picture["id"] = "../../outside"

    forge(stored, lead_out)
    with pytest.raises(ListDamaged, match="no UUID"):
        load_list(stored, contract=CONTRACT)


def npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.mark.parametrize(
    "templates",
    [
        npy(unit_rows(5, 8, 0)),
        npy(unit_rows(6, 8, 0) * 1.1),
        npy(np.full((6, 8), np.nan, np.float32)),
        npy(unit_rows(6, 8, 0).astype(np.float64)),
        npy(unit_rows(6, 8, 0)[0]),
        npy(np.array([{"a": 1}], dtype=object)),
        b"",
        b"PK\x03\x04",
    ],
)
def test_templates_that_are_none_are_refused(stored: Path, templates: bytes) -> None:
    forge(stored, lambda content: None, templates)
    with pytest.raises(ListDamaged):
        load_list(stored, contract=CONTRACT)


def test_a_forgery_without_a_change_is_a_list(stored: Path) -> None:
    forge(stored, lambda content: None)
    assert len(load_list(stored, contract=CONTRACT).subjects) == 3


def test_a_folder_that_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListDamaged, match="cannot be read"):
        load_list(tmp_path, contract=CONTRACT)


def test_a_list_may_be_moved(stored: Path, tmp_path: Path, made: WatchList) -> None:
    shutil.move(stored, tmp_path / "elsewhere")
    assert load_list(tmp_path / "elsewhere", contract=CONTRACT).hash == made.hash


def test_nobody_enrolled_is_no_list() -> None:
    with pytest.raises(NobodyEnrolled, match="nobody is enrolled"):
        build_list(replace(enrolment([1]), subjects=()), contract=CONTRACT, created_at=AT)


def test_a_list_of_templates_that_are_not_of_unit_length_is_not_built() -> None:
    parts = enrolment([1, 1])
    with pytest.raises(ListDamaged, match="unit length"):
        build_list(replace(parts, templates=parts.templates * 2), contract=CONTRACT, created_at=AT)
    assert issubclass(BadTemplates, ValueError)
