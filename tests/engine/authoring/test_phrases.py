"""The phrases that sentences are made of: outcomes, amounts with their units, numbers, lists."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.authoring.phrases import OUTCOMES, UNITS, all_of, amount, either, grouped, joined
from engine.authoring.words import Words
from engine.kinds import INT, MONEY, RATE, Kind
from engine.policy import Outcome
from engine.reading.parsing import parse, parse_condition
from engine.vocabulary import Text
from tests.engine.expressions import SCOPE

WORDS = Words({}, {}, {})


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_called_in_english_what_policies_call_it(outcome: Outcome) -> None:
    """The word an author writes is the word an author reads, and Chinese has one of its own."""
    assert OUTCOMES[outcome].en == outcome.value
    assert len({text.zh for text in OUTCOMES.values()}) == len(Outcome)


@pytest.mark.parametrize(
    ("unit", "one", "two", "zh"),
    [
        ("days", "1 day", "2 days", "2天"),
        ("months", "1 month", "2 months", "2个月"),
        ("years", "1 year", "2 years", "2年"),
        ("years of age", "1 year of age", "2 years of age", "2岁"),
        ("hours", "1 hour", "2 hours", "2小时"),
        ("times", "1 time", "2 times", "2次"),
        ("points", "1 point", "2 points", "2分"),
        ("lenders", "1 lender", "2 lenders", "2家"),
        ("categories", "1 category", "2 categories", "2类"),
        ("boxes of tea", "1 boxes of tea", "2 boxes of tea", "2 boxes of tea"),
        ("", "1", "2", "2"),
    ],
)
def test_what_is_counted_has_a_word(unit: str, one: str, two: str, zh: str) -> None:
    """One of it and several in English, a measure word in Chinese; a unit nobody knows stands as it is written."""
    assert amount(INT, 1, unit).en == one
    assert amount(INT, -1, unit).en == f"-{one}"
    assert amount(INT, 2, unit) == Text(zh, two)
    assert set(UNITS) == {
        "days",
        "months",
        "years",
        "years of age",
        "hours",
        "times",
        "points",
        "lenders",
        "categories",
    }


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        (MONEY, 0, "0.00元", "0.00 yuan"),
        (MONEY, Fraction(1, 2), "0.50元", "0.50 yuan"),
        (MONEY, -1_234_567, "-1,234,567.00元", "-1,234,567.00 yuan"),
        (RATE, Fraction(185, 1_000), "18.5%", "18.5%"),
        (RATE, 1, "100%", "100%"),
        (RATE, Fraction(-1, 10_000), "-0.01%", "-0.01%"),
        (INT, 1_000, "1,000", "1,000"),
    ],
)
def test_amounts_are_in_natural_units(kind: Kind, value: int | Fraction, zh: str, en: str) -> None:
    """Yuan with two decimals, per cent with as many as it takes, thousands marked."""
    assert amount(kind, value) == Text(zh, en)


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [("5", 0, "5"), ("5", 2, "5.00"), ("5.1", 2, "5.10"), ("5.125", 2, "5.125"), ("-1234.5", 0, "-1,234.5")],
)
def test_thousands_are_marked_and_decimals_filled_up(number: str, decimals: int, text: str) -> None:
    """At least so many decimals; the sign stays in front."""
    assert grouped(number, decimals) == text


def test_lists_are_joined_as_people_join_them() -> None:
    """One alone, two by a word, more by commas and the word."""
    assert [either(["a"]), either(["a", "b"]), either(["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
    assert [all_of(["a"]), all_of(["a", "b"]), all_of(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert joined([Text("甲", "a"), Text("乙", "b")]) == Text("甲，乙", "a, b")


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("count_a - count_b - 1", "“count_a” − “count_b” − 1"),
        ("count_a - (count_b - 1)", "“count_a” − (“count_b” − 1)"),
        ("count_a / (count_b * 2)", "“count_a” ÷ (“count_b” × 2)"),
        ("count_a * (count_b + 1)", "“count_a” × (“count_b” + 1)"),
        ("count_a * count_b + 1", "“count_a” × “count_b” + 1"),
        ("max(count_a, count_b) * 2", "(the larger of “count_a” and “count_b”) × 2"),
        ("min(count_a, count_b, 3)", "the smallest of “count_a”, “count_b” and 3"),
        ("max(count_a, count_b, 3)", "the largest of “count_a”, “count_b” and 3"),
        ("max(count_a + 1, count_b)", "the larger of “count_a” + 1 and “count_b”"),
        ("round_down(count_a + 1, 5)", "(“count_a” + 1) (rounded down to a multiple of 5)"),
        ("round_down(count_a * 2, 5)", "“count_a” × 2 (rounded down to a multiple of 5)"),
    ],
)
def test_parentheses_stand_where_they_are_needed(text: str, en: str) -> None:
    """Around what binds less strongly than its surroundings, and right of `−` and `÷` around what binds alike."""
    assert WORDS.formula(parse(text, SCOPE)).en == en


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("days_since(day) == 1", "days since “day” is 1 day"),
        ("months_since(day) >= 12", "months since “day” is at least 12 months"),
        ("years_since(day) != 1", "years since “day” is not 1 year"),
        ("day != '2026-12-01'", "“day” is not 2026-12-01"),
        ("day < '2026-12-01'", "“day” is before 2026-12-01"),
        ("day <= '2026-12-01'", "“day” is on or before 2026-12-01"),
        ("day > '2026-12-01'", "“day” is after 2026-12-01"),
        ("word == hue", "“word” is “hue”"),
    ],
)
def test_days_and_words_are_compared_in_their_own_words(text: str, en: str) -> None:
    """Before and after, not less and more; time gone by in the unit it is counted in."""
    assert WORDS.condition(parse_condition(text, SCOPE)).en == en


@pytest.mark.parametrize(
    ("test", "zh", "en"),
    [
        ("flag", "是", "yes"),
        ("flag == true", "是", "yes"),
        ("flag == false", "否", "no"),
        ("flag is missing", "未知", "not known"),
        ("flag is not missing", "已知", "known"),
        ("count_a > 3", "> 3", "> 3"),
        ("count_a != 3", "≠ 3", "≠ 3"),
        ("count_a == 3", "3", "3"),
    ],
)
def test_a_cell_says_what_its_column_leaves_open(test: str, zh: str, en: str) -> None:
    """What the column is about stands above, and is not repeated."""
    assert WORDS.cell([parse_condition(test, SCOPE)]) == Text(zh, en)
    assert WORDS.cell([]) == Text("任意", "any")
