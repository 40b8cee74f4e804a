"""Looking at entries, and answering "was I listed?", also after everything about the person was erased."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from records.errors import KeyDestroyed, VaultError
from records.ledger import facts_of
from records.schema import Deployment, Entry, EntryPicture, LedgerEntry
from records.signing import open_signer
from tests.records.made import make_person
from tests.watchlist.conftest import Office
from tests.watchlist.tables import cells, save_face, write_table
from watchlist.errors import NoSuchEntry, NotAllowed
from watchlist.particulars import view_entry
from watchlist.references import digest, file_digest
from watchlist.was_listed import was_listed


@pytest.fixture
def entry(office: Office, tmp_path: Path) -> str:
    folder = tmp_path / "brought"
    table = write_table(folder / "list.csv", [cells("PNC-1", save_face(folder / "0.jpg", 0))])
    return str(office.bring(table).rows[0].entry_id)


def erase(office: Office, folder: Path) -> None:
    """As at the end of a deployment: the key goes, then what it sealed."""
    office.vault.destroy_key(office.deployment, "list", {"entries": 1}, "rig", open_signer(folder), office.now)
    with office.database.write() as session:
        for found in session.scalars(select(Entry)):
            found.sealed = None
        for picture in session.scalars(select(EntryPicture)):
            picture.template = None
        session.get_one(Deployment, office.deployment).erased_at = office.now


def test_the_answer_outlives_the_erasure_and_names_nobody(office: Office, entry: str, tmp_path: Path) -> None:
    with office.database.write() as session:
        auditor = make_person(session, office.now, "auditor")
    for erased in (False, True):
        if erased:
            erase(office, tmp_path / "signing")
        with office.database.write() as session:
            (found,) = was_listed(office.vault, session, "pnc-1 ", auditor, office.now)
            assert (found.entry_id, found.category, found.state) == (entry, "wanted_by_court", "active")
            assert found.erased is erased
            assert was_listed(office.vault, session, "PNC-2", auditor, office.now) == []
            asked = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "listing_asked")).all()
            assert [facts_of(one) for one in asked[-2:]] == [{"deployments": 1}, {"deployments": 0}]


def test_nobody_but_an_auditor_asks(office: Office, entry: str) -> None:
    with office.database.write() as session:
        for asker in (office.builder, office.officer, "console", "rig", make_person(session, office.now)):
            with pytest.raises(NotAllowed, match="active auditor"):
                was_listed(office.vault, session, "PNC-1", asker, office.now)


def test_a_look_at_an_entry_takes_a_known_reason_and_is_recorded(office: Office, entry: str) -> None:
    with office.database.write() as session:
        found, particulars = view_entry(office.vault, session, entry, office.officer, "list_check", office.now)
        assert (found.id, particulars.reference) == (entry, "PNC-1")
        last = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        assert last is not None
        assert (last.actor, last.kind) == (office.officer, "entry_viewed")
        for reason in ("", "curious"):
            with pytest.raises(NotAllowed, match="list_check"):
                view_entry(office.vault, session, entry, office.officer, reason, office.now)
        administrator = make_person(session, office.now, "administrator")
        with pytest.raises(NotAllowed, match="look at an entry"):
            view_entry(office.vault, session, entry, administrator, "list_check", office.now)
        with pytest.raises(NoSuchEntry):
            view_entry(office.vault, session, office.deployment, office.officer, "list_check", office.now)


def test_an_erased_entry_says_so(office: Office, entry: str, tmp_path: Path) -> None:
    erase(office, tmp_path / "signing")
    with office.database.write() as session, pytest.raises(KeyDestroyed):
        view_entry(office.vault, session, entry, office.officer, "list_check", office.now)


def test_without_the_vaults_key_there_is_no_answer(office: Office) -> None:
    office.vault.close()
    with pytest.raises(VaultError, match="is closed"):
        office.vault.reference_key()


@given(st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_digests_tell_references_keys_deployments_and_kinds_apart(key: bytes, one: str, other: str) -> None:
    alike = digest(key, "d", f"  {one.upper()} ") == digest(key, "d", one.upper())
    assert alike
    if one != other:
        assert digest(key, one, "reference") != digest(key, other, "reference")
        assert file_digest(key, "d", one.encode("utf-8", "replace")) != digest(key, "d", one)
    assert digest(key, "d", one) != digest(bytes(31) + b"x", "d", one) or key == bytes(31) + b"x"
