"""What is written out for the straight way: values and truths as by reference, or a gap where there is none."""

from __future__ import annotations

import ast
import datetime as dt
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import generating as make
from engine.expression import Expression
from engine.generating import Draft
from engine.interpreter import Undefined, number, truth
from engine.kinds import BOOL, INT, LIMIT, MONEY, RATE, Kind, Rounding
from engine.reading.parsing import parse, parse_condition
from engine.reference import bounded
from engine.running.straight import GAPS
from engine.running.writing import TODAY, VALUES, Writer
from tests.engine.expressions import COLOUR, SCOPE, conditions, numbers

DAY = dt.date(2026, 12, 1)
MODES: tuple[Rounding, ...] = ("half_even", "half_up", "down", "up")


def _run(draft: Draft, result: ast.expr, facts: dict[str, Any]) -> Any:
    draft.body.append(make.give(result))
    try:
        return draft.done("written")(facts, DAY)
    except GAPS:
        return None


def _stored(tree: Expression, kind: Kind, mode: Rounding, facts: dict[str, Any]) -> Any:
    draft = Draft(VALUES, TODAY)
    return _run(draft, Writer(draft).stored(tree, kind, mode), facts)


def _true(tree: Expression, facts: dict[str, Any]) -> Any:
    draft = Draft(VALUES, TODAY)
    return _run(draft, Writer(draft).condition(tree), facts)


def _expected(tree: Expression, kind: Kind, mode: Rounding, facts: dict[str, Any]) -> int | None:
    try:
        return bounded(kind, number(tree, facts, DAY), mode)
    except Undefined:
        return None


FACTS: dict[str, Any] = {
    **dict.fromkeys(SCOPE, 7),
    "flag": True,
    "mark": False,
    "word": "red",
    "hue": "blue",
    "day": dt.date(2020, 2, 29),
    "other_day": dt.date(2027, 1, 31),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text",
    [
        *("count_a / 2", "count_a / -2", "count_a * 0.5", "(count_a + 1) / 3", "-count_a / 4", "3 / count_a"),
        *("count_a / 2 / 3", "min(count_a / 2, 1)", "min(count_a, 1, 2)", "max(count_a, 1)", "min(1 - count_a, 2)"),
        *("max(count_a * 2, 3 - count_a)", "round_down(count_a, 3)", "share * 3", "count_a", "share", "share / 3"),
    ],
)
def test_numbers_of_either_sign_are_rounded_as_by_reference(text: str, mode: Rounding) -> None:
    """Halves, thirds and quarters on both sides of zero, quotients in any place, one or several to choose from."""
    tree = parse(text, SCOPE)
    for value in range(-7, 8):
        facts = FACTS | {"count_a": value, "share": value}

        assert _stored(tree, INT, mode, facts) == _expected(tree, INT, mode, facts)


@given(
    st.sampled_from([INT, MONEY, RATE]).flatmap(lambda kind: st.tuples(st.just(kind), numbers(kind))),
    st.integers(-999, 999),
    st.integers(-9, 9),
    st.sampled_from(MODES),
)
def test_a_written_formula_stores_what_the_reference_stores(
    formula: tuple[Kind, str], value: int, divisor: int, mode: Rounding
) -> None:
    """Over random formulas, whole and divided: equal, and a gap in the same cases."""
    kind, text = formula
    facts = dict.fromkeys(SCOPE, value) | {"day": FACTS["day"], "other_day": FACTS["other_day"], "count_b": divisor}
    for whole in (text, f"({text}) / count_b", f"({text}) / {divisor or 1}"):
        tree = parse(whole, SCOPE)
        assert _stored(tree, kind, mode, facts) == _expected(tree, kind, mode, facts)


@given(conditions(), st.integers(-50, 50), st.sampled_from(COLOUR.values), st.booleans(), st.dates())
def test_a_written_condition_is_as_true_as_by_reference(
    text: str, value: int, word: str, flag: bool, day: dt.date
) -> None:
    """Over random conditions on facts that are all there; what could not be computed is a gap, or did not matter."""
    facts = {**dict.fromkeys(SCOPE, value), "word": word, "hue": "red", "flag": flag, "mark": True, "day": day}
    facts["other_day"] = dt.date(2026, 11, 30)
    tree = parse_condition(text, SCOPE)
    found = _true(tree, facts)

    assert found is truth(tree, facts, DAY) or (found is None and "/" in text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "count_a in [1, 3]",
            "count_a * 2 not in [2, -4]",
            "count_a + count_b in [3, 5, 7]",
            "count_a * 0.5 in [1, 2]",
        ),
        *(
            "count_a * 2 < count_b",
            "count_a * 0.5 >= 1",
            "count_a - 1 == 0 or count_a / 2 > 1",
            "count_a / count_b < 0",
        ),
    ],
)
def test_written_tests_on_small_numbers_are_as_true_as_by_reference(text: str) -> None:
    """Members and what is beside them, halves that no whole number meets, both sides of a threshold."""
    tree = parse_condition(text, SCOPE)
    for value in range(-7, 8):
        facts = FACTS | {"count_a": value, "count_b": 4}

        assert _true(tree, facts) is truth(tree, facts, DAY)


@given(conditions(), st.sampled_from(sorted(SCOPE)))
def test_a_missing_fact_never_makes_a_written_condition_wrong(text: str, lacking: str) -> None:
    """It is decided as by reference, because it did not matter, or there is a gap."""
    facts = {name: value for name, value in FACTS.items() if name != lacking}
    tree = parse_condition(text, SCOPE)
    found = _true(tree, facts)

    assume(found is not None)
    assert found is truth(tree, facts, DAY)


@pytest.mark.parametrize(("name", "kind"), [("count_a", INT), ("income", MONEY)])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_stored_ends_at_the_limit(name: str, kind: Kind, sign: int) -> None:
    """The largest number that every JSON reader holds is stored on both sides of zero, and beyond it is a gap."""
    for tree in (parse(name, SCOPE), parse(f"{name} * 1", SCOPE)):
        assert _stored(tree, kind, "down", {name: sign * LIMIT}) == sign * LIMIT
        assert _stored(tree, kind, "down", {name: sign * (LIMIT + 1)}) is None


def test_what_gives_nothing_is_a_gap() -> None:
    """A missing fact, a division by zero, and a closure that gives nothing."""
    for text, facts in (("count_a", {}), ("1 / count_a", {"count_a": 0}), ("1 / count_a / 2", {"count_b": 1})):
        assert _stored(parse(text, SCOPE), INT, "half_up", facts) is None
    assert _true(parse_condition("flag and p", {"flag": BOOL, "p": BOOL}), {"flag": True}) is None
    assert _true(parse_condition("flag and p", {"flag": BOOL, "p": BOOL}), {"flag": False}) is False
