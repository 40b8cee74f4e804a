"""The seed's deployment gives exactly its figures in JSON, CSV and HTML, and a copy that can be published."""

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from alerts.record.as_json import schema
from alerts.record.checking import check_bundle
from alerts.record.fields import FEW, WITHHELD
from records.errors import RecordsError
from records.facts import Kind
from records.ledger import facts_of
from records.schema import LedgerEntry
from tests.alerts.record.seeded import Seeded, seeded

ROOT = Path(__file__).parents[3]
HEADLINE = {
    "Listed": "9,756",
    "Passages (faces seen)": "12,120",
    "Alerts": "11",
    "Alerts of the wrong person": "1",
    "Alerts of the right person on a stale entry": "1",
    "Stops": "7",
    "Arrests": "4",
}


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with seeded(tmp_path_factory.mktemp("seed")) as found:
        yield found


@pytest.fixture(scope="module")
def internal(seed: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed.write(tmp_path_factory.mktemp("bundles") / "internal")


@pytest.fixture(scope="module")
def public(seed: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed.write(tmp_path_factory.mktemp("bundles") / "public", "public")


def record(bundle: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle / "record.json").read_bytes())
    return found


def text_of(bundle: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(bundle.rglob("*")) if path.is_file())


@pytest.mark.parametrize("copy", ["internal", "public"])
def test_the_json_says_exactly_what_happened(copy: str, request: pytest.FixtureRequest) -> None:
    content = record(request.getfixturevalue(copy))["content"]
    assert content["watchlist"]["entries"] == 9756
    assert content["passages"]["total"] == 12120
    assert (content["passages"]["searched"], content["passages"]["without_search"]) == (12013, 107)
    assert content["passages"]["refused_by_quality"] == "not recorded"
    alerts = content["alerts"]
    assert (alerts["total"], alerts["wrong_person"], alerts["right_person_stale_entry"]) == (11, 1, 1)
    assert {code: count for code, count in alerts["outcomes"].items() if count} == {
        "confirmed_true": 6,
        "confirmed_false": 1,
        "not_engaged_stale_entry": 1,
        "not_engaged_lost": 1,
        "not_engaged_discretion": 1,
        "undetermined": 1,
    }
    assert (content["stops"]["total"], content["stops"]["arrests"]) == (7, 4)
    assert content["times"]["paused_seconds"] == 600
    assert content["rates"]["false_per_passage"]["value"] == "0.000082508"
    assert content["rates"]["false_per_alert"] == {
        "hits": 1, "of": 11, "value": "0.090909091", "low": "0.002298972", "high": "0.412779917",
    }  # fmt: skip


@pytest.mark.parametrize("copy", ["internal", "public"])
def test_csv_and_html_say_the_same(copy: str, request: pytest.FixtureRequest) -> None:
    bundle = request.getfixturevalue(copy)
    with (bundle / "tables" / "summary.csv").open(newline="") as file:
        told = {row[0]: row[1] for row in csv.reader(file)}
    assert {name: f"{int(told[name]):,}" for name in HEADLINE} == HEADLINE
    page = (bundle / "record.html").read_text()
    for name, figure in HEADLINE.items():
        assert f'<th scope="row">{name}</th><td>{figure}</td>' in page
    assert len(page) < 2_000_000


@pytest.mark.parametrize("copy", ["internal", "public"])
def test_the_json_fits_the_published_schema(copy: str, request: pytest.FixtureRequest) -> None:
    published = json.loads((ROOT / "docs" / "record.schema.json").read_bytes())
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(record(request.getfixturevalue(copy)))


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert (ROOT / "docs" / "record.schema.json").read_bytes() == schema(), (
        'make it again: python -c "from alerts.record.as_json import schema;'
        " open('docs/record.schema.json', 'wb').write(schema())\""
    )


@pytest.mark.parametrize("copy", ["internal", "public"])
def test_each_copy_verifies_with_its_key_and_says_what_it_found(
    copy: str, seed: Seeded, request: pytest.FixtureRequest
) -> None:
    bundle = request.getfixturevalue(copy)
    for key in (None, seed.signer.public):
        checked = check_bundle(bundle, key)
        assert checked.in_order, checked.sentence
        assert "11 alerts, 7 stops and 4 arrests" in checked.sentence
    assert "another key" in check_bundle(bundle, bytes(32)).sentence


def test_the_two_copies_are_linked_by_hash(internal: Path, public: Path) -> None:
    assert record(internal)["internal_sha256"] == record(public)["internal_sha256"]


def test_the_public_copy_names_nobody_and_hides_small_numbers(seed: Seeded, internal: Path, public: Path) -> None:
    told, published = text_of(internal), text_of(public)
    assert [name for name in seed.names if name in told]
    assert [name for name in seed.names if name in published] == []
    uuids = set(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", published))
    assert uuids == {seed.deployment}
    content = record(public)["content"]
    assert content["watchlist"]["categories"] == {
        "wanted_by_court": 8051,
        "suspect_serious": WITHHELD,
        "court_order": FEW,
    }
    assert content["watchlist"]["under_18"] == FEW
    assert content["stops"]["disposals"] == {
        "arrested": 4, "reported": WITHHELD, "safeguarded": WITHHELD, "advised": FEW, "no_further_action": FEW,
    }  # fmt: skip
    assert content["cases"] == []
    page = unescape((public / "record.html").read_text())
    for redaction in record(public)["redactions"]:
        assert redaction["rule"] in page


def test_the_ledger_tells_who_took_it_and_why_before_it_is_handed_out(seed: Seeded, internal: Path) -> None:
    with seed.database.read() as session:
        entries = session.query(LedgerEntry).where(LedgerEntry.kind == Kind.EXPORT_MADE.value).all()
        facts = [facts_of(entry) for entry in entries if entry.actor == seed.auditor.id]
    hashes = {fact["hash"] for fact in facts if fact["what"] == "record_internal" and fact["reason"] == "publication"}
    assert hashes == {record(internal)["internal_sha256"]}


def test_the_page_links_the_diagram_to_the_alerts_only_in_the_internal_copy(internal: Path, public: Path) -> None:
    inside, outside = ((bundle / "record.html").read_text() for bundle in (internal, public))
    targets = set(re.findall(r'xlink:href="#(outcome-\w+)"', inside))
    assert "outcome-not_engaged_stale_entry" in targets
    assert all(f'id="{target}"' in inside for target in targets)
    assert "#outcome-" not in outside


def test_a_bundle_is_never_written_over_another(seed: Seeded, internal: Path) -> None:
    with pytest.raises(RecordsError, match="exists already"):
        seed.write(internal)
