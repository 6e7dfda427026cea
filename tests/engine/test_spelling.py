"""One spelling of numbers, cells and expressions: nothing changes its meaning, and twice is once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import show
from engine.kinds import INT, MONEY, RATE
from engine.reading.parsing import parse, parse_condition
from engine.reading.shape import Role
from engine.reading.spelling import spelled
from engine.reading.syntax import ExpressionError
from tests.engine.expressions import SCOPE, conditions, numbers

SPELLED: list[tuple[Role, str, str]] = [
    ("number", "5000.00", "5_000.00"),
    ("number", "-1234567.5", "-1_234_567.5"),
    ("number", "1_0_0_0", "1_000"),
    ("number", "0.185", "0.185"),
    ("number", "007", "007"),
    ("whole", "999", "999"),
    ("value", "2026-12-01", "2026-12-01"),
    ("value", "red", "red"),
    ("cell", ">=5000.00", ">= 5_000.00"),
    ("cell", "650 ..  6999", "650..6_999"),
    ("cell", "-5..-1", "-5..-1"),
    ("cell", "not   missing", "not missing"),
    ("cell", "any", "any"),
    ("expression", "a>1 and  b<=- 5000", "a > 1 and b <= -5_000"),
    ("expression", "not (a)or b in[x,y]", "not (a) or b in [x, y]"),
    ("expression", "min ( a , -b )*2-1", "min(a, -b) * 2 - 1"),
    ("expression", "-x*(-y) - -1", "-x * (-y) - -1"),
    ("expression", 'day > "2026-12-01"', "day > '2026-12-01'"),
    ("expression", "(a\n or b)", "(a or b)"),
    ("expression", "a_-1>b_ -c", "a_ - 1 > b_ - c"),
    ("expression", "(a)-1 and x in[1]", "(a) - 1 and x in [1]"),
    ("expression", "1000<=x<20000", "1_000 <= x < 20_000"),
    ("aggregate", "max( loans.days where open and owed>1000.00 )", "max(loans.days where open and owed > 1_000.00)"),
    ("expression", "a > 1 # why", "a > 1 # why"),
    ("expression", "'open", "'open"),
    ("phrase", "costs  5000", "costs  5000"),
    ("remark", "5000", "5000"),
]


@pytest.mark.parametrize(("role", "text", "wanted"), SPELLED)
def test_a_value_is_spelled_in_one_way(role: Role, text: str, wanted: str) -> None:
    """Digits in threes, one space between tokens; text for people and what is no expression stay as they are."""
    assert spelled(text, role) == wanted
    assert spelled(wanted, role) == wanted


@given(conditions())
def test_a_condition_means_the_same_in_its_spelling(text: str) -> None:
    """However a condition is set, its spelling is the same tree."""
    crowded = text.replace(" + ", "+").replace(" - ", "-").replace(", ", " ,").replace(" < ", "<")
    for written in (text, crowded, f"( {text} )"):
        assert parse_condition(spelled(written, "expression"), SCOPE) == parse_condition(written, SCOPE)
        assert spelled(spelled(written, "expression"), "expression") == spelled(written, "expression")


@given(conditions())
def test_what_the_printer_writes_is_spelled_but_for_its_digits(text: str) -> None:
    """The printer of traces and the spelling of files set spaces alike; only digits in threes differ."""
    printed = show(parse_condition(text, SCOPE))

    assert re.sub(r"(?<=\d)_(?=\d)", "", spelled(printed, "expression")) == printed


@given(st.one_of(*map(numbers, (INT, MONEY, RATE))))
def test_a_formula_means_the_same_in_its_spelling(text: str) -> None:
    """The same for formulas, signs and parentheses included."""
    crowded = text.replace(" ", "")
    try:
        tree = parse(text, SCOPE)
    except ExpressionError:  # nested too deeply
        return

    assert parse(spelled(crowded, "expression"), SCOPE) == tree
    assert spelled(crowded, "expression") == spelled(text, "expression")


@given(st.text(max_size=30), st.sampled_from(["number", "cell", "expression", "aggregate", "value"]))
def test_any_text_has_a_spelling_that_stays(text: str, role: Role) -> None:
    """Whatever stands there, spelling it twice is spelling it once."""
    assert spelled(spelled(text, role), role) == spelled(text, role)
