"""Invariant 6: the ledger is append-only, chained and impersonal, and `openlfr verify` finds what was done to it."""

import json
import re

import pytest

from records.chain import entry_hash
from tests.invariants.outside import (
    NAME,
    NAMES,
    PEOPLE,
    REFERENCES,
    WANTED,
    Outside,
    exported,
    openlfr,
)


def test_invariant_6_neither_names_nor_faces_nor_words_of_an_entry_reach_the_ledger(outside: Outside) -> None:
    alert = outside.alert()
    entry = f"/api/watchlist/{outside.deployment}/entries/{outside.entries[WANTED]}"
    with outside.tablet("Ann") as ann, outside.tablet("Vera") as vera:
        ann.judge(alert)
        assert ann.post(f"/api/alerts/{alert}/stops", {"reason": f"It is {NAMES[0]}."}).status_code == 201
        assert ann.post(f"/api/alerts/{alert}/identity", {"who": "other"}).status_code == 200
        assert vera.post(f"{entry}/views", {"reason": "audit"}).status_code == 201
        assert vera.post(f"{entry}/views", {"reason": NAMES[0]}).status_code == 422
    text = exported(outside).read_text().casefold()
    for secret in (*NAMES, *REFERENCES, *PEOPLE, "magistrates", "0.62", "jfif", "arcface"):
        assert not re.search(rf"\b{re.escape(secret.casefold())}\b", text), secret


ENCODED = "/9j/4AAQSkZJRgABAQAAAQABAAD" * 8
NUMBERS = " ".join(f"{number / 997:.6f}" for number in range(64))


@pytest.mark.parametrize("text", [ENCODED, NUMBERS, "\x1b[2J", " "])
def test_invariant_6_no_text_of_a_person_smuggles_a_face_or_a_template_into_it(outside: Outside, text: str) -> None:
    with outside.tablet("Ann") as ann, outside.tablet("Orla") as orla:
        at = f"/api/deployments/{outside.deployment}"
        assert ann.post(f"{at}/thresholds", {"after": 0.5, "reason": text}).status_code == 422
        assert ann.post(f"{at}/pause", {"reason": "welfare", "note": text}).status_code == 422
        assert orla.post(f"{at}/refuse-ratification", {"reason": text}).status_code in (409, 422)
    assert outside.cli("deployment", "pause", NAME, "--reason", "welfare", "--note", text, by="Ann").code == 2
    assert outside.cli("deployment", "raise", NAME, "0.5", "--reason", text, by="Ann").code == 2
    assert text.strip() == "" or text not in exported(outside).read_text()


def test_invariant_6_whoever_owns_the_file_and_makes_all_hashes_fit_is_found(outside: Outside) -> None:
    outside.custodian().sweep()
    whole = exported(outside)
    assert openlfr("verify", whole).code == 0
    for statement in ("UPDATE ledger SET actor = 'rig'", "DELETE FROM ledger", "DELETE FROM checkpoints"):
        outside.refuses(statement)
    for (trigger,) in outside.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        outside.sql(f'DROP TRIGGER "{trigger}"')
    victim = outside.sql("SELECT seq FROM ledger WHERE kind = 'deployment_authorised'")[0][0]
    previous = outside.sql("SELECT previous FROM ledger WHERE seq = ?", victim)[0][0]
    for seq, at, actor, kind, facts in outside.sql(
        "SELECT seq, at, actor, kind, facts FROM ledger WHERE seq >= ? ORDER BY seq", victim
    ):
        who = outside.person("Petra") if seq == victim else actor
        found = entry_hash(seq, at, who, kind, json.loads(facts), previous)
        outside.sql("UPDATE ledger SET actor = ?, previous = ?, hash = ? WHERE seq = ?", who, previous, found, seq)
        outside.sql("UPDATE checkpoints SET hash = ? WHERE seq = ?", found, seq)
        previous = found
    forged = outside.folder / "forged.jsonl"
    # The evidence of it can be taken out, and whoever checks it is told.
    assert outside.cli("ledger", "export", forged, "--reason", "audit", by="Vera").code == 0
    told = openlfr("verify", forged)
    assert (told.code, told.out.count("\n")) == (1, 1), told
    lines = whole.read_bytes().splitlines(keepends=True)
    cut = outside.folder / "cut.jsonl"
    for altered in (lines[:-1], [*lines[:3], *lines[4:]], [*lines[:3], lines[4], lines[3], *lines[5:]], lines[:1]):
        cut.write_bytes(b"".join(altered))
        assert openlfr("verify", cut).code == 1
