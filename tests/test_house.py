"""The house of docs/architecture.md: an import goes only downwards, and never in a circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {
    "rig": 5,
    "operator_ui": 4,
    "evaluation": 4,
    "inference": 3,
    "alerts": 3,
    "capture": 2,
    "watchlist": 2,
    "records": 1,
    "wire": 1,
}


def imported(file: Path) -> set[str]:
    """Top-level packages that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", FLOORS)
def test_an_import_goes_only_downwards(package: str) -> None:
    upwards = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted((ROOT / package).rglob("*.py"))
        for name in sorted(imported(file) & FLOORS.keys())
        if name != package and FLOORS[name] >= FLOORS[package]
    ]
    assert upwards == []


def test_nothing_of_a_rig_imports_the_training() -> None:
    files = [file for package in FLOORS for file in (ROOT / package).rglob("*.py")]
    assert [file for file in files if imported(file) & {"training", "torch", "tests"}] == []


def test_nothing_is_pickled() -> None:
    files = [file for package in FLOORS for file in (ROOT / package).rglob("*.py")]
    assert [file for file in files if imported(file) & {"pickle", "marshal", "shelve", "dill"}] == []
