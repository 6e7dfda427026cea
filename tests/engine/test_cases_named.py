"""The concrete case a finding about a decision table names: a value people would write, on the side where it is."""

from __future__ import annotations

import pytest

from engine import PolicyError
from tests.engine.conftest import Load

RULE = "\nrules:\n  - {{rule: one, when: tone > 1, then: approve}}"
TABLE = "derive:\n  - {{fact: far, type: int, value: asked * 1_000}}\n  - {{fact: tone, table: {{{}}}}}" + RULE


def _finding(loaded: Load, table: str) -> str:
    with pytest.raises(PolicyError) as refusal:
        loaded(TABLE.format(table))
    (found,) = refusal.value.findings
    return found.message


GAPS = [  # what a table reads, its one row, and the case it leaves open
    ("asked", "> 5", "asked = -1000"),
    ("asked", "< 5", "asked = 5"),
    ("asked", "!= 7", "asked = 7"),
    ("asked", "-1_000..999", "asked = 1000"),
    ("far", "> 5", "far = 5"),
    ("far", "< 5", "far = 5"),
    ("far", "missing", "far = 0"),
    ("income", "> -90_000_000_000_000.00", "income = -90000000000000"),
    ("income", "< 12.34", "income = 12.34"),
    ("share", ">= -9.9999", "share = -10"),
    ("word", "red", "word = green"),
    ("word", "[red, green]", "word = blue"),
    ("flag", "true", "flag = false"),
    ("flag", "false", "flag = true"),
    ("day", "'> 2026-12-01'", "day = 0001-01-01"),
    ("day", "'< 2026-12-01'", "day = 2026-12-01"),
]


@pytest.mark.parametrize(("name", "cell", "case"), GAPS, ids=[case for *_, case in GAPS])
def test_a_gap_is_shown_by_a_value_that_falls_into_it(loaded: Load, name: str, cell: str, case: str) -> None:
    """In the fact's own units: yuan, fractions, words, dates; where no end is declared, the end that is known."""
    cell = cell if cell.startswith(("[", "'")) else f"'{cell}'"
    message = _finding(loaded, f"hit: first, when: [{name}], rows: [[{cell}, 1]]")

    assert message == f"no row applies, e.g. for {case}"


def test_an_overlap_is_shown_by_a_value_that_both_rows_take(loaded: Load) -> None:
    """A present value before a missing one, and `missing` only where nothing else is common."""
    rows = "hit: unique, when: [asked, word], rows: [['<= 5', any, 1], ['>= 3', red, 2], [any, any, 3]]"
    with pytest.raises(PolicyError) as refusal:
        loaded(TABLE.format(rows))
    messages = [found.message for found in refusal.value.findings]

    assert messages[0] == "overlaps row 1, e.g. asked = 3, word = red"
    assert messages[1] == "overlaps row 1, e.g. asked = -1000, word = red"
    absent = "hit: unique, when: [asked], rows: [[missing, 1], ['not missing', 2], [missing, 3]]"
    assert _finding(loaded, absent) == "overlaps row 1, e.g. asked = missing"


@pytest.mark.parametrize(
    "cell", ["> 99_999_999_999_999_999_999", "< -99_999_999_999_999_999_999", "> 1_000", "< -1_000"]
)
def test_a_row_beyond_every_value_can_never_apply(loaded: Load, cell: str) -> None:
    """A threshold that no value of the fact reaches makes the row dead, even one that no number can be."""
    message = _finding(loaded, f"hit: first, when: [asked], rows: [['{cell}', 1], [any, 2]]")

    assert message == "this row can never apply"


@pytest.mark.parametrize(
    "cell", ["< 99_999_999_999_999_999_999", "> -99_999_999_999_999_999_999", ">= -1_000", "<= 1_000"]
)
def test_a_row_that_takes_every_value_leaves_none_to_others(loaded: Load, cell: str) -> None:
    """A threshold beyond every value on the other side takes all that are there; only a missing fact is left over."""
    table = f"hit: first, when: [asked], rows: [['{cell}', 1], ['not missing', 2]]"

    with pytest.raises(PolicyError) as refusal:
        loaded(TABLE.format(table))
    assert "this row is never reached" in [found.message for found in refusal.value.findings]


@pytest.mark.parametrize("cell", ["9_007_199_254_740_991", "-9_007_199_254_740_991", "> 9_007_199_254_740_990"])
def test_a_row_for_the_last_number_there_is_may_apply(loaded: Load, recorded: Load, cell: str) -> None:
    """The largest number that is stored, on either side, is a value like any other."""
    recorded(TABLE.format(f"hit: first, when: [far], rows: [['{cell}', 1], [any, 2]]"))

    beyond = cell.replace("990", "991") if cell.startswith(">") else cell.replace("991", "992")
    message = _finding(loaded, f"hit: first, when: [far], rows: [['{beyond}', 1], [any, 2]]")
    assert message == "this row can never apply"
