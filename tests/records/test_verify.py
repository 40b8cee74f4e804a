"""`openlfr verify` finds whatever is done to an export: a thousand random changes of each kind first."""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.canonical import encode
from records.chain import header_text
from records.database import Database
from records.errors import LedgerError
from records.export import export_ledger
from records.facts import Kind
from records.ledger import append, checkpoint
from records.signing import PUBLIC, Signer, open_signer
from records.verify import Verdict, verify
from rig.commands import verify as command
from tests.records.attacker import drop_rule
from tests.records.entries import NOW, fill

ROUNDS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def signer(folder: Path) -> Signer:
    return open_signer(folder / "keys")


@pytest.fixture(scope="module")
def export(folder: Path, signer: Signer) -> bytes:
    """60 entries with checkpoints at 20 and 40: 20 entries stand behind the last checkpoint."""
    database = Database(folder / "record.db")
    database.migrate()
    fill(database, signer, 60)
    with database.read() as session:
        assert export_ledger(session, folder / "ledger.jsonl", signer, NOW) == 60
    database.close()
    return (folder / "ledger.jsonl").read_bytes()


def verdict_on(content: bytes, folder: Path, key: bytes | None = None) -> Verdict:
    file = folder / "changed.jsonl"
    file.write_bytes(content)
    return verify(file, key)


def test_an_untouched_export_is_in_order(export: bytes, folder: Path, signer: Signer) -> None:
    assert export.count(b"\n") == 1 + 60 + 2
    for key in (None, signer.public):
        verdict = verdict_on(export, folder, key)
        assert verdict.in_order
        assert (verdict.entries, verdict.checkpoints, verdict.key, verdict.key_known) == (
            60,
            2,
            signer.id,
            key is not None,
        )
        assert ("--key" in verdict.sentence) == (key is None)


def test_an_empty_ledger_can_be_exported_and_verified(tmp_path: Path, database: Database, signer: Signer) -> None:
    with database.read() as session:
        export_ledger(session, tmp_path / "empty.jsonl", signer, NOW)
    verdict = verify(tmp_path / "empty.jsonl", signer.public)
    assert verdict.in_order
    assert verdict.entries == 0


def test_a_thousand_altered_bytes_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(1)
    for _ in range(ROUNDS):
        place, difference = dice.randrange(len(export)), dice.randrange(1, 256)
        changed = bytearray(export)
        changed[place] ^= difference
        assert not verdict_on(bytes(changed), folder).in_order, (place, difference)


def test_every_byte_is_covered(export: bytes, folder: Path) -> None:
    """The lowest bit of each byte of the header, of an entry and of a checkpoint: changes as small as a digit."""
    lines = export.splitlines(keepends=True)
    for number in (0, 1, next(i for i, line in enumerate(lines) if b'"line":"checkpoint"' in line)):
        start = sum(map(len, lines[:number]))
        for place in range(start, start + len(lines[number])):
            changed = bytearray(export)
            changed[place] ^= 1
            verdict = verdict_on(bytes(changed), folder)
            assert verdict.line is not None
            assert verdict.line <= number + 1


def test_a_thousand_deletions_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(2)
    for _ in range(ROUNDS):
        start = dice.randrange(len(export))
        end = min(len(export), start + dice.choice((1, 1, 2, 10, 300, 5000)))
        assert not verdict_on(export[:start] + export[end:], folder).in_order, (start, end)


def test_a_thousand_removed_lines_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(3)
    lines = export.splitlines(keepends=True)
    for _ in range(ROUNDS):
        gone = set(dice.sample(range(len(lines)), dice.randrange(1, 6)))
        kept = b"".join(line for number, line in enumerate(lines) if number not in gone)
        assert not verdict_on(kept, folder).in_order, gone


def test_a_thousand_swaps_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(4)
    lines = export.splitlines(keepends=True)
    for _ in range(ROUNDS):
        one, other = dice.sample(range(len(lines)), 2)
        swapped = list(lines)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert not verdict_on(b"".join(swapped), folder).in_order, (one, other)


def test_a_thousand_repeated_lines_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(5)
    lines = export.splitlines(keepends=True)
    for _ in range(ROUNDS):
        which, where = dice.randrange(len(lines)), dice.randrange(len(lines) + 1)
        assert not verdict_on(b"".join([*lines[:where], lines[which], *lines[where:]]), folder).in_order, (which, where)


def test_a_thousand_truncations_are_found(export: bytes, folder: Path) -> None:
    dice = random.Random(6)
    ends = [0]
    for line in export.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    for end in (*ends[:-1], *(dice.randrange(len(export)) for _ in range(ROUNDS))):
        assert not verdict_on(export[:end], folder).in_order, end


@given(st.data())
def test_no_edit_goes_unseen(export: bytes, folder: Path, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(export)))
    end = data.draw(st.integers(start, min(len(export), start + 400)))
    put = data.draw(st.binary(max_size=40) | st.sampled_from(export.splitlines(keepends=True)))
    changed = export[:start] + put + export[end:]
    assert verdict_on(changed, folder).in_order == (changed == export)


def edited(export: bytes, number: int, **changes: object) -> list[bytes]:
    lines = export.splitlines(keepends=True)
    lines[number] = encode({**json.loads(lines[number]), **changes}) + b"\n"  # type: ignore[dict-item]
    return lines


@pytest.mark.parametrize(
    ("number", "changes", "line", "sentence"),
    [
        (0, {"entries": 59}, 1, "the header was altered"),
        (0, {"format": "openlfr-ledger-2"}, 1, "not the header of a ledger export"),
        (0, {"keys": {}}, 1, "the header was altered"),
        (0, {"keys": []}, 1, "lists no public keys"),
        (0, {"signature": "zz"}, 1, "the header was altered"),
        (0, {"more": 1}, 1, "not the header"),
        (7, {"actor": "rig2"}, 8, "this entry was altered"),
        (7, {"seq": True}, 8, "this entry was altered"),
        (7, {"note": "x"}, 8, "this entry was altered"),
        (7, {"line": "comment"}, 8, "neither an entry nor a checkpoint"),
        (21, {"key": "0" * 16}, 22, "this checkpoint was altered"),
        (21, {"signature": None}, 22, "this checkpoint was altered"),
    ],
)
def test_the_sentence_says_where_and_what(
    export: bytes, folder: Path, number: int, changes: dict[str, object], line: int, sentence: str
) -> None:
    verdict = verdict_on(b"".join(edited(export, number, **changes)), folder)
    assert verdict.line == line
    assert f"line {line}: " in verdict.sentence
    assert sentence in verdict.sentence


def test_the_sentence_tells_removal_repetition_and_truncation_apart(export: bytes, folder: Path) -> None:
    lines = export.splitlines(keepends=True)
    for changed, sentence in (
        (lines[:5] + lines[6:], "line 6: entry 6 follows entry 4: 1 between were removed or moved"),
        (lines[:6] + lines[5:], "line 7: entry 5 follows entry 5: it was moved, repeated or inserted"),
        (lines[:-7], "line 57: the file ends after entry 53 of 60: its end is cut off"),
        (lines[:21] + lines[22:], "line 63: only 1 of 2 checkpoints are here: some were removed"),
        (lines[:22] + lines[21:], "line 23: the checkpoint of entry 20 stands here twice: it was repeated"),
        (lines[1:], "line 1: this is not the header of a ledger export (openlfr-ledger-1): it was altered or removed"),
        ([], "line 1: the file is empty: it is no export, or all of it was cut off"),
    ):
        assert verdict_on(b"".join(changed), folder).sentence == sentence


def rechained(lines: list[bytes], start: int) -> list[bytes]:
    """What a forger without the rig's key can do: make all hashes from this line on fit again."""
    from records.chain import entry_hash

    previous = json.loads(lines[start])["previous"]
    made = list(lines)
    for number in range(start, len(lines)):
        line = json.loads(lines[number])
        if line["line"] == "entry":
            line["previous"] = previous
            previous = entry_hash(line["seq"], line["at"], line["actor"], line["kind"], line["facts"], previous)
            line["hash"] = previous
            made[number] = encode(line) + b"\n"
    return made


@pytest.mark.parametrize(("number", "line"), [(7, 22), (50, 64)])
def test_a_forger_who_makes_the_hashes_fit_again_fails_at_the_next_signature(
    export: bytes, folder: Path, number: int, line: int
) -> None:
    forged = rechained(edited(export, number, actor="console"), number)
    verdict = verdict_on(b"".join(forged), folder)
    assert verdict.line == line
    assert "replaced" in verdict.sentence


def test_an_entry_that_was_replaced_does_not_fit_the_one_after_it(export: bytes, folder: Path) -> None:
    lines = edited(export, 50, actor="console")
    forged = [*rechained(lines[:51], 50), *lines[51:]]
    verdict = verdict_on(b"".join(forged), folder)
    assert verdict.sentence == (
        "line 52: entry 49 does not continue the one before: one of them was replaced or inserted"
    )


def test_a_whole_forgery_under_another_key_is_found_with_the_rigs_key(
    export: bytes, folder: Path, signer: Signer, tmp_path: Path
) -> None:
    forger = open_signer(tmp_path / "forger")
    lines = [line for line in export.splitlines(keepends=True)[:50] if b'"line":"checkpoint"' not in line]
    header = json.loads(lines[0])
    header |= {"entries": len(lines) - 1, "checkpoints": 0, "final": json.loads(lines[-1])["hash"]}
    header |= {"key": forger.id, "keys": {forger.id: forger.public.hex()}}
    header["signature"] = forger.sign(header_text(header)).hex()
    forged = b"".join([encode(header) + b"\n", *lines[1:]])
    assert verdict_on(forged, folder).in_order  # which is why the sentence asks for --key
    verdict = verdict_on(forged, folder, signer.public)
    assert verdict.sentence == f"line 1: the export is signed by another key than the one given, {signer.id}"


def test_a_ledger_outlives_the_change_of_the_rigs_key(tmp_path: Path, database: Database) -> None:
    old, new = open_signer(tmp_path / "old"), open_signer(tmp_path / "new")
    fill(database, old, 6)
    with database.write() as session:
        append(session, "rig", Kind.RIG_STOPPED, {"reason": "asked"}, NOW)
        checkpoint(session, new, NOW)
        export_ledger(session, tmp_path / "ledger.jsonl", new, NOW)
    assert verify(tmp_path / "ledger.jsonl", new.public).in_order
    assert not verify(tmp_path / "ledger.jsonl", old.public).in_order


def test_what_was_done_to_the_database_shows_in_its_export(tmp_path: Path, database: Database, signer: Signer) -> None:
    fill(database, signer, 6)
    with database.engine.begin() as connection:
        drop_rule(connection, "ledger_is_never_changed")
        connection.exec_driver_sql("UPDATE ledger SET kind = 'alert_closed' WHERE seq = 3")
    with database.read() as session:
        export_ledger(session, tmp_path / "ledger.jsonl", signer, NOW)
    # Header, two entries, a checkpoint, then the third entry.
    assert verify(tmp_path / "ledger.jsonl").sentence.startswith("line 5: this entry was altered")


def test_an_export_never_overwrites_a_file(tmp_path: Path, database: Database, signer: Signer) -> None:
    (tmp_path / "evidence").write_text("older")
    with database.read() as session:
        with pytest.raises(LedgerError, match="exists already"):
            export_ledger(session, tmp_path / "evidence", signer, NOW)
        with pytest.raises(LedgerError, match="cannot be written"):
            export_ledger(session, tmp_path / "nowhere" / "ledger", signer, NOW)
    assert (tmp_path / "evidence").read_text() == "older"


def test_an_export_that_fails_leaves_no_file(tmp_path: Path, database: Database, signer: Signer) -> None:
    fill(database, signer, 6)
    with database.engine.begin() as connection:
        drop_rule(connection, "ledger_is_never_changed")
        connection.exec_driver_sql("UPDATE ledger SET facts = '{' WHERE seq = 3")
    with database.read() as session, pytest.raises(LedgerError, match="entry 3 are damaged"):
        export_ledger(session, tmp_path / "ledger.jsonl", signer, NOW)
    assert not (tmp_path / "ledger.jsonl").exists()


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    options = parser.parse_args(["verify", *arguments])
    code: int = options.run(options)
    return code


def test_the_command_says_it_in_one_line_and_by_its_exit_code(
    export: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = folder / "whole.jsonl", folder / "cut.jsonl"
    whole.write_bytes(export)
    cut.write_bytes(export[:-1])
    assert run(str(whole), "--key", str(folder / "keys" / PUBLIC)) == 0
    assert capsys.readouterr().out.startswith("Complete and unaltered: 60 entries")
    assert run(str(cut)) == 1
    assert capsys.readouterr().out.startswith("line 63: this line is cut off")


def test_a_file_that_is_something_else_is_not_in_order(folder: Path) -> None:
    assert verdict_on(b"\xff\xd8\xff\xe0" * 1000, folder).line == 1
    assert verdict_on(b"x" * (1 << 21), folder).line == 1


def test_a_file_that_cannot_be_read_is_an_error_not_a_verdict(folder: Path) -> None:
    for path in (folder / "absent", folder):
        with pytest.raises(LedgerError, match="cannot be read"):
            verify(path)


def test_verifying_needs_no_database_and_nothing_of_the_rig() -> None:
    program = "import sys, records.verify; print({'sqlalchemy', 'numpy', 'zmq', 'rig'} & set(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, check=True
    )
    assert shown.stdout.strip() == b"set()"
