"""The catalogue of another language: every text has a translation that fits its place."""

import re
from collections.abc import Iterator

import pytest

from operator_ui.language import FIELD, HERE, told, translated, use
from operator_ui.languages.extract import missing, po_text, read_catalogue, texts, update
from operator_ui.rendering import make_templates
from operator_ui.script_texts import TEXTS
from records.database import Database
from tests.operator_ui.stage import Stage

PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^>]*>")


@pytest.fixture
def welsh() -> Iterator[None]:
    use("cy")
    yield
    use("en")


def translations() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in read_catalogue("cy") if message.id}


def test_every_text_has_a_welsh_one() -> None:
    # `python -m operator_ui.languages.extract` adds the texts; their translations are written by hand.
    assert sorted(texts().keys() - translations().keys()) == []
    assert missing(read_catalogue("cy")) == []


def test_no_translation_is_of_a_text_that_no_page_shows() -> None:
    assert sorted(translations().keys() - texts().keys()) == []


def test_a_translation_has_the_values_and_the_markup_of_its_text() -> None:
    def parts(sentence: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(sentence))

    assert {text: said for text, said in translations().items() if parts(text) != parts(said)} == {}


def test_a_translation_for_a_template_can_be_filled_in() -> None:
    """Templates fill in with %: a lone one in a translation would break the page."""
    for message in read_catalogue("cy"):
        if message.id and any(source.endswith(".html") for source, _ in message.locations):
            assert str(message.string) % dict.fromkeys(re.findall(r"%\((\w+)\)s", str(message.id)), "7")


def test_the_catalogue_is_as_the_tool_writes_it() -> None:
    """So that a change of it shows what was changed, and nothing else."""
    assert po_text(read_catalogue("cy")) == (HERE / "cy.po").read_bytes()


def test_an_update_keeps_every_translation_and_adds_what_is_new() -> None:
    catalogue, before = read_catalogue("cy"), translations()
    fewer = update(catalogue, {"Live": ["a.html"], "Quite new": ["b.html"]})
    assert missing(fewer) == ["Quite new"]
    assert b'\n#~ msgid "Confirmed"\n#~ msgstr "Cadarnhawyd"\n' in po_text(fewer)
    assert b'\nmsgid "Live"\nmsgstr "Byw"\n' in po_text(fewer)
    again = update(fewer, {text: ["a.html"] for text in before})
    assert {str(message.id): message.string for message in again if message.id} == before


def test_what_a_catalogue_lacks_is_shown_in_english(welsh: None) -> None:
    sentence = "No catalogue has this sentence."
    assert translated(sentence) == told(sentence) == sentence
    template = make_templates().from_string("{{ _('No catalogue has this.') }} {{ _('Live') }} {{ language() }}")
    assert template.render() == "No catalogue has this. Byw cy"
    use("xx")
    assert template.render() == "No catalogue has this. Live en"


def test_a_wording_fits_every_number(welsh: None) -> None:
    template = make_templates().from_string("{{ ngettext('%(num)s is timed', '%(num)s are timed', number) }}")
    said = {template.render(number=number).replace(str(number), "N") for number in (0, 1, 2, 3, 6, 11)}
    assert said == {"Wedi’u hamseru: N"}


@pytest.mark.parametrize("name", ["Ann", "Live", "{name} {at}", "two\nlines", "100 % {0}", "was deactivated before"])
def test_what_fills_in_a_refusal_stays_as_it_is(welsh: None, name: str) -> None:
    assert told(f"{name} was deactivated before") == f"dadactifadwyd {name} o’r blaen"


def test_scripts_fill_in_the_same_values_in_both_languages(welsh: None) -> None:
    for key, sentence in TEXTS.items():
        assert sorted(FIELD.findall(sentence)) == sorted(FIELD.findall(translated(sentence))), key


def test_a_fault_is_told_in_the_language_of_the_browser(sqlite_database: Database) -> None:
    with Stage(sqlite_database).client() as anybody:
        assert anybody.get("/api/status").json() == {"error": "you are not signed in"}
        anybody.http.cookies.set("language", "cy")
        assert anybody.get("/api/status").json() == {"error": "nid ydych wedi mewngofnodi"}
        assert "Nid oes tudalen o’r fath" in anybody.get("/nowhere").text
