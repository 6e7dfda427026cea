"""Compiled formulas: every result the live executors store is the exact value, rounded once."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.interpreter import Undefined, number
from engine.kinds import INT, LIMIT, MONEY, RATE, Kind, Rounding, stored
from engine.reading.parsing import parse
from engine.reference import bounded
from engine.running.compute import Incomputable
from engine.running.storing import compile_stored
from tests.engine.expressions import SCOPE, numbers

TODAY = dt.date(2026, 12, 1)
MODES: tuple[Rounding, ...] = ("half_even", "half_up", "down", "up")


def _compiled(text: str, kind: Kind, rounding: Rounding, **values: object) -> int | None:
    return compile_stored(parse(text, SCOPE), kind, rounding)(values, TODAY)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["count_a / 2", "count_a / -2", "count_a * 0.5", "(count_a + 1) / 3", "-count_a / 4"])
def test_ties_and_signs_are_rounded_as_named(text: str, mode: Rounding) -> None:
    """Halves, thirds and quarters on both sides of zero, by division and by decimals, over either sign."""
    for value in range(-7, 8):
        exact = number(parse(text, SCOPE), {"count_a": value}, TODAY)

        assert _compiled(text, INT, mode, count_a=value) == stored(INT, exact, mode)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("min(income, debt, 5.00)", MONEY, 300),
        ("max(income, debt, 5.00)", MONEY, 900),
        ("min(debt, 8.00, income)", MONEY, 300),
        ("max(debt, 8.00, 1.00)", MONEY, 800),
        ("max(count_a, share) * 2", INT, 6),
        ("income / 4 / 3", MONEY, 75),
        ("min(income / 4, debt / 4)", MONEY, 75),
        ("round_down(income / 4, 1.00)", MONEY, 200),
        ("(income / debt) * (debt / income)", INT, 1),
        ("(income / 7) + (debt * 2)", MONEY, 729),
        ("income * (debt / income)", MONEY, 300),
        ("(debt / income) * income", MONEY, 300),
        ("income - debt / 2", MONEY, 750),
        ("debt / 2 - income", MONEY, -750),
        ("income / (debt / income)", MONEY, 2_700),
        ("max(income / 7, 1.00)", MONEY, 129),
        ("min(4.00, income / 7, debt)", MONEY, 129),
        ("(income / debt) / count_a", INT, 1),
        ("share / 3", RATE, 167),
    ],
)
def test_parts_that_divide_are_combined_exactly(text: str, kind: Kind, expected: int) -> None:
    """A quotient may stand in any place of a formula, beside whole parts of another unit."""
    facts = {"income": 900, "debt": 300, "share": 500, "count_a": 3}

    assert _compiled(text, kind, "half_even", **facts) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [("count_a", INT), ("income", MONEY), ("count_a * 1", INT), ("count_a / 2 * 2", INT), ("income * 1", MONEY)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_stored_ends_at_the_limit(text: str, kind: Kind, sign: int) -> None:
    """The largest number that every JSON reader holds is stored on both sides of zero, and the next is not."""
    name = "income" if kind == MONEY else "count_a"

    assert _compiled(text, kind, "half_even", **{name: sign * LIMIT}) == sign * LIMIT
    with pytest.raises(Incomputable, match="overflow"):
        _compiled(text, kind, "half_even", **{name: sign * (LIMIT + 1)})


def test_a_missing_fact_outweighs_a_division_by_zero() -> None:
    """A formula that lacks a fact is missing, even where the facts it has would divide by zero."""
    assert _compiled("count_b + 1 / (count_a - 1)", INT, "down", count_a=1) is None
    assert _compiled("1 / (count_a - 1) + count_b", INT, "down", count_a=1) is None
    with pytest.raises(Incomputable, match="division by zero"):
        _compiled("1 / (count_a - 1) + count_b", INT, "down", count_a=1, count_b=2)


@given(
    st.sampled_from([INT, MONEY, RATE]).flatmap(lambda kind: st.tuples(st.just(kind), numbers(kind))),
    st.fractions(-9, 9, max_denominator=9),
    st.integers(-999, 999),
    st.sampled_from(MODES),
)
def test_a_compiled_formula_stores_what_the_reference_stores(
    formula: tuple[Kind, str], quotient: Fraction, value: int, mode: Rounding
) -> None:
    """Over random formulas, divided by a number of either sign: equal, and undefined in the same cases."""
    kind, text = formula
    facts = dict.fromkeys(SCOPE, value) | {"day": dt.date(2020, 2, 29), "other_day": dt.date(2027, 1, 31)}
    assume(quotient)
    tree = parse(f"({text}) * {quotient.numerator} / {quotient.denominator} / -3", SCOPE)

    try:
        expected: int | str = bounded(kind, number(tree, facts, TODAY), mode)
    except Undefined as reason:
        expected = str(reason)
    try:
        found: int | str | None = compile_stored(tree, kind, mode)(facts, TODAY)
    except Incomputable as reason:
        found = str(reason)
    assert found == expected
