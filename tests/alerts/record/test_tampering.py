"""Whatever is done to a bundle, `openlfr verify` finds it: by a hand without the rig's key, and by one that has it."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.record import manifest
from alerts.record.as_json import content_sha256, from_text
from alerts.record.bundle import LEDGER, files_of
from alerts.record.checking import check_bundle
from alerts.record.extract_reading import read
from alerts.record.fields import Content, Copy, Record
from alerts.record.reconcile import faults
from alerts.record.recount import differences
from records.canonical import decode, encode
from records.signing import Signer, open_signer
from tests.alerts.record.seeded import Seeded, seeded

ROUNDS = 500
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with seeded(tmp_path_factory.mktemp("seed")) as found:
        yield found


@pytest.fixture(scope="module")
def bundles(seed: Seeded, tmp_path_factory: pytest.TempPathFactory) -> dict[Copy, Files]:
    folder = tmp_path_factory.mktemp("bundles")
    kinds: tuple[Copy, ...] = ("internal", "public")
    return {copy: files_in(seed.write(folder / copy, copy)) for copy in kinds}


def files_in(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(folder: Path, files: Files) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def flip_a_byte(chance: random.Random, files: Files) -> None:
    name = chance.choice(sorted(files))
    content = bytearray(files[name])
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    files[name] = bytes(content)


def drop_a_line(chance: random.Random, files: Files) -> None:
    name = chance.choice(sorted(files))
    lines = files[name].splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    files[name] = b"".join(lines)


def repeat_a_line(chance: random.Random, files: Files) -> None:
    name = chance.choice(sorted(files))
    lines = files[name].splitlines(keepends=True)
    place = chance.randrange(len(lines))
    lines.insert(place, lines[place])
    files[name] = b"".join(lines)


def swap_a_figure(chance: random.Random, files: Files) -> None:
    name = chance.choice(sorted(name for name in files if any(digit in files[name] for digit in b"0123456789")))
    content = bytearray(files[name])
    place = chance.choice([at for at, byte in enumerate(content) if byte in b"0123456789"])
    content[place] = chance.choice([digit for digit in b"0123456789" if digit != content[place]])
    files[name] = bytes(content)


def remove_a_file(chance: random.Random, files: Files) -> None:
    del files[chance.choice(sorted(files))]


def add_a_file(chance: random.Random, files: Files) -> None:
    files[chance.choice(("note.txt", "tables/more.csv", "certificates/x.json", ".hidden"))] = b"more\n"


def swap_two_files(chance: random.Random, files: Files) -> None:
    one, other = chance.sample(sorted(files), 2)
    files[one], files[other] = files[other], files[one]


CHANGES: tuple[Callable[[random.Random, Files], None], ...] = (
    flip_a_byte,
    drop_a_line,
    repeat_a_line,
    swap_a_figure,
    remove_a_file,
    add_a_file,
    swap_two_files,
)


def test_each_of_500_random_changes_is_found(seed: Seeded, bundles: dict[Copy, Files], tmp_path: Path) -> None:
    chance = random.Random(9)
    unseen = []
    for number in range(ROUNDS):
        before = bundles["internal" if number % 2 else "public"]
        files, change = dict(before), CHANGES[number % len(CHANGES)]
        change(chance, files)
        if files == before:
            continue
        checked = check_bundle(put(tmp_path / "changed", files), seed.signer.public)
        if checked.in_order or "\n" in checked.sentence or ": " not in checked.sentence:
            unseen.append((number, change.__name__, checked.sentence))
    assert unseen == []


def resigned(record: Record, ledger: bytes, files: Files, signer: Signer) -> Files:
    """As somebody makes it who holds the rig's key: page, tables, hashes and signature fit."""
    if record.copy == "internal":
        record = msgspec.structs.replace(record, internal_sha256=content_sha256(record.content))
    certificates = {name: text.decode() for name, text in files.items() if name.startswith("certificates/")}
    return files_of(record, ledger, certificates, signer)


def figures(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the counts of a record stand."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        yield from figures(inner, (*path, key))


def with_one_more(content: Content, path: tuple[Any, ...]) -> Content:
    plain = json.loads(msgspec.json.encode(content))
    inner = plain
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] += 1
    return msgspec.convert(plain, Content)


ALONE = {
    "authority.confirmations",
    "cameras.candidates",
    "complaints.open",
    "forgetting",
    "judgements.seconds",
    "latency.to_raised",
    "models.calibrated_entries",
    "published",
    "watchlist.expired",
    "watchlist.quarantined",
    "watchlist.rejected",
    "watchlist.under_18",
    "watchlist.vulnerable",
    "watchlist.withdrawn",
}
"""Figures that no other figure and no entry of the ledger bears out: the signature alone speaks for them."""
HIDDEN = {"complaints.outcomes", "judgements.judged_by_several", "watchlist.categories"}
"""Further ones of a public copy, whose ledger does not tell them."""


@pytest.mark.parametrize("copy", ["internal", "public"])
def test_a_figure_that_the_rigs_own_key_signed_wrongly_is_found_too(copy: Copy, bundles: dict[Copy, Files]) -> None:
    content, told = from_text(bundles[copy]["record.json"]).content, read(bundles[copy][LEDGER]).told
    unseen = []
    for path in figures(json.loads(msgspec.json.encode(content))):
        wrong = with_one_more(content, path)
        # What adds up by itself must contradict the ledger.
        if not (any(faults(wrong)) or any(differences(wrong, told, copy))):
            unseen.append(path)
    names = {".".join(part for part in path if isinstance(part, str)) for path in unseen}
    alone = ALONE | (HIDDEN if copy == "public" else set())
    assert {name for name in names if not any(name.startswith(one) for one in alone)} == set()


def test_a_ledger_with_an_alert_less_is_found_though_it_is_signed(
    seed: Seeded, bundles: dict[Copy, Files], tmp_path: Path
) -> None:
    files = bundles["public"]
    lines = files[LEDGER].splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if b'"alert_raised"' in line)
    line = decode(lines[place].rstrip())
    assert isinstance(line, dict)
    gap = encode({"line": "gap", "first": line["seq"], "last": line["seq"], "hash": line["hash"]})
    lines[place] = gap + b"\n"
    changed = resigned(from_text(files["record.json"]), b"".join(lines), files, seed.signer)
    checked = check_bundle(put(tmp_path / "changed", changed), seed.signer.public)
    assert checked.sentence == (
        "record.json: the record is not what the ledger tells: alerts: 11, but the ledger tells of 10"
    )


def test_a_page_with_another_figure_is_found_though_it_is_signed(
    seed: Seeded, bundles: dict[Copy, Files], tmp_path: Path
) -> None:
    files = dict(bundles["internal"])
    files["record.html"] = files["record.html"].replace(b"<td>12,120</td>", b"<td>22,120</td>")
    record = from_text(files["record.json"])
    rest = {name: content for name, content in files.items() if name != manifest.NAME}
    files[manifest.NAME] = manifest.make(record, rest, seed.signer).text()
    checked = check_bundle(put(tmp_path / "changed", files), seed.signer.public)
    assert checked.sentence == "record.html: its table 'At a glance' does not show what record.json says"


def test_a_bundle_of_another_rig_is_found_where_the_key_is_known(
    seed: Seeded, bundles: dict[Copy, Files], tmp_path: Path
) -> None:
    other = open_signer(tmp_path / "other")
    files = bundles["internal"]
    changed = resigned(from_text(files["record.json"]), files[LEDGER], files, other)
    folder = put(tmp_path / "changed", changed)
    assert check_bundle(folder, seed.signer.public).sentence.startswith("manifest.json: it is signed by another key")
    assert "give --key to know whose" in check_bundle(folder, None).sentence
