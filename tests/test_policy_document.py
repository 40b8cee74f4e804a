"""docs/policy.md names files, tests and keys that exist, explains every key, and leaves no row out."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import pytest

from records.policy import Policy, read_policy

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
PACKAGES = "alerts|capture|deploy|docs|evaluation|inference|operator_ui|records|rig|tests|training|watchlist|wire"
STATES = ("enforced", "partly: ", "not yet (issue ", "not software")
PROFILES = {"UK": "uk", "EU": "eu-ai-act"}


def quoted() -> list[str]:
    return re.findall(r"`([^`\n]+)`", TEXT)


def table_rows(columns: int) -> list[list[str]]:
    """The cells of all table rows with so many columns, without headers."""
    lines = [line for line in TEXT.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in rows if len(row) == columns]


ROWS = [row for row in table_rows(5) if row[0].isdigit()]
KEYS = [row for row in table_rows(5) if row[0].startswith("`")]


@cache
def all_tests() -> frozenset[str]:
    found: set[str] = set()
    for path in ROOT.glob("tests/**/*.py"):
        found.update(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return frozenset(found)


def keys_of(kind: type[msgspec.Struct], before: str = "") -> Iterator[str]:
    """Each key as it is written in the file, those of tables and of lists of tables below their own."""
    for field in msgspec.structs.fields(kind):
        yield before + field.name
        section = section_of(field.type)
        if section is not None and {inner.name for inner in msgspec.structs.fields(section)} != {"code", "words"}:
            yield from keys_of(section, f"{before}{field.name}.")


def section_of(kind: Any) -> type[msgspec.Struct] | None:
    """The section that a type is, or is a list of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    inner = get_args(kind)[:1] if get_origin(kind) is not None or get_args(kind) else ()
    return section_of(inner[0]) if inner else None


def test_every_file_that_is_named_exists() -> None:
    named = [text for text in quoted() if re.match(rf"(?:{PACKAGES})/", text)]
    assert len(named) > 80
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_test_that_is_named_exists() -> None:
    named = [text for text in quoted() if re.fullmatch(r"test_\w+", text)]
    assert len(named) > 60
    assert [name for name in named if name not in all_tests()] == []


def test_each_row_of_the_feature_table_stands_once_with_a_known_state() -> None:
    assert sorted(int(row[0]) for row in ROWS) == list(range(1, 69))
    assert [row[0] for row in ROWS if not row[4].startswith(STATES)] == []


def test_what_is_enforced_names_what_enforces_and_what_attacks_it() -> None:
    bare = [row[0] for row in ROWS if row[4].startswith(("enforced", "partly")) and "-" in (row[2], row[3])]
    assert bare == []


def test_every_key_of_a_policy_is_explained_and_no_other() -> None:
    sections = {"authority", "lists", "operators", "retention", "review", "stop_rule", "sessions"}
    explained = [key for row in KEYS for key in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(explained) == sorted(set(keys_of(Policy)) - sections)


def shown(value: Any) -> str:
    """As the table shows a value: how many there are of a list."""
    if isinstance(value, (list, tuple)):
        return str(len(value))
    return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_values_are_those_of_the_files_that_ship(profile: str) -> None:
    policy = msgspec.to_builtins(read_policy(ROOT / "deploy" / "policy" / f"{PROFILES[profile]}.toml").policy)
    column = 2 + list(PROFILES).index(profile)
    for row in KEYS:
        names = re.findall(r"`([^`]+)`", row[0])
        if row[column] == "-" or names[0].startswith(("purposes.", "categories.")):
            continue
        value: Any = policy
        for name in names[0].split("."):
            value = value[name]
        assert row[column] == shown(value), row[0]
    caps = [purpose["cap"] for purpose in policy["purposes"]]
    assert next(row for row in KEYS if row[0] == "`purposes.cap`")[column] == f"{min(caps)} to {max(caps)}"
    offences = [category["code"] for category in policy["categories"] if category["offence_code"]]
    assert next(row for row in KEYS if "offence" in row[0])[column] == (", ".join(offences) or "false")
