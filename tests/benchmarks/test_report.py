import platform
from pathlib import Path

import msgspec
import pytest

from benchmarks.report import (
    BenchmarkError,
    Figure,
    Result,
    Spread,
    Table,
    new_result,
    ratios,
    spread,
    text,
    this_machine,
    write_json,
    written,
)
from inference.catalogue import find_pack

ROWS: list[dict[str, Figure]] = [
    {"clip": "a", "side": "ours", **{f"a long heading {number}": spread([1.0, 2.0, 4.0]) for number in range(6)}},
    {"clip": "b", "side": "theirs", **{f"a long heading {number}": None for number in range(6)}},
]


def made(**changes: object) -> Result:
    result = new_result("made", "one thing against another", [Table("Figures", ROWS, "A note.")], rounds=3)
    return msgspec.structs.replace(result, **changes)


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, (3.0, 1.0, 2.0))


def test_ratios_are_taken_pair_by_pair() -> None:
    # In the second round everything took ten times as long: that must not show.
    assert ratios([4.0, 40.0], [2.0, 20.0]).values == (2.0, 2.0)


def test_ratios_of_unequal_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


def test_a_wide_table_goes_on_below_with_its_names_and_never_over_80_columns() -> None:
    lines = text(made()).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("clip") for line in lines) > 1
    assert all("side" in line for line in lines if line.startswith("clip"))


@pytest.mark.parametrize(
    ("figure", "cell"),
    [(None, "-"), (12_120, "12,120"), (0.12345, "0.123"), (9.876, "9.88"), (98.76, "98.8"), ("no", "no")],
)
def test_a_cell_shows_three_digits_and_whole_counts(figure: str | int | float | None, cell: str) -> None:
    assert written(figure) == cell


def test_a_spread_shows_its_ends_only_where_there_were_rounds() -> None:
    assert written(spread([2.0])) == "2.00"
    assert written(spread([2.0, 3.0, 2.5])) == "2.50 (2.00-3.00)"


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    result = new_result("made", "compared", [Table("", ROWS)], pack=find_pack("starter"))
    write_json(result, tmp_path / "made.json")
    again = msgspec.json.decode((tmp_path / "made.json").read_bytes(), type=Result)
    assert again.pack is not None
    assert len(again.pack.detector) == 64
    assert msgspec.json.encode(again) == msgspec.json.encode(result)


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="cannot be written"):
        write_json(made(), tmp_path / "absent" / "made.json")


def test_the_machine_is_described_but_not_named() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert platform.node() not in msgspec.json.encode(machine).decode()


def test_figures_of_a_busy_machine_say_so() -> None:
    quiet = msgspec.structs.replace(this_machine(), load=0.1, cores=2)
    assert "worth little" not in text(made(machine=quiet))
    assert "worth little" in text(made(machine=msgspec.structs.replace(quiet, load=2.0)))
