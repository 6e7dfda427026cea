"""The parser of expressions: what it takes, the kind it finds, and what it says about mistakes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kinds import BOOL, DATE, INT, LITERAL, MONEY, NUMBER, RATE, Kind
from engine.reading.parsing import literal, parse, parse_condition
from engine.reading.syntax import MAX_TEXT, ExpressionError
from tests.engine.expressions import COLOUR, SCOPE

TAKEN = [
    ("count_a + 1", INT),
    ("count_a * count_b", INT),
    ("count_a / count_b", NUMBER),
    ("count_a * 0.5", LITERAL),
    ("1_000", LITERAL),
    ("income * 0.5 - debt", MONEY),
    ("income * share", MONEY),
    ("income / 12", MONEY),
    ("debt / income", NUMBER),
    ("share + 0.01", RATE),
    ("share / 2", RATE),
    ("min(income, debt, 5.00)", MONEY),
    ("round_down(income, 100.00)", MONEY),
    ("round_down(share, 0.0005)", RATE),
    ("days_since(day)", INT),
    ("months_since(day) - years_since(day) * 12", INT),
    ("max(count_a, share)", NUMBER),
    ("-income", MONEY),
    ("(income)", MONEY),
    ("word", COLOUR),
    ("day", DATE),
    ("flag", BOOL),
    ("true", BOOL),
    ("word == red", BOOL),
    ("'red' == word", BOOL),
    ("word == hue", BOOL),
    ("word in (red, green)", BOOL),
    ("day > '2026-12-01'", BOOL),
    ("'2026-12-01' <= day < other_day", BOOL),
    ("day is missing", BOOL),
    ("count_a == count_b == 3", BOOL),
    ("income / debt > 0.123456789", BOOL),
    ("(\n count_a\n > 1\n)", BOOL),
]


@pytest.mark.parametrize(("text", "kind"), TAKEN)
def test_an_expression_has_the_kind_of_what_it_computes(text: str, kind: Kind) -> None:
    """Formulas and conditions of the language are read, each with its unit."""
    assert parse(text, SCOPE).kind == kind


MISTAKES = [  # text, what the message names, what the remedy says
    ("count_aa > 1", "`count_aa` is not a declared fact", "did you mean `count_a`?"),
    ("zzz > 1", "`zzz` is not a declared fact", "declare it in facts.yaml"),
    ("word == gren", "`gren` is not one of red, green, blue", "did you mean `green`?"),
    ("word in [red, bleu]", "`bleu` is not one of", "did you mean `blue`?"),
    ("word == 5", "`word == 5`: enum and literal do not go together", ""),
    ("count_a", "`count_a` is an int, not a condition", "compare it with something"),
    ("not income", "`income` is a money, not a condition", "compare it with something"),
    ("income > count_a", "money and int do not go together", ""),
    ("income * debt > 1", "money times money has no meaning", ""),
    ("count_a / income > 1", "int over money has no meaning", ""),
    ("word > red", "has no order", "use == or !="),
    ("flag and (mark == (flag and mark))", "conditions are not compared", "use and, or, not"),
    ("flag in [true]", "`flag` is a condition", "use it as it is"),
    ("count_a in count_b", "`count_a in count_b` needs a list", "write `fact in [a, b]`"),
    ("count_a is None", "`count_a is None` is not understood", "write `fact is missing`"),
    ("income.real > 1", "`income.real` is not part of the policy language", "use comparisons"),
    ("days_since(count_a) > 1", "`days_since(count_a)` needs a date, `count_a` is an int", ""),
    ("day > '2026-13-01'", "`2026-13-01` is not a date", "write 'YYYY-MM-DD'"),
    ("day > '20261201'", "`20261201` is not a date", "write 'YYYY-MM-DD'"),
    ("day > '2026-W01-1'", "`2026-W01-1` is not a date", "write 'YYYY-MM-DD'"),
    ("day > 'soon'", "`soon` is not a date", "write 'YYYY-MM-DD'"),
    ("round_down(income, 0.00) > 1", "the step of `round_down(income, 0.00)` is not a positive literal", ""),
    ("count_a >", "`count_a >` is not an expression", ""),
    ("count_a > 1" + " " * MAX_TEXT, "expression has 4011 characters", "the limit is 4000; derive a fact first"),
]


@pytest.mark.parametrize(("text", "message", "remedy"), MISTAKES)
def test_a_mistake_is_named_with_its_remedy(text: str, message: str, remedy: str) -> None:
    """The message holds the offending part in backticks and says what is wrong; the remedy says what to write."""
    with pytest.raises(ExpressionError) as refusal:
        parse_condition(text, SCOPE)

    assert message in refusal.value.message
    assert remedy in refusal.value.remedy


MISFITS = [
    ("count_a > 0.5", "whole number"),
    ("0.5 < count_a", "whole number"),
    ("count_a in [1, 2.5]", "whole number"),
    ("income > 0.005", "at most 2 decimals"),
    ("income * 2 > 5_000.001", "at most 2 decimals"),
    ("income + 0.005 > debt", "at most 2 decimals"),
    ("min(income, 0.005) > debt", "at most 2 decimals"),
    ("round_down(income, 0.005) > debt", "at most 2 decimals"),
    ("share == 0.00005", "at most 4 decimals"),
    ("share not in [0.1, 0.12345]", "at most 4 decimals"),
    ("count_a - 0.5 > count_b", "whole number"),
]


@pytest.mark.parametrize(("text", "remedy"), MISFITS)
def test_a_literal_fits_the_unit_of_the_fact_it_meets(text: str, remedy: str) -> None:
    """Two decimals against money, four against a rate, none against an int, in comparisons, lists, sums and min."""
    with pytest.raises(ExpressionError, match="does not fit") as refusal:
        parse_condition(text, SCOPE)

    assert remedy in refusal.value.remedy


@given(st.text(max_size=20) | st.from_regex(r"[-+]?[0-9_]{1,9}(\.[0-9_]{0,5})?", fullmatch=True))
def test_a_cell_of_any_text_is_a_literal_of_its_kind_or_refused(text: str) -> None:
    """Table cells and outputs are read as one literal of the column's kind, or refused."""
    for kind in (INT, MONEY, RATE, BOOL, DATE, COLOUR):
        try:
            assert literal(text, kind).kind == kind
        except ExpressionError:
            continue


def test_every_pair_of_kinds_compares_or_says_why_not() -> None:
    """Comparing any two facts is read or refused with both kinds or names in the message."""
    for left, right in itertools.product(SCOPE, SCOPE):
        try:
            parse_condition(f"{left} == {right}", SCOPE)
        except ExpressionError as refusal:
            assert SCOPE[left].name in refusal.message or left in refusal.message  # some are read


def test_words_of_two_lists_are_not_compared() -> None:
    """Of enums only those with the same words go together, in the same order; all others could never be equal."""
    enums = {
        name: Kind("enum", words) for name, words in (("one", ("a", "b")), ("same", ("a", "b")), ("other", ("b", "a")))
    }

    assert parse_condition("one == same", enums).kind == BOOL
    for text in ("one == other", "one != other"):
        with pytest.raises(ExpressionError, match="`one` and `other` have different words") as refusal:
            parse_condition(text, enums)
        assert refusal.value.remedy == "compare each with a word"
