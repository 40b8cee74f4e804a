import io
import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.watchlist.hand_made import textured
from watchlist.errors import FolderEmpty, FolderMissing, TooManyPictures, UnreadablePicture
from watchlist.picture_header import announced_size
from watchlist.pictures import decode_picture, find_pictures, identity_of, read_picture


def folder_of(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("stem", "identity", "number"),
    [
        ("Anna", "Anna", 1),
        ("Anna_2", "Anna", 2),
        ("Matthew_Perry", "Matthew_Perry", 1),
        ("Matthew_Perry_8", "Matthew_Perry", 8),
        ("man_a", "man_a", 1),
        ("woman_a_2", "woman_a", 2),
        ("Anna_1", "Anna_1", 1),
        ("Anna_02", "Anna_02", 1),
        ("agent_47", "agent_47", 1),
        ("_2", "_2", 1),
        ("2", "2", 1),
        ("Zoe\u0308_2", "Zo\u00eb", 2),
    ],
)
def test_only_a_last_2_to_8_is_a_picture_number(stem: str, identity: str, number: int) -> None:
    assert identity_of(stem) == (identity, number)


def test_pictures_are_grouped_by_identity_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = ["woman_a_2.JPG", "woman_a.png", "woman_a_3.webp", "Anna_3.bmp", "man_a.jpeg", "notes.txt", "._Anna.jpg"]
    folder_of(tmp_path, names)
    (tmp_path / "folder.jpg").mkdir()
    found = find_pictures(tmp_path)
    assert {identity: [path.name for path in paths] for identity, paths in found.items()} == {
        "Anna": ["Anna_3.bmp"],
        "man_a": ["man_a.jpeg"],
        "woman_a": ["woman_a.png", "woman_a_2.JPG", "woman_a_3.webp"],
    }


def test_a_folder_that_is_missing_or_empty_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FolderMissing, match="no such folder") as missing:
        find_pictures(tmp_path / "gone")
    folder_of(tmp_path, ["notes.txt"])
    with pytest.raises(FolderEmpty, match="no reference picture") as empty:
        find_pictures(tmp_path)
    assert not any("\n" in str(error.value) for error in (missing, empty))


@pytest.mark.parametrize(
    "names",
    [
        [f"Anna_{n}.jpg" for n in range(2, 9)] + ["Anna.jpg", "Anna.png"],
        ["Anna.jpg", "Anna_9.jpg"],
        ["Anna_2.jpg", "Anna_10.jpg"],
    ],
)
def test_a_ninth_picture_is_refused_and_not_taken_for_another_person(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(TooManyPictures, match="at most 8"):
        find_pictures(folder_of(tmp_path, names))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_the_announced_size_is_that_of_the_decoded_picture(suffix: str) -> None:
    encoded = bytes(cv2.imencode(suffix, textured(53, 31))[1])
    assert announced_size(encoded) == (53, 31)
    assert decode_picture(encoded, "x").shape == (31, 53, 3)


@pytest.mark.parametrize("kind", [{"lossless": True}, {"quality": 80}, {"quality": 80, "exif": Image.Exif()}])
def test_every_kind_of_webp_announces_its_size(kind: dict[str, object]) -> None:
    file = io.BytesIO()
    Image.fromarray(textured(53, 31)).save(file, "WEBP", **kind)
    assert announced_size(file.getvalue()) == (53, 31)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_exif_says(kind: str) -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise: what is above comes to the right
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, exif=exif)
    picture = decode_picture(file.getvalue(), "x")
    assert picture.shape == (80, 40, 3)
    assert picture[:, 30:].mean() > 200 > 50 > picture[:, :10].mean()


def test_a_picture_that_announces_too_many_pixels_is_not_decoded() -> None:
    png = bytearray(cv2.imencode(".png", textured(8, 8))[1])
    png[16:24] = struct.pack(">II", 8000, 5001)
    with pytest.raises(UnreadablePicture, match="8000 x 5001 pixels, more than 40 million"):
        decode_picture(bytes(png), "bomb.png")


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"RIFF", b"BM", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadablePicture, match="anna: not a JPEG"):
        decode_picture(data, "anna")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_picture_that_was_cut_short_is_unreadable(suffix: str) -> None:
    encoded = bytes(cv2.imencode(suffix, textured(200, 200))[1])
    with pytest.raises(UnreadablePicture, match="cut short"):
        decode_picture(encoded[: len(encoded) // 2], "anna")


def test_a_file_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePicture, match=r"gone\.jpg: cannot be read"):
        read_picture(tmp_path / "gone.jpg")
