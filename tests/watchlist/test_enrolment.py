"""Enrolment with a real detector and recogniser on real pictures."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.watchlist.hand_made import AT, CONTRACT
from tests.watchlist.pack_reader import PackReader
from watchlist.engine import choose_engine
from watchlist.enrolment import enrol
from watchlist.faces import face_width, find_faces
from watchlist.list_file import build_list, load_list, save_list
from watchlist.pictures import Picture, find_pictures, read_picture
from watchlist.quality import Reason


@pytest.fixture(scope="module")
def reader(shared: Path) -> PackReader:
    return PackReader(shared / "models" / "yunet-mbf")


@pytest.fixture(scope="module")
def mugshots(shared: Path) -> Path:
    return shared / "data" / "frmdb" / "images"


def save(path: Path, picture: Picture) -> None:
    assert cv2.imwrite(str(path), picture)


def test_six_people_are_enrolled_saved_and_found_again(shared: Path, reader: PackReader, tmp_path: Path) -> None:
    pictures = find_pictures(shared / "data" / "videos" / "sitcom-table" / "enrol")
    steps: list[tuple[int, int, str]] = []
    result = enrol(pictures, reader, progress=lambda done, total, path: steps.append((done, total, path.stem)))
    assert result.rejected == ()
    assert result.not_enrolled == ()
    assert [subject.label for subject in result.subjects] == sorted(pictures)
    assert steps == [(number + 1, 6, name) for number, name in enumerate(sorted(pictures))]
    save_list(build_list(result, contract=CONTRACT, created_at=AT), tmp_path / "list")
    loaded = load_list(tmp_path / "list", contract=CONTRACT)
    found = choose_engine(loaded, 0.35).index.search(loaded.templates)
    assert found.subjects[:, 0].tolist() == list(range(6))
    assert found.similarities[:, 1].max() < 0.35
    for subject in loaded.subjects:
        for reference in subject.pictures:
            jpeg = loaded.portraits[reference.id]
            portrait = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert portrait is not None
            assert portrait.shape[:2] == (reference.height, reference.width)
            assert max(portrait.shape[:2]) <= 640
            # The eyes are where the list says, so that the tablet can put two pictures eye to eye.
            face = max(reader.faces(np.asarray(portrait, np.uint8)), key=face_width)
            assert np.abs(face.landmarks - np.array(reference.landmarks)).max() < 0.15 * reference.width


def test_other_pictures_of_the_enrolled_find_their_subject(mugshots: Path, reader: PackReader) -> None:
    people = sorted(folder.name for folder in mugshots.iterdir() if (folder / "enrol" / "hd_frontal.jpg").is_file())[:6]
    enrolled = enrol({name: [mugshots / name / "enrol" / "mug_Img_33.jpg"] for name in people}, reader)
    made = build_list(enrolled, contract=CONTRACT, created_at=AT)
    probes = enrol({name: [mugshots / name / "enrol" / "hd_frontal.jpg"] for name in people}, reader)
    found = choose_engine(made, 0.35).index.search(probes.templates)
    assert [made.subjects[best].label for best in found.subjects[:, 0]] == people


def test_each_bad_picture_is_reported_with_its_reason_and_the_others_are_enrolled(
    mugshots: Path, reader: PackReader, tmp_path: Path
) -> None:
    good = read_picture(mugshots / "031" / "enrol" / "hd_frontal.jpg")
    other = read_picture(mugshots / "032" / "enrol" / "hd_frontal.jpg")
    save(tmp_path / "Anna.jpg", good)
    (tmp_path / "Anna_2.jpg").write_bytes(b"no picture")
    save(tmp_path / "Anna_3.jpg", np.full((300, 300, 3), 90, np.uint8))
    save(tmp_path / "Anna_4.jpg", np.hstack([good, other]))
    save(tmp_path / "Anna_5.jpg", np.asarray(cv2.resize(good, None, fx=0.25, fy=0.25), np.uint8))
    save(tmp_path / "Anna_6.jpg", np.asarray(cv2.GaussianBlur(good, (0, 0), 14), np.uint8))
    save(tmp_path / "Bert.jpg", np.asarray(cv2.GaussianBlur(other, (0, 0), 14), np.uint8))
    result = enrol(find_pictures(tmp_path), reader)
    assert [(subject.label, len(subject.pictures)) for subject in result.subjects] == [("Anna", 1)]
    assert result.not_enrolled == ("Bert",)
    assert {one.path.stem: one.reason for one in result.rejected} == {
        "Anna_2": Reason.UNREADABLE,
        "Anna_3": Reason.NO_FACE,
        "Anna_4": Reason.SEVERAL_FACES,
        "Anna_5": Reason.TOO_SMALL,
        "Anna_6": Reason.TOO_BLURRED,
        "Bert": Reason.TOO_BLURRED,
    }
    assert all(one.detail.endswith((".", "JPEG")) and "\n" not in one.detail for one in result.rejected)


def test_a_folder_of_bad_pictures_enrols_nobody(reader: PackReader, tmp_path: Path) -> None:
    save(tmp_path / "Anna.jpg", np.full((300, 300, 3), 90, np.uint8))
    result = enrol(find_pictures(tmp_path), reader)
    assert result.subjects == ()
    with pytest.raises(ValueError, match=r"1 pictures were rejected.*No face was found"):
        build_list(result, contract=CONTRACT, created_at=AT)


def test_a_face_that_fills_its_picture_is_not_taken_for_a_smaller_one(mugshots: Path, reader: PackReader) -> None:
    whole = read_picture(mugshots / "031" / "enrol" / "hd_frontal.jpg")
    (face,) = reader.faces(whole)
    left, top, right, bottom = (round(side) for side in face.box)
    full = np.asarray(cv2.resize(whole[top:bottom, left:right], None, fx=5, fy=5), np.uint8)
    (wrong,) = reader.faces(full)
    (found,) = find_faces(full, reader)
    expected = (face.landmarks - np.array([left, top])) * 5
    assert np.abs(wrong.landmarks - expected).max() > 0.2 * full.shape[1]
    assert np.abs(found.landmarks - expected).max() < 0.05 * full.shape[1]


def test_the_floors_pass_ordinary_portraits(shared: Path, reader: PackReader) -> None:
    with (shared / "data" / "lfw" / "images.csv").open(newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file) if not row["label_note"]][::200]
    result = enrol({path: [shared / "data" / "lfw" / path] for path in paths}, reader)
    kept = [one for one in result.rejected if one.reason is not Reason.SEVERAL_FACES]
    assert len(paths) >= 30
    assert len(kept) <= 1, [(one.path.name, one.reason) for one in kept]
