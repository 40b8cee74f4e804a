"""What is over is erased, by itself, once, whatever happens meanwhile; and the rest of the custodian's round."""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import alerts.erasing
from alerts.custodian import Custodian
from alerts.erasing import Eraser
from records.certificates import is_genuine, read_certificate
from records.database import Database
from records.errors import KeyDestroyed
from records.facts import Kind
from records.schema import (
    BuiltList,
    Checkpoint,
    Deployment,
    Entry,
    EntryPicture,
    FailedSignIn,
    LedgerEntry,
    SignIn,
)
from records.signing import open_signer
from records.vault import Vault
from tests.alerts.kept import BEGAN, Kept
from tests.records.made import make_vault
from watchlist.errors import StatusFault
from watchlist.status import Answer


class Killed(BaseException):
    """The process is gone at this point: nothing catches it."""


def is_erased(kept: Kept, deployment: str) -> bool:
    with kept.database.read() as session:
        entries = session.query(Entry).where(Entry.deployment_id == deployment, Entry.sealed.is_not(None)).count()
        templates = session.query(EntryPicture).where(EntryPicture.template.is_not(None)).count()
        built = session.get(BuiltList, deployment)
        assert built is not None
        return (entries, templates, built.erased_at is not None) == (0, 0, True) and kept.files(deployment) == []


def test_a_deployment_that_has_ended_is_erased_in_the_next_round_and_a_certificate_remains(kept: Kept) -> None:
    deployment = kept.deployment()
    custodian = kept.custodian()
    custodian.sweep()
    assert kept.state(deployment) == "running"
    assert len(kept.files(deployment)) == 4
    kept.end(deployment)
    custodian.sweep()
    assert kept.state(deployment) == "erased"
    assert is_erased(kept, deployment)
    for purpose in ("list", "alerts"):
        key = kept.key(deployment, purpose)
        assert key.wrapped is None
        assert key.certificate is not None
        assert is_genuine(read_certificate(key.certificate), kept.signer.public)
    certificate = read_certificate(kept.key(deployment, "list").certificate or "")
    assert certificate.counts == {"entries": 2, "pictures": 4}
    with kept.database.read() as session, pytest.raises(KeyDestroyed), kept.vault.key(session, deployment, "list"):
        pass


def test_the_ledger_tells_of_an_erasure_once_and_is_signed_after_it(kept: Kept) -> None:
    deployment = kept.deployment()
    kept.end(deployment)
    for _ in range(3):
        kept.custodian().sweep()
    assert len(kept.told(Kind.LIST_ERASED)) == 1
    assert kept.told(Kind.DEPLOYMENT_ERASED) == [{"deployment": deployment, "counts": {"entries": 2, "pictures": 4}}]
    with kept.database.read() as session:
        last = session.query(LedgerEntry.seq).order_by(LedgerEntry.seq.desc()).limit(1).scalar()
        assert session.query(Checkpoint.seq).order_by(Checkpoint.seq.desc()).limit(1).scalar() == last


STEPS: tuple[tuple[object, str], ...] = (
    (Vault, "destroy_key"),
    (alerts.erasing, "append"),
    (Eraser, "remove_files"),
    (shutil, "rmtree"),
    (alerts.erasing, "_empty_rows"),
    (alerts.erasing, "add_event"),
)


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_erasure_that_was_killed_at_any_step_is_finished_by_the_next_process(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, when: str
) -> None:
    deployment, other = kept.deployment(), kept.deployment()
    kept.end(deployment)
    real: Callable[..., object] = getattr(owner, step)

    def killed(*given: object, **named: object) -> object:
        if when == "after":
            real(*given, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, killed)
        with pytest.raises(Killed):
            kept.custodian().sweep()
    kept.custodian().sweep()
    assert kept.state(deployment) == "erased"
    assert kept.files(deployment) == []
    assert len(kept.told(Kind.LIST_ERASED)) == len(kept.told(Kind.DEPLOYMENT_ERASED)) == 1
    assert [told["deployment"] for told in kept.told(Kind.CERTIFICATE_ISSUED)] == [deployment] * 2
    assert kept.state(other) == "running"
    assert len(kept.files(other)) == 4


def test_a_reader_of_old_pages_delays_the_forgetting_and_not_the_destruction(tmp_path: Path) -> None:
    database = Database(tmp_path / "record.db", busy_ms=50)
    database.migrate()
    with make_vault(database, BEGAN) as vault:
        kept = Kept(database, tmp_path / "vault", vault, open_signer(tmp_path / "keys"))
        deployment = kept.deployment()
        kept.end(deployment)
        custodian = kept.custodian()
        with database.read() as reader:
            reader.query(Entry).count()
            custodian.sweep()
            assert kept.key(deployment, "list").wrapped is None
            assert kept.key(deployment, "list").certificate is None
        custodian.sweep()
        assert kept.state(deployment) == "erased"
        assert kept.key(deployment, "list").certificate is not None
    database.close()


def test_the_alerts_key_goes_with_the_last_picture(kept: Kept) -> None:
    deployment = kept.deployment()
    alert = kept.alert(deployment)
    kept.end(deployment)
    custodian = kept.custodian()
    custodian.sweep()
    assert kept.state(deployment) == "erased"
    assert kept.key(deployment, "alerts").wrapped is not None
    assert kept.pictures(alert) == 3
    kept.later(hours=24)
    custodian.sweep()
    assert kept.pictures(alert) == 0
    certificate = kept.key(deployment, "alerts").certificate
    assert certificate is not None
    assert read_certificate(certificate).counts["alerts"] == 1


def test_a_refused_application_leaves_no_list(kept: Kept) -> None:
    deployment = kept.deployment(kind="operational", state="submitted")
    with kept.database.write() as session:
        session.get_one(Deployment, deployment).state = "refused"
    kept.custodian().sweep()
    assert kept.state(deployment) == "erased"
    assert is_erased(kept, deployment)
    kept.custodian().sweep()
    assert kept.key(deployment, "alerts").wrapped is None


@pytest.mark.parametrize("state", ["draft", "submitted", "authorised"])
def test_a_list_whose_deployment_never_began_goes_a_day_after_its_window(kept: Kept, state: str) -> None:
    deployment = kept.deployment(kind="operational", state=state)
    with kept.database.read() as session:
        over = session.get_one(Deployment, deployment).ends_at
    custodian = kept.custodian()
    kept.now = over + timedelta(hours=23)
    custodian.sweep()
    assert len(kept.files(deployment)) == 4
    kept.later(hours=2)
    custodian.sweep()
    assert kept.files(deployment) == []
    assert kept.key(deployment, "list").wrapped is None
    kept.custodian().sweep()
    assert kept.state(deployment) == state
    assert len(kept.told(Kind.DEPLOYMENT_ERASED)) == 1


def test_files_that_an_import_wrote_after_the_erasure_are_removed(kept: Kept) -> None:
    deployment = kept.deployment()
    kept.end(deployment)
    custodian = kept.custodian()
    custodian.sweep()
    folder = kept.vault_folder / deployment
    folder.mkdir()
    (folder / "late").write_bytes(b"sealed")
    custodian.sweep()
    assert not folder.exists()


def test_what_is_no_deployments_stays_in_the_vaults_folder(kept: Kept) -> None:
    deployment = kept.deployment()
    kept.end(deployment)
    (kept.vault_folder / "notes").mkdir()
    kept.custodian().sweep()
    assert [path.name for path in kept.vault_folder.iterdir()] == ["notes"]


def test_a_fault_in_one_deployment_is_tried_again_and_does_not_end_the_round(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = kept.deployment()
    kept.end(deployment)
    with kept.database.write() as session:
        session.add(FailedSignIn(at=kept.now - timedelta(hours=2), who="w", address="a"))

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    custodian = kept.custodian()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", broken)
        custodian.sweep()
    with kept.database.read() as session:
        assert session.query(FailedSignIn).count() == 0
    custodian.sweep()
    assert kept.state(deployment) == "erased"


def test_entries_expire_by_themselves_and_erased_ones_are_left_alone(kept: Kept) -> None:
    soon = kept.now + timedelta(minutes=5)
    running, over = kept.deployment(expires_at=soon), kept.deployment(expires_at=soon)
    kept.end(over)
    custodian = kept.custodian()
    kept.later(minutes=5)
    custodian.sweep()
    assert [told["deployment"] for told in kept.told(Kind.ENTRY_EXPIRED)] == [running] * 2


def test_sessions_that_nobody_used_and_old_failures_are_cleared_away(kept: Kept) -> None:
    person = kept.person("operator").id
    custodian = kept.custodian()
    custodian.sweep()
    with kept.database.write() as session:
        session.add(SignIn(token_hash="t", person_id=person, csrf="c", created_at=kept.now, seen_at=kept.now))
        session.add(FailedSignIn(at=kept.now, who="w", address="a"))
    kept.later(minutes=10)
    custodian.sweep()
    with kept.database.read() as session:
        assert (session.query(SignIn).count(), session.query(FailedSignIn).count()) == (1, 1)
    kept.later(minutes=60)
    custodian.sweep()
    with kept.database.read() as session:
        assert (session.query(SignIn).count(), session.query(FailedSignIn).count()) == (0, 0)


def test_the_ledger_is_signed_every_ten_minutes(kept: Kept) -> None:
    custodian = kept.custodian()
    kept.deployment()
    custodian.sweep()
    kept.deployment()
    kept.later(minutes=9)
    custodian.sweep()
    with kept.database.read() as session:
        assert session.query(Checkpoint).count() == 1
    kept.later(minutes=1)
    custodian.sweep()
    with kept.database.read() as session:
        assert session.query(Checkpoint).count() == 2


def test_a_broken_ledger_is_not_signed_and_keeps_nothing_from_being_erased(kept: Kept) -> None:
    deployment = kept.deployment()
    custodian = kept.custodian()
    kept.end(deployment)
    with kept.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER ledger_is_never_changed")
        else:
            connection.exec_driver_sql("DROP TRIGGER ledger_is_never_changed ON ledger")
        connection.execute(update(LedgerEntry).where(LedgerEntry.seq == 1).values(actor="console"))
    custodian.sweep()
    assert kept.state(deployment) == "erased"
    with kept.database.read() as session:
        assert session.query(Checkpoint).count() == 0


class SlowSource:
    """Answers only when it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun, self.go = threading.Event(), threading.Event()

    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        self.asked += 1
        self.begun.set()
        assert self.go.wait(60)
        return {}


def test_a_status_source_that_does_not_answer_delays_no_erasure(kept: Kept) -> None:
    over = kept.deployment()
    kept.deployment()
    source = SlowSource()
    custodian = kept.custodian(source)
    custodian.sweep()
    assert source.begun.wait(60)
    try:
        kept.end(over)
        custodian.sweep()
        assert kept.state(over) == "erased"
        assert kept.key(over, "list").certificate is not None
        kept.later(hours=2)
        custodian.sweep()
        assert source.asked == 1
    finally:
        source.go.set()
        assert custodian.status is not None
        custodian.status.join(60)


class Quick:
    """Answers at once, or not at all."""

    def __init__(self, *, answers: bool = True) -> None:
        self.asked, self._answers = 0, answers

    def answers(self, references: Sequence[str]) -> Mapping[str, Answer]:
        self.asked += 1
        if not self._answers:
            raise StatusFault("nobody is there")
        return dict.fromkeys(references, Answer(status="no_longer_wanted"))


def asked_after(kept: Kept, custodian: Custodian, **later: float) -> None:
    kept.later(**later)
    custodian.sweep()
    assert custodian.status is not None
    custodian.status.join(60)


def test_the_source_is_asked_at_the_start_and_before_its_word_is_too_old(kept: Kept) -> None:
    deployment, source = kept.deployment(), Quick()
    custodian = kept.custodian(source)
    asked_after(kept, custodian, minutes=0)
    assert source.asked == 1
    with kept.database.read() as session:
        found = session.query(Entry).where(Entry.deployment_id == deployment)
        assert {entry.state for entry in found} == {"withdrawn"}
    asked_after(kept, custodian, minutes=44)
    assert len(kept.told(Kind.STATUS_ASKED)) == 1
    asked_after(kept, custodian, minutes=2)
    assert len(kept.told(Kind.STATUS_ASKED)) == 2


def test_a_source_without_an_answer_is_asked_again_a_minute_later(kept: Kept) -> None:
    kept.deployment()
    source = Quick(answers=False)
    custodian = kept.custodian(source)
    for minutes, times in ((0, 1), (0.5, 1), (0.6, 2)):
        asked_after(kept, custodian, minutes=minutes)
        assert source.asked == times


def test_nobody_is_asked_after_where_nothing_runs(kept: Kept) -> None:
    kept.end(kept.deployment())
    source = Quick()
    asked_after(kept, kept.custodian(source), hours=1)
    assert source.asked == 0
