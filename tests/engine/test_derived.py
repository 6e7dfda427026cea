"""Derived facts: tables, scorecards, formulas and aggregates, with facts that are missing."""

from __future__ import annotations

import pytest

from engine import PolicyError
from tests.engine.conftest import Decide
from tests.engine.tiny import LOAN, fired, value_of

USE = "\nrules:\n  - {rule: test, when: result > 0, then: approve}\n  - {rule: grant, when: flag, then: approve}"
WORDS = "\nrules:\n  - {rule: test, when: result == one, then: approve}\n  - {rule: grant, when: flag, then: approve}"
YES = {"flag": True}


def table(hit: str, rows: str, rest: str = "") -> str:
    """A table called `result` over `asked` and `ignored`."""
    return f"derive:\n  - fact: result\n    table: {{hit: {hit}, when: [asked, ignored], rows: [{rows}]{rest}}}"


UNIQUE = table("unique", '["> 0", any, 1], ["<= 0", "> 0", 2], ["<= 0", "<= 0", 3]') + USE
FIRST = table("first", '["> 10", any, 1], [any, "> 0", 2], ["> 5", any, 3]', ", otherwise: 4") + USE
COLLECT = table("collect, combine: {}", '["> 0", any, 5], [any, "> 0", 7], ["> 5", any, -3]', ", otherwise: 9") + USE

TABLES = [  # body, facts, value (None: missing)
    (UNIQUE, {"asked": 1, "ignored": 1}, 1),
    (UNIQUE, {"asked": 0, "ignored": 1}, 2),
    (UNIQUE, {"asked": 0, "ignored": 0}, 3),
    (UNIQUE, {"asked": 1}, 1),  # rows that exclude each other leave no doubt
    (UNIQUE, {"ignored": 1}, None),
    (FIRST, {"asked": 11, "ignored": 1}, 1),
    (FIRST, {"asked": 7, "ignored": 1}, 2),
    (FIRST, {"asked": 7, "ignored": 0}, 3),
    (FIRST, {"asked": 0, "ignored": 0}, 4),
    (FIRST, {"asked": 11}, 1),  # the first row applies, later ones do not matter
    (FIRST, {"asked": 7}, 3),  # the second lacks only a fact to be ignored
    (FIRST, {"ignored": 1}, None),  # the first might apply
    (COLLECT.replace("{}", "sum"), {"asked": 6, "ignored": 1}, 9),
    (COLLECT.replace("{}", "min"), {"asked": 6, "ignored": 1}, -3),
    (COLLECT.replace("{}", "max"), {"asked": 6, "ignored": 1}, 7),
    (COLLECT.replace("{}", "sum"), {"asked": 6}, 2),
    (COLLECT.replace("{}", "sum"), {"asked": 0, "ignored": 0}, 9),
    (COLLECT.replace("{}", "sum"), {"ignored": 1}, None),
    (table("unique", '["> 0", not missing, 1], ["> 0", missing, 2], ["<= 0", any, 3]') + USE, {"asked": 1}, 2),
    (
        table("unique", '["> 0", not missing, 1], ["> 0", missing, 2], ["<= 0", any, 3]') + USE,
        {"asked": 1, "ignored": 0},
        1,
    ),
    (table("first", "[missing, any, 1]", ", otherwise: 2") + USE, {"ignored": 1}, 1),
    (table("first", '["1..3", any, 1], [[5, 7], any, 2], ["!= 9", any, 3], ["== 9", any, 4]') + USE, {"asked": 3}, 1),
    (table("first", '["1..3", any, 1], [[5, 7], any, 2], ["!= 9", any, 3], ["== 9", any, 4]') + USE, {"asked": 7}, 2),
    (table("first", '["1..3", any, 1], [[5, 7], any, 2], ["!= 9", any, 3], ["== 9", any, 4]') + USE, {"asked": 6}, 3),
    (table("first", '["1..3", any, 1], [[5, 7], any, 2], ["!= 9", any, 3], ["== 9", any, 4]') + USE, {"asked": 9}, 4),
]


@pytest.mark.parametrize(("body", "facts", "value"), TABLES)
def test_a_table_gives_the_value_of_its_rows_or_is_missing(
    decide: Decide, body: str, facts: dict[str, object], value: int | None
) -> None:
    """unique and first take one row, collect combines; a row that is unknown and matters leaves the fact missing."""
    decision = decide(body, facts | YES)

    assert value_of(decision, "result") == value
    assert (fired(decision) == ["test", "grant"]) is (value is not None and value > 0)
    assert bool(decision.undetermined) is (value is None)


def one_row(first: str, otherwise: str, more: str = "") -> str:
    """A table called `result` that gives one of two outputs."""
    rows = f'[["> 0", {first}]]'
    table = f"{{hit: first, when: [asked], rows: {rows}, otherwise: {otherwise}}}"
    return f"derive:\n  - {{fact: result{more}, table: {table}}}"


def test_outputs_of_a_table_have_the_kind_they_look_like_or_say(decide: Decide) -> None:
    """Words make an enum, true and false a bool, whole numbers an int, and `type` says money or rate."""
    cases = (("red", "green", "result == red", "red"), ("true", "false", "result", True), ("1", "2", "result == 1", 1))
    for first, otherwise, condition, value in cases:
        rules = f"\nrules:\n  - {{rule: test, when: {condition}, then: approve}}"
        decision = decide(one_row(first, otherwise) + rules, {"asked": 1})
        assert value_of(decision, "result") == value
        assert decision.outcome == "approve"
    assert value_of(decide(one_row("0.05", "1", ", type: money") + USE, {"asked": 1}), "result") == 5
    assert value_of(decide(one_row("0.05", "1", ", type: rate") + USE, {"asked": 1}), "result") == 500


def test_a_scorecard_sums_what_applies_and_skips_what_is_to_be_ignored(decide: Decide) -> None:
    """The sum starts at 0; an item that lacks a fact to be ignored counts nothing, any other leaves it missing."""
    body = (
        """derive:
  - fact: result
    sum:
      - {when: asked > 0, add: 10}
      - {when: asked > 5, add: -3}
      - {when: ignored > 0, add: 5}
      - {when: ignored is missing, add: 100}"""
        + USE
    )

    assert value_of(decide(body, {"asked": 0, "ignored": 0} | YES), "result") == 0
    assert value_of(decide(body, {"asked": 6, "ignored": 1} | YES), "result") == 12
    assert value_of(decide(body, {"asked": 6} | YES), "result") == 107
    assert value_of(decide(body, {"ignored": 1} | YES), "result") is None
    assert decide(body, {"ignored": 1} | YES).undetermined[0].lacks == ("asked",)


def test_a_formula_is_exact_until_it_is_stored_and_rounded_once(decide: Decide) -> None:
    """Thirds of fen stay exact inside a formula; the policy's rounding is applied when the value is stored."""
    body = "derive:\n  - {fact: result, value: income / 3 * 3 + (income - income / 2) * 0}\n" + USE
    third = "derive:\n  - {fact: result, value: income / 3}" + USE

    assert value_of(decide(body, {"income": 100} | YES), "result") == 100
    assert [value_of(decide(third, {"income": 200} | YES, rounding=mode), "result") for mode in ("down", "up")] == [
        66,
        67,
    ]
    assert [value_of(decide(third, {"income": -200} | YES, rounding=mode), "result") for mode in ("down", "up")] == [
        -66,
        -67,
    ]


def test_order_of_derived_facts_does_not_matter(decide: Decide) -> None:
    """A fact may be derived above what it reads; layers are found, and the decision is the same."""
    lines = [
        "  - {fact: result, value: second_step + 1}",
        "  - {fact: second_step, value: first_step + first_step}",
        "  - {fact: first_step, value: asked + 1}",
    ]
    up, down = ("derive:\n" + "\n".join(order) + USE for order in (lines, lines[::-1]))

    assert (
        value_of(decide(up, {"asked": 4} | YES), "result") == value_of(decide(down, {"asked": 4} | YES), "result") == 11
    )


AGGREGATES = [  # aggregate, its kind's test, over three loans, over none
    ("count(loans)", 3, 0),
    ("count(loans where days > 0)", 2, 0),
    ("count(loans where open and sort == car)", 1, 0),
    ("sum(loans.days)", 40, 0),
    ("sum(loans.owed where days > 0)", 201, 0),
    ("{value: max(loans.days), empty: -1}", 30, -1),
    ("{value: min(loans.owed where days > 50), empty: 7.00}", 700, 700),
    ("{value: avg(loans.days), empty: 5}", 13, 5),
    ("{value: avg(loans.price), empty: 0}", 334, 0),
    ("sum(loans.price)", 1001, 0),
    ("any(loans where days > 20)", True, False),
    ("any(loans where days > 50)", False, False),
    ("all(loans where days >= 0)", True, True),
    ("all(loans where days > 0)", False, True),
]
LOANS = [
    {**LOAN, "days": 0, "owed": 100, "price": 1},
    {**LOAN, "days": 10, "owed": 100, "price": 500, "open": False},
    {**LOAN, "days": 30, "owed": 101, "price": 500, "sort": "home"},
]


@pytest.mark.parametrize(("text", "value", "empty"), AGGREGATES)
def test_an_aggregate_over_records_and_over_none(decide: Decide, text: str, value: object, empty: object) -> None:
    """count, sum, min, max, avg, any and all over a list; over an empty list 0, `empty`, false and true."""
    test = "result" if isinstance(value, bool) else "result is not missing"
    body = f"records:\n  result: {text}\nrules:\n  - {{rule: test, when: {test}, then: approve}}"

    assert value_of(decide(body, {"loans": LOANS}), "result") == value
    assert value_of(decide(body, {"loans": []}), "result") == empty
    assert value_of(decide(body), "result") is None


def test_is_missing_asks_of_given_and_derived_facts(decide: Decide) -> None:
    """A derived fact is missing when what it rests on is; `is missing` is never unknown."""
    body = """derive:
  - {fact: total, value: asked + second}
rules:
  - {rule: gone, when: total is missing, then: verify, because: plain}
  - {rule: there, when: total is not missing and asked is not missing, then: approve}"""

    assert fired(decide(body, {"asked": 1})) == ["gone"]
    assert fired(decide(body, {"asked": 1, "second": 1})) == ["there"]
    assert decide(body, {"asked": 1}).undetermined == ()


def test_a_table_of_which_two_rows_could_apply_does_not_load(decide: Decide) -> None:
    """Rows of a unique table that overlap, even in one point or where a fact is missing, are refused."""
    for rows in (
        '["> 0", any, 1], [">= 0", any, 2]',
        "[missing, any, 1], [any, missing, 2]",
        "[1, any, 1], [[1, 2], 5, 2]",
    ):
        with pytest.raises(PolicyError, match="overlaps row 1"):
            decide(table("unique", rows, ", otherwise: 5") + USE)
