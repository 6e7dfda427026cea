"""How far each fact can be moved: to the ends of its range, in its direction, and a date for a hundred years."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.given import check
from engine.kinds import Value
from engine.ranges.spans import Span, Words
from engine.ranges.statuses import FALSE, TRUE
from engine.recourse.levers import DATE_REACH_DAYS, Lever, fixed_lists, levers
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT

COMMON = "label: {zh: 事, en: Fact}, source: bureau, if_missing: ask"
FACTS = f"""
facts:
  up: {{type: int, range: [-2, 6], actionable: up, {COMMON}}}
  down: {{type: money, range: [0.00, 9.00], actionable: down, {COMMON}}}
  free: {{type: rate, range: [0.0, 0.0005], actionable: either, {COMMON}}}
  fixed: {{type: int, range: [0, 6], {COMMON}}}
  word: {{type: enum, values: [a, b, c], actionable: either, {COMMON}}}
  flag: {{type: bool, actionable: either, {COMMON}}}
  day: {{type: date, actionable: either, {COMMON}}}
  loans: {{type: records, max_records: 3, fields: {{owed: {{type: int, range: [0, 9]}}}}, actionable: down, {COMMON}}}
  bills: {{type: records, max_records: 3, fields: {{owed: {{type: int, range: [0, 9]}}}}, {COMMON}}}
"""
RULE = """
records: {many: count(loans), few: count(bills)}
rules:
  - rule: one
    when: up > 0 and down > 1.00 and free > 0.0002 and fixed > 1 and word == a and flag and day >= '2026-01-01'
      and many > 0 and few > 0
    then: approve
"""


def _moves(loaded: Load, facts: dict[str, object], as_of: dt.datetime = MOMENT) -> dict[tuple[str, int], Lever]:
    policies = loaded(RULE, FACTS)
    given = check(facts, policies.vocabulary)
    return {(lever.fact, lever.sign): lever for lever in levers(policies["tiny"], given, as_of)}


@pytest.mark.parametrize(
    ("name", "value", "steps"),
    [
        ("up", 4, {1: 2}),
        ("up", 6, {}),
        ("down", 250, {-1: 250}),
        ("down", 0, {}),
        ("free", 2, {1: 3, -1: 2}),
        ("fixed", 3, {}),
        ("word", "a", {1: 2}),
        ("word", "b", {1: 1, -1: 1}),
        ("word", "c", {-1: 2}),
        ("flag", False, {1: 1}),
        ("flag", True, {-1: 1}),
        ("loans", [{"owed": 1}], {}),
    ],
)
def test_a_fact_moves_to_the_ends_of_its_range(loaded: Load, name: str, value: object, steps: dict[int, int]) -> None:
    """As many steps as there are values that way; where there is none, or it may not be moved, no way at all."""
    assert {sign: lever.steps for (_, sign), lever in _moves(loaded, {name: value}).items()} == steps


@pytest.mark.parametrize(
    ("today", "up", "down"),
    [
        (dt.date(2026, 12, 1), DATE_REACH_DAYS + 10, DATE_REACH_DAYS - 10),
        (dt.date(9999, 12, 30), 11, DATE_REACH_DAYS - 10),
        (dt.date(1, 1, 31), DATE_REACH_DAYS + 10, 20),
    ],
)
def test_a_date_moves_a_hundred_years_from_the_day_of_the_decision(
    loaded: Load, today: dt.date, up: int, down: int
) -> None:
    """Either way, and never past the first or the last day there is."""
    as_of = dt.datetime.combine(today, dt.time(), dt.UTC)
    moves = _moves(loaded, {"day": (today - dt.timedelta(days=10)).isoformat()}, as_of)

    assert {sign: lever.steps for (_, sign), lever in moves.items()} == {1: up, -1: down}


@pytest.mark.parametrize(
    ("move", "value", "third"),
    [
        (("up", 1), 1, 3),
        (("down", -1), 250, 248),
        (("word", 1), "a", "c"),
        (("word", -1), "c", "a"),
        (("day", 1), "2026-11-30", dt.date(2026, 12, 2)),
        (("day", -1), "2026-12-01", dt.date(2026, 11, 29)),
    ],
)
def test_values_are_numbered_from_the_present_one(
    loaded: Load, move: tuple[str, int], value: object, third: Value
) -> None:
    """Number 0 is what holds now, and each step leads one value further in its direction."""
    lever = _moves(loaded, {move[0]: value})[move]

    assert (lever.at(0), lever.at(2)) == (lever.now, third)


def test_a_range_of_a_lever_holds_both_its_ends(loaded: Load) -> None:
    """Numbers and dates as a span whichever way they move, words and truths one by one."""
    moves = _moves(loaded, {"up": 1, "down": 250, "word": "a", "flag": False, "day": "2026-12-01"})
    day = dt.date(2026, 12, 1).toordinal()

    assert moves["up", 1].between(1, 3) == Span(2, 4)
    assert moves["down", -1].between(1, 3) == Span(247, 249)
    assert moves["word", 1].between(1, 2) == Words(frozenset("bc"))
    assert moves["flag", 1].between(0, 1) == TRUE | FALSE
    assert moves["flag", 1].between(1, 1) == TRUE
    assert moves["day", -1].between(0, 5) == Span(day - 5, day)


@pytest.mark.parametrize(
    ("facts", "fixed"), [({}, False), ({"loans": []}, True), ({"bills": []}, False), ({"up": 1}, False)]
)
def test_a_list_that_could_be_changed_is_known_not_to_be_searched(
    loaded: Load, facts: dict[str, object], fixed: bool
) -> None:
    """Only a list that is given and said to be actionable."""
    policies = loaded(RULE, FACTS)

    assert fixed_lists(policies["tiny"], check(facts, policies.vocabulary)) is fixed
