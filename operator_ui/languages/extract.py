"""Collects every text that the pages can show, and brings each language's catalogue up to date with them.

`python -m operator_ui.languages.extract`: adds what is new without a translation, moves what no page shows any more to
the file's end (`#~`) with its translation, and says for each language what is still to be translated.
"""

import ast
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from operator_ui import ledger_words, words
from operator_ui.language import ENGLISH, FIELD, HERE, LANGUAGES
from operator_ui.script_texts import TEXTS

ROOT: Final = Path(__file__).parents[2]
TEMPLATES: Final = ROOT / "operator_ui" / "templates"
PYTHON: Final = ("alerts", "operator_ui", "watchlist/particulars.py", "watchlist/people.py", "watchlist/standing.py")
SAYS: Final = ("_", "translated", "told")
"""Functions whose first argument is a sentence of the catalogue."""
REFUSALS: Final = (
    "ApplicationError",
    "HTTPException",
    "NoSuchEntry",
    "NotAllowed",
    "NotFound",
    "Obstacle",
    "PassError",
    "PasskeyError",
    "PasswordError",
    "PeopleError",
    "QualificationError",
    "Refused",
    "_answer",
)
"""Errors, and what stands in the way of a search: a sentence each, in English, until a page or an answer tells it."""
LISTS: Final = {
    "alerts/application.py": ("_missing_words", "_missing_codes", "_missing_window", "_missing_threshold", "warnings"),
    "alerts/authority.py": ("_STATE_WORDS",),
    "alerts/qualified.py": ("NOT_QUALIFIED",),
    "alerts/places.py": ("faults", "_polygon_faults"),
    "operator_ui/api/watchlist.py": ("GONE",),
    "operator_ui/bluelist.py": ("NO_TEST",),
    "operator_ui/deployment_checks.py": ("LINES",),
    "operator_ui/errors.py": ("PHRASES",),
    "operator_ui/pages/signing.py": ("WRONG",),
}
"""Functions and tables that give such sentences in a list: all their texts of several words."""
COMMAND_LINE: Final = (
    "alerts/complaints.py",
    "alerts/pair_rows.py",
    "alerts/pair_sets.py",
    "alerts/pass_schedule.py",
    "alerts/retention.py",
)
"""No page does what these do."""
ENGLISH_FIELDS: Final = ("ask", "error", "named", "what")
"""A sentence that fills in English words stays English as a whole."""
FIXED_WORDS: Final = 3
"""What has fewer words of its own would be found in many a sentence."""
JINJA: Final = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
HEADER: Final = """\
# {name} ({code}) texts of OpenLFR's pages. How to work on them: README.md beside this file.
#
# NOT REVIEWED YET: written without a native speaker. One must read all of it before a force relies on it.
#"""

HEAD: Final = """\
{comment}
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

Texts = dict[str, list[str]]
"""Sentence -> the files of the repository that it comes from."""


def texts() -> Texts:
    """Everything that is to be translated."""
    found: Texts = {}
    for sentence, source in (*_of_templates(), *_of_words(), *_of_python()):
        sources = found.setdefault(sentence, [])
        if source not in sources:
            sources.append(source)
    return found


def update(catalogue: Catalog, wanted: Texts) -> Catalog:
    """The same translations for what is wanted now. Nothing is lost: the others are kept as obsolete."""
    updated = _empty(str(catalogue.locale), catalogue.header_comment)
    kept = {str(message.id): str(message.string) for message in catalogue if message.id}
    kept = {str(gone): str(message.string) for gone, message in catalogue.obsolete.items()} | kept
    for sentence, sources in wanted.items():
        updated.add(sentence, kept.pop(sentence, ""), locations=[(source, 0) for source in sources])
    for sentence, translation in sorted(kept.items()):
        if translation:
            updated.obsolete[sentence] = Catalog().add(sentence, translation)
    return updated


def read_catalogue(code: str) -> Catalog:
    file = HERE / f"{code}.po"
    if not file.exists():
        return _empty(code, HEADER.format(code=code, name=LANGUAGES[code]))
    with file.open("rb") as text:
        return read_po(text, locale=code)


def missing(catalogue: Catalog) -> list[str]:
    return [str(message.id) for message in catalogue if message.id and not message.string]


def po_text(catalogue: Catalog) -> bytes:
    """The same for the same texts: no dates, no numbers of lines, in the order of the sentences."""
    text = BytesIO()
    write_po(text, catalogue, width=0, sort_output=True, include_lineno=False, omit_header=True)
    return HEAD.format(comment=catalogue.header_comment, code=catalogue.locale).encode() + text.getvalue()


def _empty(code: str, comment: str) -> Catalog:
    return Catalog(locale=code, header_comment=comment, fuzzy=False)


def main() -> None:
    wanted = texts()
    for code in LANGUAGES:
        if code == ENGLISH:
            continue
        before = read_catalogue(code)
        after = update(before, wanted)
        (HERE / f"{code}.po").write_bytes(po_text(after))
        untranslated = missing(after)
        left = f"{len(untranslated)} to be translated, {len(after.obsolete)} old ones kept"
        print(f"{code}: {len(wanted)} texts, {left}")
        for sentence in untranslated:
            print(f"  {sentence}")


def _of_templates() -> Iterator[tuple[str, str]]:
    for file in sorted(TEMPLATES.glob("*.html")):
        for _line, message, _comments, _context in extract_from_file("jinja2", file, options=JINJA):
            yield from ((sentence, _name(file)) for sentence in (message if isinstance(message, tuple) else (message,)))


def _of_words() -> Iterator[tuple[str, str]]:
    """Sentences for codes: the values of the tables in these modules, and what the scripts say."""
    for module, name in ((words, "operator_ui/words.py"), (ledger_words, "operator_ui/ledger_words.py")):
        tables = [value for key, value in vars(module).items() if key.isupper()]
        yield from ((sentence, name) for table in tables for sentence in _leaves(table))
    yield from ((sentence, "operator_ui/script_texts.py") for sentence in TEXTS.values() if sentence)


def _leaves(table: object) -> Iterator[str]:
    """Sentences of a table, by code; a tuple may have sentences, or be of codes alone."""
    if isinstance(table, Mapping):
        for value in table.values():
            yield from _leaves(value) if isinstance(value, Mapping) else (value,) if isinstance(value, str) else ()
    elif isinstance(table, tuple):
        yield from (value for value in table if isinstance(value, str) and " " in value)


def _of_python() -> Iterator[tuple[str, str]]:
    for path in PYTHON:
        files = sorted((ROOT / path).rglob("*.py")) if (ROOT / path).is_dir() else [ROOT / path]
        for file in files:
            if _name(file) not in COMMAND_LINE:
                found = _said(ast.parse(file.read_text(encoding="utf-8")), LISTS.get(_name(file), ()))
                yield from ((sentence, _name(file)) for sentence in found)


def _said(tree: ast.Module, lists: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in SAYS:
            yield from filter(None, map(_sentence, node.args[:1]))
        elif isinstance(node, ast.Call) and _called(node) in REFUSALS:
            # Their sentence is the last text: some take a code before it.
            yield from filter(_can_be_told, filter(None, map(_sentence, node.args[-1:])))
        elif isinstance(node, ast.FunctionDef) and node.name in lists:
            yield from filter(_can_be_told, _texts_in(node.body))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _assigned(node) in lists:
            yield from filter(_can_be_told, _texts_in([node]))


def _can_be_told(sentence: str) -> bool:
    fields = FIELD.findall(sentence)
    own = FIELD.sub("", sentence).split() if fields else sentence.split()
    return len(own) >= (FIXED_WORDS if fields else 2) and not set(fields) & set(ENGLISH_FIELDS)


def _texts_in(body: list[ast.stmt]) -> Iterator[str]:
    waiting: list[ast.AST] = [node for node in body if not _is_docstring(node)]
    while waiting:
        node = waiting.pop(0)
        found = _sentence(node)
        if found is None:
            waiting += ast.iter_child_nodes(node)
        else:
            yield found


def _sentence(node: ast.AST) -> str | None:
    """Of a literal. What an f-string fills in is named: `{level}`, or by its place where it has no name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts: list[str] = []
    for place, part in enumerate(node.values):
        if isinstance(part, ast.FormattedValue):
            field = f"{{{_field(part.value, place)}}}"
            parts.append(field if field not in parts else f"{{value{place}}}")
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value))
    return "".join(parts)


def _field(value: ast.expr, place: int) -> str:
    if isinstance(value, ast.Name):
        return value.id.strip("_")
    return value.attr if isinstance(value, ast.Attribute) else f"value{place}"


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _assigned(statement: ast.Assign | ast.AnnAssign) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    main()
