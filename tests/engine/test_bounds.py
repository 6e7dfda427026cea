"""Everything that is remembered between decisions has a bound, and a full memory changes no answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine import Engine, PolicySet
from engine.explaining import explain, grounds, reasoning, straight, trace
from engine.expression import Arithmetic, Call, Constant, Expression, Name
from engine.kinds import INT, MONEY
from engine.running import families, firing, grouping, tables
from engine.running.matching import EXECUTORS
from engine.running.storing import fixed
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT

BODY = """derive:
  - fact: tone
    table:
      hit: first
      when: [word, flag, asked]
      rows:
        - [red, true, "> 5", 1]
        - [blue, any, "> 3", 2]
      otherwise: 3
rules:
  - {rule: low, when: tone < 3 and hue == red, then: approve, because: plain, offer: {limit: asked * 100.00, apr: 0.1}}
  - {rule: high, when: "flag and word in [green, blue]", then: verify, because: other}
  - {rule: capped, when: asked > 4, cap: {limit: 500.00}, because: third}
  - {rule: dear, when: word == red, cap: {limit: income / 2, apr: 0.05}, because: plain}"""
REMEMBERING = (firing, families, tables, explain, grounds, reasoning, straight, trace)


def _people() -> Iterator[dict[str, object]]:
    for word, hue, flag, asked in product(("red", "green", "blue"), ("red", "blue"), (True, False), (2, 4, 5, 9)):
        yield {"word": word, "hue": hue, "flag": flag, "asked": asked, "income": 90_000, "mark": True}


def _decided(policies: PolicySet, name: str) -> tuple[list[object], Engine]:
    engine = Engine(policies, "always", name)  # type: ignore[arg-type]  # the names of executors
    documents: list[object] = [engine.decide("tiny", person, MOMENT).document() for person in (*_people(), *_people())]
    assert engine.faults.executor == engine.faults.disagreement == 0
    return documents, engine


@pytest.mark.parametrize("name", EXECUTORS)
def test_a_full_memory_changes_no_decision(loaded: Load, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With room for one thing of each kind every document is the same, and no more than one is kept."""
    policies = loaded(BODY)
    wanted, roomy = _decided(policies, name)
    for module in REMEMBERING:
        monkeypatch.setattr(module, "REMEMBERED", 1)
    monkeypatch.setattr(grounds, "BOUND", 1)

    found, tight = _decided(policies, name)

    assert found == wanted
    assert max(map(len, _memories(roomy))) > 1
    assert max(map(len, _memories(tight))) == 1
    roomy.close()
    tight.close()


def _memories(engine: Engine) -> Iterator[dict[Any, Any]]:
    """Whatever the parts of an engine remember of decisions."""
    point: Any = engine._points["tiny"]
    yield point.executor.firings.known
    yield from _told(point.explainer)
    yield from (group.known for group in point.executor.groups)
    yield from (family.known for family in point.executor.matcher.families)


def _told(explainer: Any) -> Iterator[dict[Any, Any]]:
    """What is remembered of rules that fired together, of what is said about them, and of steps."""
    deciding, tracer = explainer._deciding, explainer._tracer
    yield from (explainer._met, deciding._known, deciding._reasoner._told, deciding._reasoner._statements)
    yield from (known._bound for known in deciding._known.values())
    plans = (*tracer._plans, *(plan for plan, _ in tracer._rules.values()))
    yield from (plan.recalled.made for plan in plans if plan.recalled is not None)
    yield from (value for value in tracer._derived.__globals__.values() if isinstance(value, straight._Applied))


@pytest.mark.parametrize("name", EXECUTORS)
@pytest.mark.parametrize("most", [1, 5, 6, 512])
def test_tables_are_looked_up_together_or_alone(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    """However many combinations of what tables read are put together, the decisions are the same."""
    policies = loaded(CHAIN + BODY.removeprefix("derive:"))
    wanted, first = _decided(policies, name)
    monkeypatch.setattr(grouping, "COMBINATIONS", most)

    found, second = _decided(policies, name)

    assert found == wanted
    assert len(second._points["tiny"].executor.groups) == {1: 3, 5: 3, 6: 2, 512: 2}[most]
    first.close()
    second.close()


CHAIN = """derive:
  - fact: early
    type: int
    table: {hit: first, when: [hue], rows: [[red, 3], [blue, 4]], otherwise: 5}
  - fact: late
    type: int
    table: {hit: first, when: [early, asked], rows: [["> 3", "> 4", 1], ["> 4", any, 2]], otherwise: 3}"""


def _number(value: int) -> Constant:
    return Constant(value, INT)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Constant(8000, MONEY), 800_000),
        (Call("max", (_number(3), _number(5)), INT), 500),
        (Arithmetic("/", _number(1), _number(0), INT), None),
        (Name("income", MONEY), None),
        (Arithmetic("+", Name("income", MONEY), Constant(1, MONEY), MONEY), None),
        (Call("days_since", (Constant(dt.date(2026, 1, 1), INT),), INT), None),
        (Constant(10**15, MONEY), None),
    ],
    ids=["literal", "of literals", "undefined", "a fact", "rests on a fact", "counts days", "overflows"],
)
def test_what_is_the_same_for_everybody_is_known_beforehand(formula: Expression, expected: int | None) -> None:
    """An amount that reads no fact and no day is computed when the policy is loaded; any other is not."""
    assert fixed(formula, MONEY, "down") == expected
