"""The CSV of labelled pictures: `path,identity[,role][,label_note][,group…]`, one row a picture."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evaluation.errors import EvaluationError

ROLE, NOTE = "role", "label_note"
ENROL, PROBE = "enrol", "probe"


@dataclass(frozen=True)
class Labelled:
    """One picture and what is known of it."""

    path: Path
    """Where it lies."""
    name: str
    """As the CSV names it."""
    identity: str
    role: str
    """`enrol`, `probe`, or empty where the CSV has no roles."""
    columns: Mapping[str, str]
    """Everything the CSV says, by column."""


@dataclass(frozen=True)
class Labels:
    """What a CSV holds."""

    pictures: tuple[Labelled, ...]
    noted: int
    """Pictures left out because a note says that the label may be wrong."""

    @property
    def has_roles(self) -> bool:
        return any(picture.role for picture in self.pictures)


@dataclass(frozen=True)
class Only:
    """Of the rows in `role` those stay whose `column` is like `pattern` (with `*` and `?`); other roles all stay."""

    role: str
    column: str
    pattern: str


def read_labels(
    file: Path,
    root: Path | None = None,
    *,
    role: str | None = None,
    groups: Sequence[str] = (),
    keep_noted: bool = False,
    only: Sequence[Only] = (),
    notes: Mapping[str, str] | None = None,
) -> Labels:
    """`root`: what paths are relative to (default: the CSV's folder). `role`: its column (default: `role`, if any).
    `notes`: more doubts about labels, by path as the CSV names it.

    Raises EvaluationError naming file, line and column.
    """
    folder = root if root is not None else file.parent
    reader, header = _opened(file)
    _need(file, header, ["path", "identity", *([role] if role else []), *groups, *(one.column for one in only)])
    role_column = role or (ROLE if ROLE in header else None)
    pictures: list[Labelled] = []
    first_line: dict[Path, int] = {}
    noted = 0
    try:
        for row in reader:
            line = reader.line_num
            picture = _picture(file, line, row, folder, role_column)
            if picture.path in first_line:
                raise EvaluationError(
                    f"{file}, line {line}, column path: {picture.name} was in line {first_line[picture.path]} already; "
                    f"name each picture once"
                )
            first_line[picture.path] = line
            doubt = picture.columns.get(NOTE, "").strip() or (notes or {}).get(picture.name, "")
            if doubt and not keep_noted:
                noted += 1
            elif _wanted(picture, only):
                pictures.append(picture)
    except csv.Error as error:
        # The reader counts a line when it has understood it.
        line = reader.line_num + 1
        raise EvaluationError(f"{file}, line {line}: not a CSV row ({error}); check its quotes") from error
    if not pictures:
        raise EvaluationError(f"{file}: no picture in it; give a row for each picture")
    return Labels(tuple(pictures), noted)


def read_notes(file: Path) -> dict[str, str]:
    """Doubts about labels by picture: a CSV with the columns `path` and `label_note`. Raises EvaluationError."""
    reader, header = _opened(file)
    _need(file, header, ["path", NOTE])
    try:
        return {row["path"].strip(): row[NOTE].strip() for row in reader}
    except (csv.Error, AttributeError) as error:
        raise EvaluationError(f"{file}, line {reader.line_num}: not a row of path and {NOTE}; check it") from error


def _opened(file: Path) -> tuple["csv.DictReader[str]", list[str]]:
    """The rows below the header, and the header."""
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise EvaluationError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return reader, _header(file, reader)


def _header(file: Path, reader: "csv.DictReader[str]") -> list[str]:
    try:
        header = list(reader.fieldnames or [])
    except csv.Error as error:
        raise EvaluationError(f"{file}, line 1: not a CSV row ({error}); check its quotes") from error
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise EvaluationError(f"{file}, line 1: two columns are named {doubled[0]!r}; rename one")
    return header


def _need(file: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    for column in columns:
        if column not in header:
            has = ", ".join(header) or "nothing"
            raise EvaluationError(f"{file}, line 1: no column {column!r}; it has: {has}")


def _picture(file: Path, line: int, row: Mapping[str | None, object], folder: Path, role: str | None) -> Labelled:
    if None in row or None in row.values():
        fault = "more" if None in row else "fewer"
        raise EvaluationError(f"{file}, line {line}: {fault} values than columns; check its commas")
    columns = {str(name): str(value) for name, value in row.items()}
    for column in ("path", "identity"):
        if not columns[column].strip():
            raise EvaluationError(f"{file}, line {line}, column {column}: empty; fill it in or remove the row")
    part = columns[role].strip() if role else ""
    if role and part not in (ENROL, PROBE):
        raise EvaluationError(f"{file}, line {line}, column {role}: {part!r} is neither {ENROL!r} nor {PROBE!r}")
    path = folder / columns["path"].strip()
    if not path.is_file():
        raise EvaluationError(
            f"{file}, line {line}, column path: there is no {path}; correct it or give --root, the folder that paths "
            f"start from"
        )
    return Labelled(path, columns["path"].strip(), columns["identity"].strip(), part, columns)


def _wanted(picture: Labelled, only: Sequence[Only]) -> bool:
    return all(picture.role != one.role or fnmatchcase(picture.columns[one.column], one.pattern) for one in only)
