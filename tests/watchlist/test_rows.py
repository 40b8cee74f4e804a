import contextlib
import csv
import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchlist.errors import ImportRefused
from watchlist.rows import COLUMNS, LONGEST_CELL, REQUIRED, read_table

HEADER = ",".join(REQUIRED)
ROW = ",".join("x" for _ in REQUIRED)

cell = st.text(string.ascii_letters + string.digits + " ,;\"'-äß\n", max_size=20).map(str.strip)


def table(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


@given(st.lists(st.lists(cell, min_size=len(COLUMNS), max_size=len(COLUMNS)).filter(any), min_size=1, max_size=6))
def test_whatever_a_spreadsheet_writes_comes_back_cell_by_cell(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    read = read_table(out.getvalue().encode("utf-8-sig"))
    assert [list(row.cells.values()) for row in read] == rows
    assert [row.number for row in read] == list(range(2, len(rows) + 2))


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_clear_refusal(content: bytes) -> None:
    for whole in (content, table(HEADER) + b"\n" + content):
        with contextlib.suppress(ImportRefused):
            assert all(set(row.cells) == set(COLUMNS) or row.fault for row in read_table(whole))


@pytest.mark.parametrize(
    "column",
    ["sex", "Gender", "age", "Date of birth", "ethnicity", "Ethnic-group", "self_defined_race", "DOB", "religion"],
)
def test_a_column_that_no_list_may_hold_is_refused_by_name(column: str) -> None:
    with pytest.raises(ImportRefused, match="a list holds no such data"):
        read_table(table(f"{HEADER},{column}", f"{ROW},x"))


def test_the_flag_that_protects_children_is_not_taken_for_an_age() -> None:
    assert read_table(table(f"{HEADER},under_18", f"{ROW},yes"))[0].cells["under_18"] == "yes"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the table is empty"),
        (table(f"{HEADER},shoe_size"), "'shoe_size' is not known"),
        (table(f"{HEADER},reason"), "reason stands in the table twice"),
        (table("reference,name"), "no column category"),
        (table(HEADER, '"x'), "row 2 of the table is not CSV"),
        (f"{HEADER}\nJos\xe9".encode("latin-1"), "not UTF-8"),
        ("\ufeff".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_one_line(content: bytes, says: str) -> None:
    with pytest.raises(ImportRefused, match=says):
        read_table(content)


def test_a_row_that_cannot_be_read_does_not_stop_the_others() -> None:
    rows = read_table(table(HEADER, "x,y", ROW, ROW.replace("x", "x" * (LONGEST_CELL + 1), 1), f"\a{ROW}"))
    assert [row.number for row in rows if row.fault is None] == [3]
    assert [row.number for row in rows if row.fault is not None] == [2, 4, 5]
    assert "2 cells, the header 13" in str(rows[0].fault)


def test_blank_rows_are_passed_over_and_still_counted() -> None:
    rows = read_table(table(HEADER, "", "," * (len(REQUIRED) - 1), ROW, ""))
    assert [row.number for row in rows] == [4]
