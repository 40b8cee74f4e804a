"""Importing real pictures with the starter pack into a real record and vault."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from records.database import Database
from records.schema import DataKey, Entry, EntryPicture, Import, ImportRow, LedgerEntry
from tests.records.made import make_person
from tests.watchlist.conftest import Office
from tests.watchlist.tables import cells, face, save_face, write_table, zipped
from watchlist.errors import ImportRefused, NotAllowed
from watchlist.importing import BATCH, ImportReport
from watchlist.particulars import open_particulars, view_entry
from watchlist.picture_files import open_source
from watchlist.portraits import folder_of, open_portrait
from watchlist.standing import withdraw
from watchlist.turns import one_at_a_time


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "brought"
    for person in range(4):
        save_face(folder / f"{person}.jpg", person)
    (folder / "no.jpg").write_bytes(b"no picture")
    return folder


def codes(report: ImportReport) -> dict[int, list[str]]:
    return {row.row: [finding.code for finding in row.findings] for row in report.rows}


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_entries_come_in_sealed_and_open_again(office: Office, pictures: Path) -> None:
    table = write_table(
        pictures / "list.csv",
        [cells("PNC-1", "0.jpg"), cells("PNC-2", "1.jpg;no.jpg", look_alike_note="a twin", response="verify")],
    )
    report = office.bring(table)
    assert (report.accepted, report.rejected, report.pictures) == (2, 0, 2)
    assert codes(report) == {2: [], 3: ["unreadable"]}
    with office.database.write() as session:
        entry = session.get_one(Entry, str(report.rows[1].entry_id))
        assert (entry.response, entry.created_by, entry.state) == ("verify", office.builder, "active")
        particulars = open_particulars(office.vault, session, entry)
        assert (particulars.reference, particulars.look_alike_note) == ("PNC-2", "a twin")
        (picture,) = entry.pictures
        jpeg = open_portrait(office.vault, session, office.vault_folder, office.deployment, picture.id)
        assert jpeg.startswith(b"\xff\xd8")
        view_entry(office.vault, session, entry.id, office.builder, "list_check", office.now)
    office.database.engine.dispose()
    for secret in (b"Quillfeather", b"PNC-2", b"a twin", b"0.jpg", jpeg[200:260], b"\xff\xd8\xff\xe0"):
        assert [path for path in office.files() if secret in path.read_bytes()] == []


def test_what_an_import_did_is_one_line_of_the_ledger(office: Office, pictures: Path) -> None:
    office.bring(write_table(pictures / "list.csv", [cells("1", "0.jpg"), cells("2", "1.jpg", category="x")]))
    with office.database.read() as session:
        kinds = list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)))
        facts = session.scalars(select(LedgerEntry.facts).order_by(LedgerEntry.seq)).all()[-1]
    assert kinds == ["key_created", "entries_imported"]
    assert '"accepted":1' in facts
    assert '"codes":{"unknown_code":1}' in facts


def test_a_zip_is_taken_in_like_the_folder_that_it_holds(office: Office, pictures: Path, tmp_path: Path) -> None:
    table = write_table(pictures / "list.csv", [cells("PNC-1", "0.jpg"), cells("PNC-2", "../0.jpg")])
    report = office.bring(zipped(table, tmp_path / "list.zip"))
    assert codes(report) == {2: [], 3: ["forbidden_path"]}
    assert report.accepted == 1


def test_a_dry_run_says_the_same_and_writes_nothing(office: Office, pictures: Path) -> None:
    rows = [cells("1", "0.jpg"), cells("1", "0.jpg"), cells("3", "no.jpg"), cells("4", "0.jpg"), cells("5", "9.jpg")]
    table = write_table(pictures / "list.csv", rows)
    dry = office.bring(table, dry_run=True)
    assert not office.vault_folder.exists()
    for kind in (Entry, EntryPicture, Import, ImportRow, DataKey, LedgerEntry):
        assert count(office.database, kind) == 0
    wet = office.bring(table)
    assert codes(dry) == codes(wet)
    assert (dry.accepted, dry.rejected, dry.pictures) == (wet.accepted, wet.rejected, wet.pictures) == (1, 4, 1)
    assert codes(wet) == {
        2: [],
        3: ["row_twice"],
        4: ["unreadable", "no_picture"],
        5: ["picture_of_another", "no_picture"],
        6: ["no_picture_file", "no_picture"],
    }


def test_the_same_reference_with_other_data_is_a_contradiction(office: Office, pictures: Path) -> None:
    rows = [cells("PNC-1", "0.jpg"), cells(" pnc-1", "1.jpg", reason="Another warrant")]
    assert codes(office.bring(write_table(pictures / "list.csv", rows))) == {2: [], 3: ["contradiction"]}
    again = write_table(pictures / "again.csv", [cells("PNC-1", "1.jpg", response="verify")])
    assert codes(office.bring(again)) == {2: ["contradiction"]}


def test_an_entry_that_is_listed_already_is_no_second_one(office: Office, pictures: Path) -> None:
    first = office.bring(write_table(pictures / "list.csv", [cells("1", "0.jpg")]))
    more = write_table(pictures / "more.csv", [cells("1", "0.jpg"), cells("2", "1.jpg"), cells("1", "0.jpg")])
    second = office.bring(more)
    assert codes(second) == {2: ["listed_already"], 3: [], 4: ["row_twice"]}
    assert second.rows[0].entry_id == first.rows[0].entry_id
    assert count(office.database, Entry) == 2


def test_a_withdrawn_person_does_not_come_back_by_another_file(office: Office, pictures: Path) -> None:
    report = office.bring(write_table(pictures / "list.csv", [cells("1", "0.jpg")]))
    with office.database.write() as session:
        assert withdraw(session, str(report.rows[0].entry_id), office.builder, "dealt_with", office.now)
    again = write_table(pictures / "again.csv", [cells("1", "0.jpg"), cells("2", "1.jpg")])
    assert codes(office.bring(again)) == {2: ["out_already"], 3: []}


def test_the_same_file_again_does_nothing(office: Office, pictures: Path) -> None:
    table = write_table(pictures / "list.csv", [cells("1", "0.jpg"), cells("2", "no.jpg")])
    first = office.bring(table)
    ledger = count(office.database, LedgerEntry)
    second = office.bring(table)
    assert second.rows == first.rows
    assert (second.done_before, second.pictures, count(office.database, LedgerEntry)) == (2, 1, ledger)


def test_portraits_without_a_row_are_removed_at_the_next_start(office: Office, pictures: Path) -> None:
    office.bring(write_table(pictures / "list.csv", [cells("1", "0.jpg")]))
    folder = folder_of(office.vault_folder, office.deployment)
    (kept,) = [path for path in folder.iterdir() if len(path.name) == 36]
    orphan = folder / "01936d0e-0000-7000-8000-000000000000"
    orphan.write_bytes(b"left by a kill")
    office.bring(write_table(pictures / "more.csv", [cells("2", "1.jpg")]))
    assert kept.exists()
    assert not orphan.exists()


def test_a_broken_import_goes_on_where_it_stopped(office: Office, pictures: Path) -> None:
    rows = []
    for number in range(BATCH + 5):
        rows.append(cells(str(number), save_face(pictures / f"n{number}.jpg", number % 7, number)))
    table = write_table(pictures / "list.csv", rows)

    class Broken(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == BATCH + 2:
            raise Broken

    with pytest.raises(Broken), open_source(table) as source:
        office.importing().run(source, progress=stop)
    assert count(office.database, Entry) == BATCH
    report = office.bring(table)
    assert (report.done_before, report.accepted, count(office.database, Entry)) == (BATCH, BATCH + 5, BATCH + 5)


def test_under_18_takes_the_named_approval_of_an_active_officer(office: Office, pictures: Path) -> None:
    rows = [
        cells("1", "0.jpg", under_18="yes"),
        cells("2", "1.jpg", under_18="yes", approved_by="Beryl"),
        cells("3", "2.jpg", under_18="yes", approved_by="Orla"),
    ]
    report = office.bring(write_table(pictures / "list.csv", rows))
    assert codes(report) == {2: ["no_approval"], 3: ["unknown_officer"], 4: []}
    with office.database.read() as session:
        assert session.get_one(Entry, str(report.rows[2].entry_id)).approved_by == office.officer


def test_two_faces_or_the_same_file_twice_in_a_row(office: Office, pictures: Path) -> None:
    import cv2
    import numpy as np

    both = np.hstack([cv2.resize(face(0), (300, 400)), cv2.resize(face(1), (300, 400))])
    assert cv2.imwrite(str(pictures / "both.jpg"), both)
    (pictures / "copy.jpg").write_bytes((pictures / "0.jpg").read_bytes())
    table = write_table(pictures / "list.csv", [cells("1", "0.jpg;copy.jpg;both.jpg")])
    report = office.bring(table)
    assert codes(report) == {2: ["picture_twice", "several_faces"]}
    assert (report.accepted, report.pictures) == (1, 1)


def test_two_imports_at_a_time_are_refused(office: Office, pictures: Path) -> None:
    table = write_table(pictures / "list.csv", [cells("1", "0.jpg")])
    with one_at_a_time(folder_of(office.vault_folder, office.deployment)), pytest.raises(NotAllowed, match="another"):
        office.bring(table)


def test_pictures_of_two_packs_do_not_come_together(office: Office, pictures: Path) -> None:
    office.bring(write_table(pictures / "list.csv", [cells("1", "0.jpg")]))
    office.contract = "d" * 64
    with pytest.raises(ImportRefused, match="another model pack"):
        office.bring(write_table(pictures / "more.csv", [cells("2", "1.jpg")]))


def test_only_a_list_builder_imports_for_an_operation(office: Office, pictures: Path) -> None:
    table = write_table(pictures / "list.csv", [cells("1", "0.jpg")])
    with office.database.write() as session:
        operator = make_person(session, office.now)
    for actor in (operator, office.officer, "console", "rig"):
        office.builder = actor
        with pytest.raises(NotAllowed, match="list builder"):
            office.bring(table)
    assert count(office.database, Entry) == 0


def test_a_table_without_rows_is_refused(office: Office, pictures: Path) -> None:
    with pytest.raises(ImportRefused, match="no row below its header"):
        office.bring(write_table(pictures / "list.csv", []))
