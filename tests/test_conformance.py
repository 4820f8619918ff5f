"""The published table of cases names tests that exist, and says where they do not hold."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "CONFORMANCE.md"
CASES = [f"P{n}" for n in range(1, 33)] + [f"S{n}" for n in range(1, 16)]


def rows() -> dict[str, list[str]]:
    """Return the columns of each row by its case."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [PS]\d", line)]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    found = {cells[0].split()[0]: cells for cells in split}
    assert len(found) == len(lines), "a case has two rows"
    return found


@functools.cache
def functions() -> dict[str, bool]:
    """Return the tests there are by name, and whether each is expected to fail."""
    found = {}
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                found[node.name] = any(".xfail" in mark for mark in marks)
    return found


def test_every_case_has_its_row_in_order() -> None:
    assert list(rows()) == CASES
    assert {len(cells) for cells in rows().values()} == {4}


@pytest.mark.parametrize("case", CASES)
def test_the_tests_of_a_case_exist(case: str) -> None:
    _, right, held, _ = rows()[case]
    named, there = re.findall(r"`(test_\w+)`", held), functions()
    beginning = f"test_{case[0].lower()}{int(case[1:]):02d}_"
    assert named, f"{case} has no test"
    for name in named:
        assert name in there, f"{name} of {case} is nowhere in tests"
        assert name.startswith(beginning)
        if there[name]:
            assert "not yet" in right.lower(), f"{name} is expected to fail, and the row of {case} does not say so"
