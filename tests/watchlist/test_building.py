"""Building, sealing and opening a real list, and what is left of it when its key is gone."""

import ast
import hashlib
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import select

from records.errors import KeyDestroyed, SealBroken
from records.schema import BuiltList, Deployment, Entry, EntryPicture, LedgerEntry
from records.signing import open_signer
from tests.records.made import make_person
from tests.watchlist.conftest import Office
from tests.watchlist.tables import cells, save_face, write_table
from watchlist.building import Unsettled, age_band
from watchlist.engine import choose_engine
from watchlist.entries import WatchList
from watchlist.errors import ListDamaged, NotAllowed, NotBuildable, WrongContract
from watchlist.noting import note_look_alike
from watchlist.portraits import folder_of
from watchlist.sealed_list import FILE, Listed, content_of, open_list, write_list
from watchlist.sealed_templates import open_template
from watchlist.standing import withdraw


@pytest.fixture
def entries(office: Office, tmp_path: Path) -> list[str]:
    """Three entries of four pictures."""
    folder = tmp_path / "brought"
    names = [save_face(folder / f"{person}.jpg", person) for person in range(4)]
    rows = [
        cells("PNC-1", names[0]),
        cells("PNC-2", f"{names[1]};{names[2]}", response="verify", pictures_taken_on="2014-01-01;2021-06-01"),
        cells("PNC-3", names[3], source_system="prison", category="court_order", response="inform"),
    ]
    report = office.bring(write_table(folder / "list.csv", rows))
    return [str(row.entry_id) for row in report.rows]


def opened(office: Office, contract: str | None = None) -> WatchList:
    with office.database.read() as session:
        return open_list(
            session, office.vault, office.vault_folder, office.deployment, contract=contract or office.contract
        )


def test_a_built_list_is_counted_recorded_and_opened_again(office: Office, entries: list[str]) -> None:
    built = office.build()
    assert (built.entries, built.pictures, built.look_alikes) == (3, 4, 0)
    assert built.counts == {
        "categories": {"wanted_by_court": 2, "court_order": 1},
        "sources": {"custody": 2, "prison": 1},
        "responses": {"act": 1, "verify": 1, "inform": 1},
        "ages": {"up_to_2_years": 2, "up_to_10_years": 1},
        "under_18": 0,
        "vulnerable": 0,
        "rejected": 0,
    }
    watchlist = opened(office)
    assert [subject.id for subject in watchlist.subjects] == entries
    assert [subject.label for subject in watchlist.subjects] == entries
    assert [len(subject.pictures) for subject in watchlist.subjects] == [1, 2, 1]
    assert watchlist.templates.flags.writeable
    assert watchlist.hash == built.hash
    found = choose_engine(watchlist, 0.4).index.search(watchlist.templates)
    assert found.subjects[:, 0].tolist() == [0, 1, 1, 2]
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in watchlist.portraits.values())
    assert len(watchlist.portraits) == 4
    with office.database.read() as session:
        record, deployment = (
            session.get_one(BuiltList, office.deployment),
            session.get_one(Deployment, office.deployment),
        )
        assert (record.hash, deployment.list_hash, record.built_by) == (built.hash, built.hash, office.builder)
        assert session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq.desc())).first() == "list_built"


def test_the_templates_of_the_list_are_those_that_were_imported(office: Office, entries: list[str]) -> None:
    office.build()
    watchlist = opened(office)
    with office.database.read() as session, office.vault.key(session, office.deployment, "list") as key:
        for subject in watchlist.subjects:
            for reference in subject.pictures:
                sealed = session.get_one(EntryPicture, reference.id).template
                assert sealed is not None
                assert (open_template(key, reference.id, sealed) == watchlist.templates[reference.row]).all()


def test_a_list_is_built_once_and_takes_no_more_entries(office: Office, entries: list[str], tmp_path: Path) -> None:
    office.build()
    with pytest.raises(NotAllowed, match="is built"):
        office.build()
    save_face(tmp_path / "brought" / "4.jpg", 4)
    with pytest.raises(NotAllowed, match="takes no more entries"):
        office.bring(write_table(tmp_path / "brought" / "more.csv", [cells("PNC-4", "4.jpg")]))


def test_who_is_withdrawn_or_expired_is_not_on_the_list(office: Office, entries: list[str]) -> None:
    with office.database.write() as session:
        withdraw(session, entries[0], office.builder, "dealt_with", office.now)
        session.get_one(Entry, entries[1]).expires_at = office.now + timedelta(minutes=1)
    office.now += timedelta(minutes=1)
    assert office.build().entries == 1
    assert [subject.id for subject in opened(office).subjects] == entries[2:]
    with office.database.read() as session:
        assert session.get_one(Entry, entries[1]).state == "expired"


def test_a_status_that_is_too_old_stops_the_build(office: Office, entries: list[str]) -> None:
    with pytest.raises(NotBuildable, match="3 entries have a status check that is too old"):
        office.build(status_within=timedelta(minutes=59))
    office.now += timedelta(hours=23, seconds=1)
    with pytest.raises(NotBuildable, match="too old"):
        office.build()
    office.now -= timedelta(seconds=1)
    assert office.build().entries == 3


def test_a_review_that_became_overdue_stops_the_build(office: Office, tmp_path: Path) -> None:
    save_face(tmp_path / "brought" / "0.jpg", 0)
    table = write_table(tmp_path / "brought" / "list.csv", [cells("1", "0.jpg", review_on=str(office.now.date()))])
    assert office.bring(table).accepted == 1
    office.now += timedelta(hours=15)
    with pytest.raises(NotBuildable, match="1 entries are overdue"):
        office.build()


def test_nobody_listed_is_no_list(office: Office) -> None:
    with pytest.raises(NotBuildable, match="nobody is listed"):
        office.build()


def test_above_the_cap_of_the_purpose_a_reason_is_given_and_kept(office: Office, entries: list[str]) -> None:
    with office.database.write() as session:
        deployment = session.get_one(Deployment, office.deployment)
        deployment.policy = deployment.policy.replace("cap = 10000", "cap = 2")
    with pytest.raises(NotBuildable, match="3 entries are more than the 2"):
        office.build()
    for reason in ("", "a" * 70):
        with pytest.raises(NotBuildable, match=r"why|in words"):
            office.build(above_cap=reason)
    office.build(above_cap="Three brothers are sought together")
    with office.database.read() as session:
        assert session.get_one(BuiltList, office.deployment).above_cap == "Three brothers are sought together"


def test_an_application_without_a_known_purpose_gets_no_list(office: Office, entries: list[str]) -> None:
    for document in ("{}", '{"purpose":"shopping"}'):
        with office.database.write() as session:
            session.get_one(Deployment, office.deployment).document = document
        with pytest.raises(NotBuildable, match="names no purpose"):
            office.build()


def test_one_person_under_two_references_is_settled_before_the_build(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    rows = [cells(str(n), save_face(folder / f"{n}.jpg", min(n, 1), n)) for n in range(3)]
    one, other = [str(row.entry_id) for row in office.bring(write_table(folder / "list.csv", rows)).rows][1:]
    with pytest.raises(Unsettled) as unsettled:
        office.build()
    ((first, second, similarity),) = unsettled.value.pairs
    assert (first, second) == (one, other)
    assert similarity > 0.95
    with office.database.write() as session:
        with pytest.raises(NotAllowed, match="1 to 500 characters"):
            note_look_alike(office.vault, session, one, office.builder, "  ", office.now)
        with pytest.raises(NotAllowed, match="list builder"):
            note_look_alike(office.vault, session, one, office.officer, "a twin", office.now)
        note_look_alike(office.vault, session, one, office.builder, "A twin is\non the list", office.now)
    built = office.build()
    assert (built.entries, built.look_alikes) == (3, 1)
    with office.database.write() as session, pytest.raises(NotAllowed, match="is built"):
        note_look_alike(office.vault, session, one, office.builder, "another", office.now)


def test_withdrawing_one_of_a_pair_settles_it(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    rows = [cells(str(n), save_face(folder / f"{n}.jpg", 0, n)) for n in range(2)]
    report = office.bring(write_table(folder / "list.csv", rows))
    with pytest.raises(Unsettled):
        office.build()
    with office.database.write() as session:
        withdraw(session, str(report.rows[0].entry_id), office.builder, "entered_in_error", office.now)
    assert office.build().entries == 1


def test_a_list_is_opened_only_whole_and_by_the_pack_that_made_it(office: Office, entries: list[str]) -> None:
    with pytest.raises(ListDamaged, match="no built list"):
        opened(office)
    right, office.contract = office.contract, "d" * 64
    with pytest.raises(NotBuildable, match="another model pack"):
        office.build()
    office.contract = right
    office.build()
    with pytest.raises(WrongContract, match="run the pack"):
        opened(office, "d" * 64)
    file = folder_of(office.vault_folder, office.deployment) / FILE
    content = file.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 40)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises((SealBroken, ListDamaged)):
            opened(office)
        file.write_bytes(content[:place])
        with pytest.raises((SealBroken, ListDamaged)):
            opened(office)
    file.unlink()
    with pytest.raises(ListDamaged, match="cannot be read"):
        opened(office)


def test_another_sealed_list_does_not_pass_for_the_recorded_one(office: Office, entries: list[str]) -> None:
    office.build()
    folder, watchlist = folder_of(office.vault_folder, office.deployment), opened(office)
    listed = tuple(
        Listed(subject=subject, category="x", response="act", expires_at="", particulars_sha256="")
        for subject in watchlist.subjects
    )
    digests = dict.fromkeys(watchlist.portraits, "")
    other = content_of(office.deployment, listed, watchlist.templates, digests, office.contract, office.now)
    with office.database.read() as session, office.vault.key(session, office.deployment, "list") as key:
        write_list(folder, key, other, watchlist.templates)
    with pytest.raises(ListDamaged, match="not the list that the record names"):
        opened(office)


def test_a_portrait_that_cannot_be_opened_stops_the_build(office: Office, entries: list[str]) -> None:
    folder = folder_of(office.vault_folder, office.deployment)
    portrait = next(path for path in sorted(folder.iterdir()) if len(path.name) == 36)
    portrait.write_bytes(portrait.read_bytes()[:-1] + b"\0")
    with pytest.raises(SealBroken):
        office.build()
    portrait.unlink()
    with pytest.raises(ListDamaged, match="import the entry again"):
        office.build()


def test_neither_names_nor_faces_nor_templates_lie_in_any_file(office: Office, entries: list[str]) -> None:
    office.build()
    watchlist = opened(office)
    chosen = choose_engine(watchlist, 0.4, prefer="hnsw")
    chosen.index.search(watchlist.templates)
    secrets = [row.tobytes()[at : at + 32] for row in watchlist.templates for at in (0, 1024)]
    secrets += [jpeg[at : at + 40] for jpeg in watchlist.portraits.values() for at in (0, 2000)]
    secrets += [b"Quillfeather", b"PNC-2"]
    found = [path for path in office.files() if any(secret in path.read_bytes() for secret in secrets)]
    assert found == []


def test_destroying_the_key_leaves_nothing_that_opens(office: Office, entries: list[str], tmp_path: Path) -> None:
    office.build()
    watchlist = opened(office)
    office.vault.destroy_key(
        office.deployment, "list", {"entries": 3}, "rig", open_signer(tmp_path / "signing"), office.now
    )
    with pytest.raises(KeyDestroyed):
        opened(office)
    with pytest.raises(KeyDestroyed):
        watchlist.portraits[next(iter(watchlist.portraits))]


def test_an_index_that_is_built_without_an_entry_holds_not_one_byte_of_it(
    office: Office, entries: list[str], tmp_path: Path
) -> None:
    library = pytest.importorskip("hnswlib", reason="hnswlib is an extra")
    office.build()
    watchlist = opened(office)

    def saved(rows: npt.NDArray[np.float32]) -> bytes:
        index = library.Index(space="ip", dim=rows.shape[1])
        index.init_index(max_elements=len(rows))
        index.add_items(rows)
        index.save_index(str(tmp_path / "graph"))
        return (tmp_path / "graph").read_bytes()

    removed, left = watchlist.templates[0], watchlist.templates[1:]
    assert removed.tobytes() in saved(watchlist.templates)
    assert removed.tobytes() not in saved(left)


def test_no_index_of_ours_is_ever_written_or_marked() -> None:
    files = (Path(__file__).parents[2] / "watchlist").rglob("*.py")
    calls = {"save_index", "load_index", "mark_deleted", "__getstate__"}
    names = {
        node.attr: path.name
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert calls & names.keys() == set()


def test_only_a_list_builder_builds_for_an_operation(office: Office, entries: list[str]) -> None:
    with office.database.write() as session:
        operator = make_person(session, office.now)
    for actor in (operator, office.officer, "console", "rig"):
        office.builder = actor
        with pytest.raises(NotAllowed, match="list builder"):
            office.build()


def test_the_hash_is_that_of_the_content(office: Office, entries: list[str]) -> None:
    built = office.build()
    with office.database.read() as session, office.vault.key(session, office.deployment, "list") as key:
        data = (folder_of(office.vault_folder, office.deployment) / FILE).read_bytes()
        length = int.from_bytes(data[9:17], "big")
        plain = key.open("list_content", office.deployment, data[17 : 17 + length])
    assert hashlib.sha256(plain).hexdigest() == built.hash
    assert b"Quillfeather" not in plain
    assert np.isfinite(opened(office).templates).all()


def test_an_age_is_that_of_the_newest_picture(office: Office) -> None:
    today = office.now.date()
    assert [age_band(today - timedelta(days=days), today) for days in (0, 365, 367, 800, 3000, 3700)] == [
        "up_to_1_year",
        "up_to_1_year",
        "up_to_2_years",
        "up_to_5_years",
        "up_to_10_years",
        "over_10_years",
    ]
