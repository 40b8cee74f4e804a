import os
import stat
import zipfile
from pathlib import Path

import pytest

from watchlist.errors import ImportRefused, PictureRefused
from watchlist.picture_files import LARGEST_PICTURE, open_source, path_fault

PICTURE = b"\xff\xd8 a picture"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "import"
    (made / "pictures").mkdir(parents=True)
    (made / "list.csv").write_bytes(b"reference")
    (made / "pictures" / "a.jpg").write_bytes(PICTURE)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return made


def packed(file: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file


def test_pictures_are_read_from_beside_the_table(folder: Path) -> None:
    with open_source(folder / "list.csv") as source:
        assert source.table == b"reference"
        assert source.picture("pictures/a.jpg") == PICTURE


def test_pictures_are_read_out_of_a_zip_from_beside_its_table(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.zip", ("list/x.csv", b"reference"), ("list/a.jpg", PICTURE), ("b.jpg", PICTURE))
    with open_source(file) as source:
        assert source.table == b"reference"
        assert source.picture("a.jpg") == PICTURE
        with pytest.raises(PictureRefused, match="no such picture"):
            source.picture("b.jpg")


@pytest.mark.parametrize(
    "path", ["../secret.jpg", "/etc/passwd.jpg", "pictures/../../secret.jpg", "pictures//a.jpg", ""]
)
def test_no_path_leaves_the_folder(folder: Path, path: str) -> None:
    assert path_fault(path) is not None
    with open_source(folder / "list.csv") as source, pytest.raises(PictureRefused):
        source.picture(path)


def test_no_link_is_followed(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "up").symlink_to(folder.parent)
    with open_source(folder / "list.csv") as source:
        for path in ("link.jpg", "up/secret.jpg"):
            with pytest.raises(PictureRefused, match="is a link"):
                source.picture(path)


def test_a_pipe_or_folder_with_a_pictures_name_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    (folder / "folder.jpg").mkdir()
    with open_source(folder / "list.csv") as source:
        for path in ("pipe.jpg", "folder.jpg"):
            with pytest.raises(PictureRefused, match="no ordinary file"):
                source.picture(path)


def test_a_huge_picture_is_refused(folder: Path) -> None:
    with (folder / "big.jpg").open("wb") as file:
        file.truncate(LARGEST_PICTURE + 1)
    with open_source(folder / "list.csv") as source, pytest.raises(PictureRefused, match="32 MiB"):
        source.picture("big.jpg")


def test_a_zip_bomb_is_refused_before_it_is_large(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.zip", ("x.csv", b"reference"), ("a.jpg", bytes(LARGEST_PICTURE + 1)))
    assert file.stat().st_size < 100_000
    with open_source(file) as source, pytest.raises(PictureRefused, match="32 MiB"):
        source.picture("a.jpg")


def lying(file: Path) -> Path:
    """A ZIP whose directory announces a small picture, behind which a large one comes."""
    packed(file, ("x.csv", b"reference"), ("a.jpg", bytes(LARGEST_PICTURE + 1)))
    true = (LARGEST_PICTURE + 1).to_bytes(4, "little")
    content = file.read_bytes()
    assert true in content
    file.write_bytes(content.replace(true, (100).to_bytes(4, "little")))
    return file


def test_what_a_zip_announces_does_not_count(tmp_path: Path) -> None:
    with open_source(lying(tmp_path / "a.zip")) as source, pytest.raises(PictureRefused):
        source.picture("a.jpg")


def test_a_picture_damaged_inside_the_zip_is_refused_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.csv", b"reference")
        archive.writestr("a.jpg", PICTURE)
    file.write_bytes(file.read_bytes().replace(PICTURE, PICTURE[::-1]))
    with open_source(file) as source, pytest.raises(PictureRefused, match="damaged"):
        source.picture("a.jpg")


@pytest.mark.parametrize("name", ["../evil.jpg", "/evil.jpg", "a/../../evil.jpg", "C:evil.jpg"])
def test_a_zip_with_a_path_that_leads_out_is_refused_whole(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportRefused, match="leads out"):
        open_source(packed(tmp_path / "a.zip", ("x.csv", b"reference"), (name, PICTURE)))


def test_a_zip_with_a_link_is_refused_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x.csv", b"reference")
        link = zipfile.ZipInfo("a.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ImportRefused, match="holds a link"):
        open_source(tmp_path / "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_says_two_things_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="two files of one name"):
        open_source(packed(tmp_path / "a.zip", ("x.csv", b"reference"), ("a.jpg", b"1"), ("a.jpg", b"2")))
    with pytest.raises(ImportRefused, match=r"holds 2 \.csv"):
        open_source(packed(tmp_path / "b.zip", ("x.csv", b"reference"), ("y.csv", b"reference")))
    with pytest.raises(ImportRefused, match=r"holds 0 \.csv"):
        open_source(packed(tmp_path / "c.zip", ("a.jpg", b"1")))


def test_an_encrypted_zip_is_refused_whole(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.zip", ("x.csv", b"reference"))
    content = bytearray(file.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(bytes(content))
    with pytest.raises(ImportRefused, match="is encrypted"):
        open_source(file)


def test_what_computers_add_to_a_zip_is_passed_over(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.zip", ("x.csv", b"reference"), ("__MACOSX/._x.csv", b"."), (".DS_Store", b"."))
    with open_source(file) as source:
        assert source.table == b"reference"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"no ZIP at all"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ImportRefused, match="no ZIP file"):
        open_source(tmp_path / "a.zip")


def test_another_kind_of_file_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"name a \.csv"):
        open_source(tmp_path / "list.xlsx")
    with pytest.raises(ImportRefused, match="No such file"):
        open_source(tmp_path / "list.csv")
