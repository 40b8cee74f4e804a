"""The language of a page: English sentences are the keys, each other language has a catalogue in `languages/`.

A sentence that a catalogue lacks is shown in English: better read than missing.
"""

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from jinja2 import Environment

HERE = Path(__file__).parent / "languages"
LANGUAGES: Final = {"en": "English", "cy": "Cymraeg"}
ENGLISH: Final = "en"

FIELD: Final = re.compile(r"{(\w+)}")
"""Where a sentence takes a value."""

_present: ContextVar[str] = ContextVar("language", default=ENGLISH)


def use(language: str) -> None:
    """For what is rendered from here on in this task; an unknown language is English."""
    _present.set(language if language in LANGUAGES else ENGLISH)


def present() -> str:
    return _present.get()


def translated(sentence: str) -> str:
    return _catalogue(present()).get(sentence, sentence)


def told(sentence: str) -> str:
    """Of an error or another sentence that was made in English: what is filled in stays as it is."""
    known = _catalogue(present())
    if sentence in known:
        return known[sentence]
    for pattern, translation in _patterns(present()):
        filled = pattern.fullmatch(sentence)
        if filled:
            return _filled(translation, filled.groupdict())
    return sentence


def _plural(one: str, many: str, number: int) -> str:
    """English has two forms; a catalogue gives each as a sentence of its own."""
    return translated(one if number == 1 else many)


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    file = HERE / f"{language}.po"
    if language == ENGLISH or not file.exists():
        return {}
    with file.open("rb") as text:
        messages = read_po(text, locale=language)
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Sentences that are filled in, the longest first: the most of its own words decides."""
    filled = [(sentence, text) for sentence, text in _catalogue(language).items() if FIELD.search(sentence)]
    filled.sort(key=lambda pair: len(FIELD.sub("", pair[0])), reverse=True)
    return [(re.compile(_pattern(sentence), re.DOTALL), text) for sentence, text in filled]


def _pattern(sentence: str) -> str:
    parts = enumerate(FIELD.split(sentence))
    return "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in parts)


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    """What is filled in may have braces itself: it is not looked at again. A slip in a translation breaks no page."""
    return FIELD.sub(lambda field: values.get(field[1], field[0]), sentence)


def install(templates: Environment) -> None:
    """Gives templates `_`, `{% trans %}` and the language's code."""
    translate: Callable[[str], str] = translated
    templates.add_extension("jinja2.ext.i18n")
    templates.install_gettext_callables(translate, _plural, newstyle=True)  # type: ignore[attr-defined]
    templates.globals["language"] = present
