"""`openlfr record` and `openlfr verify`, as somebody at the rig's console and somebody far from it use them."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.people import add_person
from records.facts import Kind
from records.ledger import facts_of
from records.schema import LedgerEntry
from rig.cli import main
from tests.alerts.applied import EARLIER
from tests.alerts.record.seeded import Seeded, seeded

PASSWORD = "correct zebra battery 91"
Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, Path]]:
    """A rig's folder whose record holds the seed's deployment."""
    folder = tmp_path_factory.mktemp("rig")
    (folder / "rig.toml").write_text("""
name = "test"
data = "data"
[deployment]
name = "test"
[watchlist]
folder = "list"
[inference]
pack = "starter"
[public]
controller = "A police force"
contact = "101"
[[camera]]
name = "north"
source = "file:none.mp4"
""")
    with seeded(folder / "data") as seed:
        with seed.database.write() as session:
            add_person(session, "Bea", "auditor", PASSWORD, EARLIER)
            add_person(session, "Otto", "operator", PASSWORD, EARLIER)
        yield seed, folder


@pytest.fixture
def run(rig: tuple[Seeded, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `openlfr record` on this rig; its exit code and all that it said."""

    def command(*words: str, name: str = "Bea") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        code = main(["record", *words, "--rig", str(rig[1] / "rig.toml"), "--as", name])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["verify", *words])
    said = capsys.readouterr()
    return code, " ".join((said.out + said.err).split())


@pytest.mark.parametrize("public", [False, True])
def test_a_record_is_written_noted_and_verified_without_the_rig(
    rig: tuple[Seeded, Path], run: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], public: bool
) -> None:
    seed, folder = rig
    out, key = tmp_path / "record", folder / "data" / "keys" / "signing.public"
    code, said = run("Station Square", "--out", str(out), *(["--public"] if public else []))
    assert (code, "11 alerts: 1 of the wrong person, 1 of the right person" in " ".join(said.split())) == (0, True)
    code, told = verify(capsys, str(out), "--key", str(key))
    assert (code, "11 alerts, 7 stops and 4 arrests" in told, "the key given" in told) == (0, True, True)
    with seed.database.read() as session:
        entries = session.query(LedgerEntry).where(LedgerEntry.kind == Kind.EXPORT_MADE.value)
        last = facts_of(entries.order_by(LedgerEntry.seq.desc()).first() or LedgerEntry())
    assert last["what"] == ("record_public" if public else "record_internal")
    assert last["reason"] == ("publication" if public else "safekeeping")
    (out / "tables" / "stops.csv").write_text("no stops\n")
    assert verify(capsys, str(out), "--key", str(key)) == (
        1,
        "tables/stops.csv: it was altered, its content is not the one that the rig signed",
    )


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        (("nowhere", "--out", "NEW"), "Bea", "there is no deployment 'nowhere'"),
        (("Station Square", "--out", "OLD"), "Bea", "exists already"),
        (("Station Square", "--out", "NEW", "--reason", "curiosity"), "Bea", "an export takes a reason"),
        (("Station Square", "--out", "NEW"), "Otto", "takes: auditor"),
    ],
)
def test_what_cannot_be_exported_is_one_line_and_leaves_nothing(
    run: Command, tmp_path: Path, words: tuple[str, ...], name: str, said: str
) -> None:
    (tmp_path / "OLD").mkdir()
    code, told = run(*(str(tmp_path / word) if word in ("OLD", "NEW") else word for word in words), name=name)
    assert (code, said in told) == (2, True)
    assert told.rstrip().count("\n") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["OLD"]


def test_a_folder_that_is_no_record_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = verify(capsys, str(tmp_path))
    assert (code, told) == (1, "manifest.json: it is missing, so that nothing here can be believed")
