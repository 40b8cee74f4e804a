"""The ledger's page and API: who reads it, in which words, whether it is whole, and taking it away."""

import hashlib
import re
import string
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.exports import REASONS
from operator_ui import words
from operator_ui.api import ledger as api_ledger
from operator_ui.ledger_views import ON_A_PAGE
from operator_ui.ledger_words import FACT_NAMES, SENTENCES, kind_words, sentence, value_words
from operator_ui.words import ROLES
from records.canonical import Json
from records.database import Database
from records.facts import FACTS, Field, Kind
from records.ledger import append, checkpoint
from records.schema import LedgerEntry
from records.signing import Signer, open_signer, read_public_key
from records.verify import verify
from tests.operator_ui.office import Office
from tests.operator_ui.stage import SIMILARITY, Stage, record_at, settings_of

ID = "019383f0-7f3a-7000-8000-00000000abcd"
MADE: dict[str, Json] = {
    "an id (UUID)": ID,
    "a count": 7,
    "true or false": True,
    "a time in UTC": "2026-11-23T10:00:00.000000Z",
    "a decimal number as text": "0.4500",
    "a code (small letters, digits and _)": "some_code",
    "the name of a camera, process or file of the rig": "north gate",
    "a reference of at most 64 characters": "REF 12/7",
}


def value_for(name: str, field: Field) -> Json:
    """A value that can be told from every other fact's."""
    if field.what.startswith("one of "):
        return field.what.removeprefix("one of ").split(", ")[0]
    if field.what.startswith("a SHA-256"):
        return hashlib.sha256(name.encode()).hexdigest()
    if field.what.startswith("at most"):
        return {"some_part": 3}
    if field.what.startswith("a list of"):
        return ["some_item"]
    if field.what.startswith("a text"):
        return f"Words for {name}"
    return MADE[field.what]


def facts_for(kind: Kind) -> dict[str, Json]:
    made = {name: value_for(name, field) for name, field in FACTS[kind].items()}
    if "role" in made:
        made["role"] = "operator"
    return made


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Stage]:
    database = record_at(tmp_path)
    settings = settings_of(database)
    stage = Stage(database, settings=type(settings)(vault="none", changes="ipc:///none", keys=str(tmp_path / "keys")))
    yield stage
    database.close()


def fill(database: Database, stage: Stage, entries: int) -> None:
    with database.write() as session:
        for _ in range(entries):
            append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, stage.time())


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_sentence_and_every_fact_of_it_is_named(kind: Kind) -> None:
    facts = facts_for(kind)
    said = sentence(kind, facts)
    assert "{" not in said
    assert "_" not in said
    assert said.startswith(kind_words(kind))
    for _, name, _, _ in string.Formatter().parse(SENTENCES[kind]):
        assert name is None or FACTS[kind][name].required, f"the sentence of {kind} needs {name}, which may be missing"
    for name, value in facts.items():
        assert name in FACT_NAMES
        assert value_words(name, value)


def test_each_kind_has_a_name_of_its_own_and_no_words_are_left_over() -> None:
    names = [kind_words(kind) for kind in Kind]
    assert len(set(names)) == len(names)
    assert not any("{" in name for name in names)
    assert {name for fields in FACTS.values() for name in fields} == set(FACT_NAMES)


def test_each_fact_of_each_kind_stands_on_the_page(rig: Stage) -> None:
    with rig.client("eve", "auditor") as eve:
        for kind in Kind:
            facts = facts_for(kind)
            with rig.database.write() as session:
                entry = append(session, "rig", kind, facts, rig.time())
                seq, own = entry.seq, entry.hash
            page = eve.get(f"/ledger?kind={kind}").text
            shown = page[page.index(f'id="entry-{seq}"') :]
            assert own in shown
            for name, value in facts.items():
                assert f"<dt>{FACT_NAMES[name]}</dt><dd>" in shown
                assert str(value_words(name, value)) in shown.replace("&#39;", "'")


@pytest.mark.parametrize("role", list(ROLES))
def test_the_ledger_is_read_by_auditors_and_authorising_officers_only(rig: Stage, role: str) -> None:
    with rig.client("eve", role) as eve:
        reads = role in ("auditor", "authorising_officer")
        assert eve.get("/ledger").status_code == (200 if reads else 403)
        assert eve.get("/api/ledger").status_code == (200 if reads else 403)
        assert eve.post("/api/ledger/verify", {}).status_code == (200 if reads else 403)
        takes = role == "auditor"
        assert eve.post("/api/ledger/export", {"reason": "audit"}).status_code == (200 if takes else 403)
        assert ('href="/ledger"' in eve.get("/account").text) == reads
        if reads:
            assert ('id="take"' in eve.get("/ledger").text) == takes


def test_the_newest_stand_first_and_every_entry_is_on_one_page_only(rig: Stage) -> None:
    fill(rig.database, rig, 2 * ON_A_PAGE)
    with rig.client("eve", "auditor") as eve:
        seen: list[int] = []
        address: str | None = "/api/ledger"
        while address is not None:
            answer = eve.get(address).json()
            seen += [entry["seq"] for entry in answer["entries"]]
            address = f"/api/ledger?before={answer['older']}" if answer["older"] else None
        assert seen == list(range(answer["total"], 0, -1))
        page = eve.get("/ledger").text
        assert f"/ledger?before={seen[ON_A_PAGE - 1]}" in page


def test_an_entry_is_found_by_kind_day_deployment_and_person(tmp_path: Path) -> None:
    office = Office(tmp_path)
    first, second = office.running(), office.draft()
    office.stage.deployment = first
    office.stage.clock.forward(timedelta(days=1))
    third = office.draft()
    vera = office.browser("Vera")

    def found(query: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = vera.get(f"/api/ledger?{query}").json()["entries"]
        return entries

    assert {entry["kind"] for entry in found("kind=deployment_drafted")} == {"deployment_drafted"}
    drafted = [entry["facts"][0]["value"] for entry in found("kind=deployment_drafted")]
    assert drafted == [third, second, first]
    assert [entry["kind"] for entry in found(f"deployment={second}")] == ["deployment_drafted"]
    assert [entry["kind"] for entry in found("day=2026-11-24&kind=deployment_drafted")] == ["deployment_drafted"]
    assert found("day=2026-11-25") == []
    ann = found("kind=deployment_started")[0]
    assert ann["actor_words"] == "Ann"
    assert {entry["actor_words"] for entry in found(f"actor={ann['actor']}")} == {"Ann"}
    assert {entry["actor_words"] for entry in found("actor=rig")} == {"The rig by itself"}
    # What a form sends for what nobody chose.
    assert found("kind=&day=&deployment=&actor=") == found("")


def test_entries_of_an_alert_are_found_by_its_deployment(rig: Stage) -> None:
    alert = rig.alert()
    with rig.client("ann") as ann, rig.client("eve", "auditor") as eve:
        ann.judge(alert)
        found = eve.get(f"/api/ledger?deployment={rig.deployment}").json()["entries"]
        assert {"alert_raised", "alert_adjudicated", "alert_confirmed"} <= {entry["kind"] for entry in found}
        assert eve.get(f"/api/ledger?deployment={uuid.uuid4()}").json()["entries"] == []
        judged = next(entry for entry in found if entry["kind"] == "alert_adjudicated")
        assert judged["sentence"] == "Alert judged: Same person"
        assert judged["actor_words"] == "ann"
        assert str(SIMILARITY) not in eve.get("/ledger").text


@pytest.mark.parametrize("query", ["kind=odd", "day=tomorrow", "before=0", "before=x", "before=99999999999999999999"])
def test_what_cannot_be_asked_for_is_refused_in_one_sentence(rig: Stage, query: str) -> None:
    with rig.client("eve", "auditor") as eve:
        assert eve.get(f"/api/ledger?{query}").status_code == 422
        assert eve.get(f"/ledger?{query}").status_code == 422


@pytest.mark.parametrize(
    "query", ["deployment=%25", "deployment=%22", "actor=%00", "deployment=a%27--", "day=9999-12-31"]
)
def test_what_can_be_nothing_finds_nothing(rig: Stage, query: str) -> None:
    with rig.client("eve", "auditor") as eve:
        assert eve.get(f"/api/ledger?{query}").json()["entries"] == []


def test_a_whole_chain_is_found_whole_in_parts_and_at_once(rig: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(rig.database, rig, 30)
    sign(rig)
    fill(rig.database, rig, 5)
    with rig.client("eve", "auditor") as eve:
        total = eve.get("/api/ledger").json()["total"]
        whole = eve.post("/api/ledger/verify", {}).json()
        assert (whole["first"], whole["last"], whole["entries"], whole["fault"]) == (1, total, total, None)
        assert whole["checkpoints"] == 1
        assert whole["signed_to"] == eve.get("/api/ledger").json()["signed"]["seq"]
        part = eve.post("/api/ledger/verify", {"first": 3, "last": 9}).json()
        assert (part["entries"], part["checkpoints"], part["fault"]) == (7, 0, None)
        assert eve.post("/api/ledger/verify", {"first": total + 1}).status_code == 422
        monkeypatch.setattr(api_ledger, "MOST_CHECKED", 10)
        assert eve.post("/api/ledger/verify", {"first": 1, "last": 11}).status_code == 422
        assert eve.post("/api/ledger/verify", {}).json()["entries"] == 10


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('UPDATE ledger SET facts = \'{"reason":"other"}\' WHERE seq = 12', "entry 12 was altered"),
        ("UPDATE ledger SET actor = 'console' WHERE seq = 12", "entry 12 was altered"),
        ("UPDATE ledger SET facts = 'x' WHERE seq = 12", "entry 12 was altered"),
        ("DELETE FROM ledger WHERE seq = 12", "entry 13 follows entry 11"),
        (f"UPDATE ledger SET previous = '{'0' * 64}' WHERE seq = 12", "entry 12 does not continue"),
        (f"UPDATE checkpoints SET signature = '{'0' * 128}'", "signature at entry"),
    ],
)
def test_a_chain_that_was_tampered_with_is_found_broken(rig: Stage, change: str, told: str) -> None:
    fill(rig.database, rig, 30)
    sign(rig)
    with rig.database.write() as session:
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text(change))
    with rig.client("eve", "auditor") as eve:
        found = eve.post("/api/ledger/verify", {}).json()
        assert told in found["fault"]


def test_the_ledger_is_taken_away_for_a_reason_that_is_its_last_entry(rig: Stage, tmp_path: Path) -> None:
    fill(rig.database, rig, 20)
    with rig.client("eve", "auditor") as eve:
        assert eve.post("/api/ledger/export", {"reason": "curiosity"}).status_code == 422
        answer = eve.http.post("/api/ledger/export", json={"reason": "court"}, headers={"X-CSRF-Token": eve.csrf})
    assert answer.status_code == 200
    assert re.search(r'filename="openlfr-ledger-[0-9-]+\.jsonl"', answer.headers["content-disposition"])
    file = tmp_path / "taken.jsonl"
    file.write_bytes(answer.content)
    verdict = verify(file, read_public_key(tmp_path / "keys" / "signing.public"))
    assert verdict.in_order
    with rig.database.read() as session:
        last = session.get_one(LedgerEntry, verdict.entries)
        assert (last.kind, last.facts) == ("export_made", '{"reason":"court","what":"ledger"}')


def test_without_a_key_the_ledger_is_not_handed_out(stage: Stage) -> None:
    with stage.client("eve", "auditor") as eve:
        assert "openlfr ledger export" in eve.post("/api/ledger/export", {"reason": "audit"}).json()["error"]


def test_every_reason_of_an_export_has_words() -> None:
    assert set(words.EXPORT_REASONS) == set(REASONS)


def sign(rig: Stage) -> Signer:
    assert rig.settings is not None
    assert rig.settings.keys is not None
    signer = open_signer(Path(rig.settings.keys))
    with rig.database.write() as session:
        checkpoint(session, signer, rig.time())
    return signer
