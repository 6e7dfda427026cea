"""The straight way: whatever can be said when nothing is missing is said on it, as by reference."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine import reference
from engine.given import check
from engine.running import executor
from engine.running.grouping import Step, steps
from tests.engine.conftest import Load
from tests.engine.tiny import LOAN, MOMENT, executors

SCALES = [
    *("asked > 0", "asked < 0", "asked != 0", "asked == 0", "0 <= asked < 5", "asked > 0 or asked < -3"),
    *("asked in [1, 3]", "asked not in [1, 3]", "share > 0.5", "income / 2 > 1.00"),
]
WORDS = [
    *("flag", "not flag", "mark == false", "word == red", "word != red", "word in [red, green]", "hue not in [blue]"),
    *("flag and word == hue", "word == blue and asked > 1", "mark is missing"),
]
DAYS = ["day > '2026-01-01'", "day == '2026-06-01'", "days_since(day) > 100", "day < '2026-06-01' or flag"]


def _facts() -> Iterator[dict[str, object]]:
    for asked, flag, word, hue in product((-4, 0, 1, 3, 7), (True, False), ("red", "green", "blue"), ("red", "blue")):
        for day in ("2025-01-01", "2026-06-01", "2026-07-01"):
            facts = {"asked": asked, "flag": flag, "mark": not flag, "word": word, "hue": hue, "day": day}
            yield facts | {"share": 600 * asked, "income": 50 * asked}


@pytest.fixture
def straight_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way is closed."""
    monkeypatch.setattr(executor, "_Run", None)


def _agree(loaded: Load, body: str, people: Iterator[dict[str, Any]]) -> None:
    policies = loaded(body)
    policy = policies["tiny"]
    each = executors(policy)
    for facts in people:
        given = check(facts, policies.vocabulary)
        before = dict(given)
        for one in each:
            assert one.evaluate(given, MOMENT) == reference.evaluate(policy, given, MOMENT)
        assert given == before, "facts that were given are left as they are"
    for one in each:
        one.close()


@pytest.mark.usefixtures("straight_only")
@pytest.mark.parametrize("tests", [SCALES, WORDS, DAYS, [*SCALES, *WORDS, *DAYS]], ids=["n", "w", "d", "all"])
def test_every_sort_of_test_is_noted_for_every_value(loaded: Load, tests: list[str]) -> None:
    """One, two and more points on a scale, what holds below, between and above; words one, some and all."""
    rules = [f'{{rule: r{i}, when: "{test}", then: approve}}' for i, test in enumerate(tests)]
    _agree(loaded, "rules:\n" + "\n".join(f"  - {rule}" for rule in rules), _facts())


@pytest.mark.usefixtures("straight_only")
@pytest.mark.parametrize("test", [*SCALES, *WORDS, *DAYS])
def test_a_test_is_noted_when_it_is_the_only_one(loaded: Load, test: str) -> None:
    """So that nothing but its own class decides."""
    _agree(loaded, f'rules:\n  - {{rule: only, when: "{test}", then: approve}}', _facts())


DERIVED = """records:
  longest: {value: max(loans.days), empty: 0}
derive:
  - {fact: half, type: money, value: income / 2}
  - {fact: dear, value: "half > 1.00 and word != blue"}
  - fact: said
    table: {hit: first, when: [word], rows: [[red, warm], [[green, blue], cold]]}
  - fact: tone
    type: int
    table: {hit: first, when: [said, asked], rows: [[warm, "> 0", 1], [any, "> 2", 2]], otherwise: 3}
  - fact: loud
    table: {hit: first, when: [tone, flag], rows: [["> 1", true, high], [any, any, low]]}
  - fact: points
    sum:
      - {when: loud == high and dear, add: 5}
      - {when: longest > 3, add: 2}
      - {when: half / 1.00 / 2 > 0.1, add: 1}
rules:
  - {rule: many, when: points > 4 and tone == 2, then: approve, offer: {limit: half, apr: 0.1}}
  - {rule: few, when: points <= 4 and loud == low, then: approve, offer: {limit: "min(half, 9.00) * tone", apr: share}}
  - {rule: cut, when: tone == 3 or dear, cap: {limit: asked * 1.00, apr: 0.2}, because: plain}
  - {rule: early, when: "day < '2026-06-01'", cap: {limit: 100.00}, because: plain}"""


@pytest.mark.usefixtures("straight_only")
def test_every_sort_of_derived_fact_is_derived(loaded: Load) -> None:
    """Aggregates, formulas, conditions, tables that read each other, a scorecard, and amounts."""
    people = (one | {"loans": [{**LOAN, "days": 4}] * (number % 3)} for number, one in enumerate(_facts()))
    _agree(loaded, DERIVED, people)


def _names(found: list[Step]) -> list[tuple[str, ...]]:
    return [step.names for step in found]


def test_tables_are_grouped_as_far_as_nothing_needs_itself(loaded: Load) -> None:
    """A table goes with those it reads, unless what it reads besides needs one of them."""
    head = "derive:\n" + "".join(f"  - {{fact: {name}, type: int, {how}}}\n" for name, how in TABLES)
    policy = loaded(head + "rules:\n  - {rule: all, when: d + c + f > 4, then: approve}")["tiny"]
    nodes = executors(policy)[1].nodes

    found = steps([(one.name, one.reads, one.table.columns if one.table else None) for one in nodes])

    assert _names(found) == [("a", "b", "c"), ("f",), ("e",), ("d",)]
    assert [step.combinations for step in found] == [2 * 3 * 2, 2 * 2, 1, 2 * 2]


TABLES = (
    ("a", 'table: {hit: first, when: [asked], rows: [["> 0", 1]], otherwise: 2}'),
    ("b", 'table: {hit: first, when: [word, asked], rows: [[red, "> 0", 1]], otherwise: 2}'),
    ("e", "value: a * 2"),
    ("c", 'table: {hit: first, when: [a, b, flag], rows: [["> 1", "> 1", true, 1]], otherwise: 2}'),
    ("d", 'table: {hit: first, when: [a, e], rows: [["> 1", "> 2", 1]], otherwise: 2}'),
    ("f", 'table: {hit: first, when: [second, flag], rows: [["> 1", true, 1]], otherwise: 2}'),
)
