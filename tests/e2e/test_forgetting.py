"""Nothing of a face is on the disk in the plain while a rig runs, and nothing at all once its deployment is over.

Every byte of every file of the rig is read: record, its log, vault, sockets' folder and temporary folder.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.deployments import end_by_rig
from alerts.histograms import read_histograms
from inference.pack import Pack
from records.certificates import is_genuine, read_certificate
from records.errors import KeyDestroyed
from records.schema import Alert, DataKey, Deployment, Entry, EntryPicture, HistogramCount, Picture
from records.signing import open_signer
from records.times import utc_now
from rig.opening import open_rig
from tests.e2e.bytes_on_disk import JPEG, JPEG_HEADER, betrayed, files_under, traces_of
from tests.e2e.test_rig import Running
from tests.records.made import POLICIES
from watchlist.list_file import load_list

pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]

ALERT_HOURS = 0.002
"""Of the policy: pictures of alerts go 7.2 s after the end."""


class Rig(Running):
    """One whose files are read in every round."""

    def __init__(self, rig_file: Path, folders: list[Path], traces: list[bytes]) -> None:
        super().__init__(rig_file)
        self.folders, self.traces = folders, traces
        with self.database.read() as session:
            self.deployment: str = session.scalars(select(Deployment.id)).one()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        def watched() -> bool:
            assert betrayed(self.folders, self.traces) == []
            return condition()

        super().until(watched, what)

    def has_alerted(self) -> bool:
        return len(self.alerts()) > 0

    def has_counted(self) -> bool:
        with self.database.read() as session:
            return session.query(HistogramCount).where(HistogramCount.kind == "age").first() is not None

    def end(self) -> None:
        with self.database.write() as session:
            end_by_rig(session, self.deployment, "done", utc_now())

    def is_erased(self) -> bool:
        with self.database.read() as session:
            return session.get_one(Deployment, self.deployment).state == "erased"

    def keys_are_gone(self) -> bool:
        with self.database.read() as session:
            keys = session.scalars(select(DataKey.certificate).where(DataKey.deployment_id == self.deployment)).all()
        return len(keys) == 2 and None not in keys


@pytest.fixture
def rig(
    rig_file: Callable[..., Path], tmp_path: Path, built_list: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    policy = tmp_path / "policy.toml"
    shutil.copy(POLICIES / "test.toml", policy)
    with policy.open("a") as text:
        text.write(f"\n[retention]\nalert_hours = {ALERT_HOURS}\n")
    path = rig_file()
    path.write_text(path.read_text() + '\n[policy]\nfile = "policy.toml"\n')
    plain = load_list(built_list, contract=pack.contract)
    traces = [JPEG_HEADER, *traces_of(plain.templates, plain.portraits.values())]
    opened = Rig(path, [tmp_path / "data", tmp_path / "run", temporary], traces)
    try:
        yield opened
    finally:
        opened.supervisor.stop()
        opened.database.close()


def test_after_the_end_no_file_yields_a_picture_or_a_template_and_before_it_none_was_plain(rig: Rig) -> None:
    rig.until(rig.has_alerted, "an alert")
    rig.until(rig.has_counted, "a passage that was forgotten and counted")
    with rig.database.read() as session:
        assert session.query(Picture).count() > 0
        assert session.query(EntryPicture).where(EntryPicture.template.is_not(None)).count() > 0
        sealed = {bytes(picture.sealed[:32]) for picture in session.query(Picture)}
    vault = rig.config.vault_folder / rig.deployment
    assert len(list(vault.iterdir())) > 1
    rig.end()
    rig.until(rig.is_erased, "the erasure of the list")
    rig.until(rig.keys_are_gone, "the erasure of the alerts")

    def is_quiet() -> bool:
        return not any(JPEG in data or any(one in data for one in sealed) for _, data in files_under(*rig.folders))

    # The log is cut in the custodian's round after the deletion: until then it holds sealed bytes without a key.
    rig.until(is_quiet, "files without so much as a sealed picture")
    assert not vault.exists()
    with rig.database.read() as session:
        assert session.query(Picture).count() == 0
        assert session.query(Entry).where(Entry.sealed.is_not(None)).count() == 0
        assert session.query(EntryPicture).where(EntryPicture.template.is_not(None)).count() == 0
        assert all(alert.erased_at is not None for alert in session.query(Alert))
        keys = session.query(DataKey).where(DataKey.deployment_id == rig.deployment).all()
        ended = session.get_one(Deployment, rig.deployment).ended_at
        public = open_signer(rig.config.keys_folder).public
        assert ended is not None
        for key in keys:
            assert key.destroyed_at is not None
            assert key.certificate is not None
            assert is_genuine(read_certificate(key.certificate), public)
            if key.purpose == "list":
                assert (key.destroyed_at - ended).total_seconds() < 60
        assert read_histograms(session, rig.deployment, "age", floor=1).shown
    with open_rig(rig.config) as opened, opened.database.read() as session:
        for purpose in ("list", "alerts"):
            with pytest.raises(KeyDestroyed), opened.vault.key(session, rig.deployment, purpose):
                pass


def test_the_search_of_the_files_finds_what_is_there(rig: Rig, built_list: Path) -> None:
    assert betrayed([built_list], rig.traces) != []
    assert betrayed([built_list], [rig.traces[1]]) != []
    assert any(JPEG in data for _, data in files_under(built_list))
