"""evaluation.labels: a bad CSV is one line naming file, line and column."""

from pathlib import Path

import pytest

from evaluation.errors import EvaluationError
from evaluation.labels import Only, read_labels, read_notes


def write(folder: Path, text: str) -> Path:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(b"")
    file = folder / "images.csv"
    file.write_text(text, "utf-8")
    return file


BAD = {
    "no header": ("", "line 1: no column 'path'"),
    "no identity": ("path,name\na.jpg,x\n", "line 1: no column 'identity'; it has: path, name"),
    "two of a name": ("path,identity,path\n", "line 1: two columns are named 'path'"),
    "no rows": ("path,identity\n", "no picture in it"),
    "empty identity": ("path,identity\na.jpg,x\nb.jpg, \n", "line 3, column identity: empty"),
    "missing picture": ("path,identity\nd.jpg,x\n", "line 2, column path: there is no"),
    "twice": ("path,identity\na.jpg,x\na.jpg,y\n", "line 3, column path: a.jpg was in line 2 already"),
    "unknown role": ("path,identity,role\na.jpg,x,enroll\n", "line 2, column role: 'enroll' is neither"),
    "too many values": ("path,identity\na.jpg,x,y\n", "line 2: more values than columns"),
    "too few values": ("path,identity,role\na.jpg,x\n", "line 2: fewer values than columns"),
    "broken quotes": ('path,identity\n"a.jpg"x,y\n', "line 2: not a CSV row"),
    "no group": ("path,identity\na.jpg,x\n", "no column 'camera'"),
}


@pytest.mark.parametrize(("text", "fault"), BAD.values(), ids=BAD)
def test_a_bad_csv_is_one_line_naming_file_line_and_column(tmp_path: Path, text: str, fault: str) -> None:
    groups = ["camera"] if "camera" in fault else []
    with pytest.raises(EvaluationError) as caught:
        read_labels(write(tmp_path, text), groups=groups)
    assert fault in str(caught.value)
    assert "images.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_not_utf8_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_labels(tmp_path / "absent.csv")
    (tmp_path / "latin.csv").write_bytes("path,identity\nö.jpg,x\n".encode("latin-1"))
    with pytest.raises(EvaluationError, match="not UTF-8 at byte 14"):
        read_labels(tmp_path / "latin.csv")


def test_pictures_with_a_note_are_left_out_and_counted_unless_kept(tmp_path: Path) -> None:
    file = write(tmp_path, "path,identity,label_note\na.jpg,x,\nb.jpg,y,is z\nc.jpg,z,\n")
    found = read_labels(file)
    assert [picture.name for picture in found.pictures] == ["a.jpg", "c.jpg"]
    assert found.noted == 1
    assert len(read_labels(file, keep_noted=True).pictures) == 3
    assert read_labels(file, notes={"c.jpg": "twin of x"}).noted == 2


def test_notes_can_come_from_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("path,label_note\nc.jpg,twin of x\n")
    assert read_notes(tmp_path / "notes.csv") == {"c.jpg": "twin of x"}
    with pytest.raises(EvaluationError, match="no column 'label_note'"):
        read_notes(write(tmp_path, "path,identity\na.jpg,x\n"))


def test_paths_start_from_the_root_and_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    write(tmp_path / "pictures", "")
    (tmp_path / "labels.csv").write_text("path,identity\na.jpg,x\n", "utf-8-sig")
    (picture,) = read_labels(tmp_path / "labels.csv", tmp_path / "pictures").pictures
    assert picture.path == tmp_path / "pictures" / "a.jpg"


def test_only_some_pictures_of_a_role_can_be_asked_for(tmp_path: Path) -> None:
    text = "path,identity,part,view\na.jpg,x,enrol,front\nb.jpg,x,enrol,side\nc.jpg,x,probe,side\n"
    found = read_labels(write(tmp_path, text), role="part", only=[Only("enrol", "view", "fr*")])
    assert [picture.name for picture in found.pictures] == ["a.jpg", "c.jpg"]
    assert found.has_roles
