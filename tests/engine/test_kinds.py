"""Kinds and rounding: how values combine, and how numbers become whole."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.interpreter import since
from engine.kinds import (
    BOOL,
    DATE,
    INT,
    LITERAL,
    MONEY,
    NUMBER,
    RATE,
    Kind,
    KindError,
    Rounding,
    divide,
    months_between,
    multiply,
    natural,
    rounded,
    stored,
    unify,
)
from engine.reading.parsing import parse_condition
from engine.running.conditions import compile_condition

WORD = Kind("enum", ("red", "green"))
ALL = (INT, MONEY, RATE, NUMBER, LITERAL, BOOL, DATE, WORD)
NUMERIC = ALL[:5]
MODES: tuple[Rounding, ...] = ("half_even", "half_up", "down", "up")

ROUNDED = [  # value in halves and thirds: half_even, half_up, down, up
    (Fraction(1, 2), 0, 1, 0, 1),
    (Fraction(3, 2), 2, 2, 1, 2),
    (Fraction(5, 2), 2, 3, 2, 3),
    (Fraction(-1, 2), 0, -1, 0, -1),
    (Fraction(-3, 2), -2, -2, -1, -2),
    (Fraction(-5, 2), -2, -3, -2, -3),
    (Fraction(1, 3), 0, 0, 0, 1),
    (Fraction(-1, 3), 0, 0, 0, -1),
    (Fraction(2, 3), 1, 1, 0, 1),
    (Fraction(-2, 3), -1, -1, 0, -1),
    (Fraction(0), 0, 0, 0, 0),
    (Fraction(7), 7, 7, 7, 7),
    (Fraction(2**80 + 1, 2), 2**79, 2**79 + 1, 2**79, 2**79 + 1),
]


@pytest.mark.parametrize("row", ROUNDED, ids=lambda row: str(row[0]))
def test_each_rounding_treats_ties_and_signs_as_named(row: tuple[Fraction, int, int, int, int]) -> None:
    """Ties go to even or away from zero, `down` goes towards zero, `up` away from it; negative numbers mirror."""
    value, *expected = row

    assert [rounded(value, mode) for mode in MODES] == expected


@given(st.fractions(min_value=-(10**6), max_value=10**6), st.sampled_from(MODES))
def test_rounding_moves_less_than_one_and_whole_numbers_not_at_all(value: Fraction, mode: Rounding) -> None:
    """Every mode gives a neighbouring whole number, mirrors in zero and leaves whole numbers alone."""
    whole = rounded(value, mode)

    assert abs(whole - value) < 1
    assert rounded(-value, mode) == -whole
    assert rounded(whole, mode) == rounded(Fraction(whole), mode) == whole


@given(st.sampled_from([INT, MONEY, RATE]), st.integers(-(2**53), 2**53), st.sampled_from(MODES))
def test_natural_units_lose_nothing(kind: Kind, value: int, mode: Rounding) -> None:
    """A stored value taken to natural units and back is the same, whatever the rounding."""
    assert stored(kind, natural(kind, value), mode) == value


def test_a_value_is_rounded_in_its_own_unit() -> None:
    """Money is rounded to fen and a rate to basis points, not to yuan or fractions."""
    assert stored(MONEY, Fraction(1, 3), "half_even") == 33
    assert stored(RATE, Fraction(1, 3), "up") == 3334
    assert stored(INT, Fraction(1, 3), "up") == 1


UNIFIED = {  # what goes with what in a sum, a comparison, min and max
    (INT, RATE): NUMBER,
    (INT, NUMBER): NUMBER,
    (RATE, NUMBER): NUMBER,
    (LITERAL, INT): INT,
    (LITERAL, MONEY): MONEY,
    (LITERAL, RATE): RATE,
    (LITERAL, NUMBER): NUMBER,
} | {(kind, kind): kind for kind in ALL}


@pytest.mark.parametrize(("left", "right"), list(product(ALL, ALL)), ids=lambda kind: kind.name)
def test_only_values_of_one_unit_are_added_or_compared(left: Kind, right: Kind) -> None:
    """Money goes with money and literals alone; plain numbers and rates go together; all else is refused, both ways."""
    expected = UNIFIED.get((left, right)) or UNIFIED.get((right, left))
    if expected is None:
        with pytest.raises(KindError, match="do not go together"):
            unify(left, right)
    else:
        assert unify(left, right) == expected


PRODUCTS = {
    (MONEY, INT): MONEY,
    (MONEY, RATE): MONEY,
    (MONEY, NUMBER): MONEY,
    (MONEY, LITERAL): MONEY,
    (RATE, RATE): NUMBER,
    (RATE, INT): RATE,
    (RATE, NUMBER): RATE,
    (RATE, LITERAL): RATE,
    (INT, INT): INT,
    (INT, NUMBER): NUMBER,
    (INT, LITERAL): LITERAL,
    (NUMBER, NUMBER): NUMBER,
    (NUMBER, LITERAL): NUMBER,
    (LITERAL, LITERAL): LITERAL,
}


@pytest.mark.parametrize(("left", "right"), list(product(NUMERIC, NUMERIC)), ids=lambda kind: kind.name)
def test_a_product_has_the_unit_of_its_factors(left: Kind, right: Kind) -> None:
    """Money times anything but money is money, in either order; money times money has no meaning."""
    if left == right == MONEY:
        with pytest.raises(KindError, match="money times money"):
            multiply(left, right)
    else:
        assert multiply(left, right) == (PRODUCTS.get((left, right)) or PRODUCTS[right, left])


QUOTIENTS = {
    (MONEY, MONEY): NUMBER,
    (RATE, RATE): NUMBER,
    (MONEY, RATE): MONEY,
    (MONEY, INT): MONEY,
    (MONEY, NUMBER): MONEY,
    (MONEY, LITERAL): MONEY,
    (RATE, INT): RATE,
    (RATE, NUMBER): RATE,
    (RATE, LITERAL): RATE,
    (LITERAL, INT): LITERAL,
    (LITERAL, LITERAL): LITERAL,
}


@pytest.mark.parametrize(("left", "right"), list(product(NUMERIC, NUMERIC)), ids=lambda kind: kind.name)
def test_a_quotient_has_the_unit_of_its_parts(left: Kind, right: Kind) -> None:
    """Money over money is a plain number, money over a number is money, and nothing else goes over money."""
    if right == MONEY and left != MONEY:
        with pytest.raises(KindError, match="over money has no meaning"):
            divide(left, right)
    else:
        assert divide(left, right) == QUOTIENTS.get((left, right), NUMBER)


MONTHS = [
    ("2026-01-31", "2026-02-28", 0),
    ("2026-01-31", "2026-03-01", 1),
    ("2026-01-31", "2026-03-31", 2),
    ("2026-01-28", "2026-02-28", 1),
    ("2026-02-28", "2026-03-27", 0),
    ("2024-02-29", "2025-02-28", 11),
    ("2024-02-29", "2025-03-01", 12),
    ("2024-02-29", "2028-02-29", 48),
    ("2023-12-31", "2024-02-29", 1),
    ("2026-12-01", "2026-12-01", 0),
    ("2025-12-02", "2026-12-01", 11),
    ("0001-01-01", "9999-12-31", 119_987),
]


@pytest.mark.parametrize(("earlier", "later", "expected"), MONTHS)
def test_months_are_counted_when_completed(earlier: str, later: str, expected: int) -> None:
    """A month is complete on the same day of a later month, not before; counted backwards it is negative."""
    first, second = dt.date.fromisoformat(earlier), dt.date.fromisoformat(later)

    assert months_between(first, second) == expected
    assert months_between(second, first) == -expected


@pytest.mark.parametrize(
    ("date", "today", "days", "months", "years"),
    [
        ("2004-02-29", "2022-02-28", 6574, 215, 17),
        ("2004-02-29", "2022-03-01", 6575, 216, 18),
        ("2008-12-01", "2026-12-01", 6574, 216, 18),
        ("2008-12-02", "2026-12-01", 6573, 215, 17),
        ("2026-12-02", "2026-12-01", -1, 0, 0),
        ("2028-06-02", "2026-12-01", -549, -18, -1),
    ],
)
def test_durations_are_completed_units(date: str, today: str, days: int, months: int, years: int) -> None:
    """Days, months and years since a date count completed units; a date that lies ahead counts back from zero."""
    past, now = dt.date.fromisoformat(date), dt.date.fromisoformat(today)

    for unit, count in (("days", days), ("months", months), ("years", years)):
        assert since(f"{unit}_since", past, now) == count
        compiled = compile_condition(parse_condition(f"{unit}_since(day) == {count}", {"day": DATE}))
        assert compiled({"day": past}, now) is True


@given(st.dates(), st.dates())
def test_months_between_two_dates_brackets_them(first: dt.date, second: dt.date) -> None:
    """Months agree in sign with the order of the dates, and never exceed the difference of calendar months."""
    months = months_between(first, second)

    assert (months <= 0) if first >= second else (months >= 0)
    assert abs(months - ((second.year - first.year) * 12 + second.month - first.month)) <= 1
