"""The printer of expressions: what it prints reads back as the same tree, and means what Python would say."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import show
from engine.interpreter import since, truth
from engine.kinds import Kind, natural
from engine.reading.parsing import parse, parse_condition
from engine.reading.syntax import MAX_TEXT
from engine.running.conditions import compile_condition
from tests.engine.expressions import COLOUR, SCOPE, conditions, numbers
from tests.engine.generators import AS_OF, Case

TODAY = dt.datetime.fromisoformat(AS_OF).date()
KINDS = [kind for kind in dict.fromkeys(SCOPE.values()) if kind.name in ("int", "money", "rate")]


@given(conditions())
def test_a_printed_condition_reads_back_as_the_same_tree(text: str) -> None:
    """Printing and parsing again gives an equal tree, and printing that gives the same text."""
    tree = parse_condition(text, SCOPE)
    printed = show(tree)

    assert len(printed) > MAX_TEXT or parse_condition(printed, SCOPE) == tree
    assert len(printed) > MAX_TEXT or show(parse_condition(printed, SCOPE)) == printed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_printed_formula_reads_back_as_the_same_tree(kind: Kind) -> None:
    """As for conditions; the unit of the formula is the same too."""

    @given(numbers(kind))
    def round_trip(text: str) -> None:
        tree = parse(text, SCOPE)

        assert parse(show(tree), SCOPE) == tree
        assert parse(show(tree), SCOPE).kind == tree.kind

    round_trip()


PRINTED = [
    ("count_a>1", "count_a > 1"),
    ("  ( count_a ) > (1)  ", "count_a > 1"),
    ("count_a - (count_b - 1) > 0", "count_a - (count_b - 1) > 0"),
    ("(count_a - count_b) - 1 > 0", "count_a - count_b - 1 > 0"),
    ("count_a * (count_b + 1) > 0", "count_a * (count_b + 1) > 0"),
    ("(count_a * count_b) + 1 > 0", "count_a * count_b + 1 > 0"),
    ("share / (ratio / 2) > 0", "share / (ratio / 2) > 0"),
    ("-count_a > -1", "0 - count_a > -1"),
    ("- - 5 < count_a", "5 < count_a"),
    ("count_a - -5 > 0", "count_a - -5 > 0"),
    ("1 <= count_a < 5", "1 <= count_a and count_a < 5"),
    ("1 <= count_a < 5 or flag", "1 <= count_a and count_a < 5 or flag"),
    ("flag and (mark or count_a > 1)", "flag and (mark or count_a > 1)"),
    ("(flag and mark) and count_a > 1", "flag and mark and count_a > 1"),
    ("not (flag or mark)", "not (flag or mark)"),
    ("not flag or mark", "not flag or mark"),
    ("not not flag", "not not flag"),
    ("not (count_a > 1)", "not count_a > 1"),
    ("income > 5_000.00", "income > 5000"),
    ("income > 5_000.10", "income > 5000.1"),
    ("share > 0.0725", "share > 0.0725"),
    ("word == 'red'", "word == red"),
    ("red != word", "red != word"),
    ("word not in (red, blue)", "word not in [red, blue]"),
    ('day >= "2026-12-01"', "day >= '2026-12-01'"),
    ("not day is missing", "not day is missing"),
    ("day is not missing", "day is not missing"),
    ("round_down(income * 0.5, 100) > max(debt, 3.00, income)", "round_down(income * 0.5, 100) > max(debt, 3, income)"),
    ("days_since(day) >= 30 and true", "days_since(day) >= 30 and true"),
    ("flag == true", "flag == true"),
]


@pytest.mark.parametrize(("text", "printed"), PRINTED)
def test_an_expression_is_printed_as_a_risk_officer_would_write_it(text: str, printed: str) -> None:
    """Needless parentheses go, needed ones stay, numbers lose underscores and trailing zeros."""
    tree = parse_condition(text, SCOPE)

    assert show(tree) == printed
    assert parse_condition(printed, SCOPE) == tree


class _ExactNumbers(ast.NodeTransformer):
    """Writes every decimal literal as an exact fraction, so that Python computes without floats."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:  # named by `ast`
        if isinstance(node.value, str):
            return node
        text = ast.Constant(str(node.value))
        return ast.Call(ast.Name("Fraction", ast.Load()), [text], [])


def by_python(text: str, facts: Mapping[str, object], kinds: Mapping[str, Kind]) -> object:
    """What Python makes of an expression whose facts are all there: numbers exact, dates as ISO text."""
    tree = ast.fix_missing_locations(_ExactNumbers().visit(ast.parse(text, mode="eval")))
    names: dict[str, object] = {
        name: natural(kinds[name], value) if kinds[name].numeric else value  # type: ignore[arg-type]  # a number
        for name, value in facts.items()
    }
    names |= {name: str(value) for name, value in names.items() if isinstance(value, dt.date)}
    names |= {word: word for kind in kinds.values() for word in kind.values}
    names |= {"true": True, "false": False, "missing": object(), "Fraction": Fraction, "min": min, "max": max}
    names["round_down"] = lambda number, step: number // step * step
    for function in ("days_since", "months_since", "years_since"):
        names[function] = lambda day, f=function: since(f, dt.date.fromisoformat(day), TODAY)
    return eval(compile(tree, "test", "eval"), {"__builtins__": {}}, names)  # noqa: S307, RUF100  # our own text


def _scope_of(case: Case) -> dict[str, Kind]:
    words = ("A", "B", "C", "D", "E")
    return {name: Kind("enum", words) if kind == "enum" else Kind(kind) for name, kind in case.kinds.items()}  # type: ignore[arg-type]  # kinds


def _facts_of(case: Case) -> dict[str, object]:
    drawn = {name: case._value(kind) for name, kind in case.kinds.items()}
    return {
        name: dt.date.fromisoformat(str(value)) if case.kinds[name] == "date" else value
        for name, value in drawn.items()
    }


@given(st.integers(0, 2**32))
def test_a_condition_over_known_facts_means_what_python_says(seed: int) -> None:
    """With every fact known, both readings of a condition agree with Python's, as far as Python gets an answer."""
    case = Case(seed)
    case.scope = dict(case.kinds)
    kinds, text = _scope_of(case), case.condition(3)
    tree = parse_condition(text, kinds)
    for _ in range(5):
        facts = _facts_of(case)
        try:
            expected = bool(by_python(text, facts, kinds))
        except ZeroDivisionError:
            continue

        assert truth(tree, facts, TODAY) in (expected, None)
        assert compile_condition(tree)(facts, TODAY) == truth(tree, facts, TODAY)
        assert truth(parse_condition(show(tree), kinds), facts, TODAY) == truth(tree, facts, TODAY)


def test_the_words_of_an_enum_print_and_read_in_every_order() -> None:
    """Any list of words survives the round trip in its own order, doubled words included."""
    draw = Random(1)
    for _ in range(50):
        some = ", ".join(draw.choices(COLOUR.values, k=draw.randint(1, 4)))
        text = f"word in [{some}]"

        assert show(parse_condition(text, SCOPE)) == text
