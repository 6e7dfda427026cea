"""The threat model names its tests, and they exist: no measure without something that fails when it is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from tests.repository import ROOT

PAGE = ROOT / "docs" / "threat-model.md"


class Threat(NamedTuple):
    """One row of the page."""

    number: str
    who: str
    measure: str
    tests: tuple[str, ...]


def threats() -> Iterator[Threat]:
    """Read the rows of the page."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [A-Z]\d+ \|", line):
            number, who, measure, shown = (cell.strip() for cell in line.strip("|").split(" | "))
            yield Threat(number, who, measure, tuple(re.findall(r"`(\S+?)`", shown)))


@cache
def names_in(path: str) -> frozenset[str]:
    """Name the tests of a file."""
    tree = ast.parse((ROOT / path).read_bytes(), path)
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("threat", [*threats()], ids=lambda threat: threat.number)
def test_every_threat_has_its_measure_and_tests_that_exist(threat: Threat) -> None:
    """Each row says who, what stops them, and at least one test by file and name."""
    assert threat.who
    assert threat.measure
    assert threat.tests
    for named in threat.tests:
        path, _, test = named.partition("::")
        assert (ROOT / path).is_file(), named
        assert test in names_in(path), named


def test_threats_are_numbered_in_order() -> None:
    """Each letter counts from 1 without a gap, so that a number said elsewhere means one thing."""
    numbers = [threat.number for threat in threats()]
    letters = dict.fromkeys(number[0] for number in numbers)
    counted = [f"{letter}{at}" for letter in letters for at in range(1, sum(n[0] == letter for n in numbers) + 1)]

    assert len(numbers) > 30
    assert numbers == counted


def test_what_is_left_is_said() -> None:
    """The page ends with what no measure covers."""
    left = PAGE.read_text(encoding="utf-8").partition("## What is left")[2]

    assert left.count("\n- **") > 10
