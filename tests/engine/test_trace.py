"""The trace and the document: each step with what it read and set, each test with value, threshold and distance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
import rfc8785

from engine import Engine
from engine.decision import Decision
from tests.engine.conftest import Decide, Load
from tests.engine.tiny import LOAN, MOMENT

YES = {"flag": True}


def document_of(decision: Decision) -> Any:
    """The document as a reader of its JSON sees it."""
    return json.loads(json.dumps(decision.document()))


TESTED = 'rules:\n  - {{rule: only, when: "{}", then: reject, because: plain}}'


@pytest.mark.parametrize(
    ("condition", "facts", "shown"),
    [
        ("asked > 5", {"asked": 8}, {"test": "asked > 5", "holds": True, "value": 8, "threshold": 5, "distance": 3}),
        ("5 < asked", {"asked": 8}, {"test": "5 < asked", "holds": True, "value": 8, "threshold": 5, "distance": 3}),
        ("asked >= 5", {"asked": 5}, {"test": "asked >= 5", "holds": True, "value": 5, "threshold": 5, "distance": 0}),
        (
            "income < 5.00",
            {"income": 150},
            {"test": "income < 5", "holds": True, "value": 150, "threshold": 500, "distance": -350},
        ),
        (
            "share > 0.05",
            {"share": 600},
            {"test": "share > 0.05", "holds": True, "value": 600, "threshold": 500, "distance": 100},
        ),
        ("word == red", {"word": "red"}, {"test": "word == red", "holds": True, "value": "red", "threshold": "red"}),
        ("word in [red, blue]", {"word": "red"}, {"test": "word in [red, blue]", "holds": True, "value": "red"}),
        ("flag", {"flag": True}, {"test": "flag", "holds": True, "value": True}),
        (
            "day < '2026-12-02'",
            {"day": "2026-12-01"},
            {"test": "day < '2026-12-02'", "holds": True, "value": "2026-12-01", "threshold": "2026-12-02"},
        ),
        ("asked > second", {"asked": 2, "second": 1}, {"test": "asked > second", "holds": True}),
        ("hue is missing", {}, {"test": "hue is missing", "holds": True}),
        ("asked + 1 > 5", {"asked": 8}, {"test": "asked + 1 > 5", "holds": True}),
    ],
)
def test_a_test_shows_value_threshold_and_distance(
    decide: Decide, condition: str, facts: dict[str, object], shown: Mapping[str, object]
) -> None:
    """In base units: what the fact was, what it was held against when that is a literal, and how far off it was."""
    rules = [step for step in document_of(decide(TESTED.format(condition), facts))["trace"] if step["kind"] == "rule"]

    assert rules[0]["tests"] == [shown]


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ("not flag", {"flag": False}),
        ("not (asked > 5 or second > 5)", {"asked": 1, "second": 1}),
        ("not hue is missing", {"hue": "red"}),
    ],
)
def test_a_negated_test_that_decided_is_shown_with_the_reason(
    decide: Decide, condition: str, facts: dict[str, object]
) -> None:
    """A reason shows the tests that made its rule fire, those under `not` too, with their values."""
    tests = decide(TESTED.format(condition), facts).reasons[0].tests

    assert len(tests) == len(facts)
    assert all(name in test.test for name, test in zip(facts, tests, strict=True))


def test_the_trace_shows_each_step_in_the_order_it_became_known(decide: Decide) -> None:
    """Aggregates, derived facts layer by layer, then rules as they stand; each with what it read, applied and set."""
    body = """records:
  late: count(loans where days > 0)
derive:
  - {fact: last, value: band == high and total > 5}
  - {fact: band, table: {hit: first, when: [total], rows: [["> 5", high]], otherwise: low}}
  - {fact: total, sum: [{when: asked > 0, add: 10}, {when: late > 0, add: -50}]}
  - {fact: half, type: int, value: total / 2}
rules:
  - {rule: top, when: flag, cap: {limit: income / 2}, because: plain}
  - {rule: grant, when: last, then: approve, offer: {limit: income}}"""
    trace = document_of(decide(body, YES | {"asked": 1, "loans": [LOAN], "income": 500}))["trace"]

    assert [(step["kind"], step["name"]) for step in trace] == [
        ("aggregate", "late"),
        ("scorecard", "total"),
        ("table", "band"),
        ("formula", "half"),
        ("formula", "last"),
        ("rule", "top"),
        ("rule", "grant"),
    ]
    assert trace[0] == {"kind": "aggregate", "name": "late", "when": ["count(loans where days > 0)"], "value": 0}
    assert trace[1] == {
        "kind": "scorecard",
        "name": "total",
        "when": ["asked > 0"],
        "facts": {"asked": 1, "late": 0},
        "value": 10,
    }
    assert trace[2] == {"kind": "table", "name": "band", "when": ["total > 5"], "facts": {"total": 10}, "value": "high"}
    assert trace[4]["when"] == ["band == high and total > 5"]
    assert trace[5]["cap"] == {"limit_fen": 250}
    assert trace[5]["facts"] == {"flag": True, "income": 500}
    assert trace[6]["offer"] == {"limit_fen": 500}
    assert (trace[6]["then"], trace[6]["when"]) == ("approve", ["last"])


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (leaf for key, part in value.items() for leaf in (*_leaves(key), *_leaves(part)))
    elif isinstance(value, list):
        yield from (leaf for part in value for leaf in _leaves(part))
    else:
        yield value


def test_the_document_is_json_and_the_same_every_time(recorded: Load, decide: Decide) -> None:
    """Only text, integers, booleans and null; keys in one order; the order in which facts are given does not show."""
    body = """derive:
  - {fact: total, value: asked + second}
rules:
  - {rule: bad, when: total > 5 and day < '2026-12-02', then: reject, because: plain}
  - {rule: open, when: referred > 5, then: reject, because: other}"""
    facts = {"asked": 4, "second": 4, "day": "2026-12-01", "word": "red", "income": 5}
    decision = decide(body, facts)
    document = decision.document()
    policies, texts = recorded(body), set()
    for seed in range(5):
        names = Random(seed).sample(sorted(facts), len(facts))
        engine = Engine(policies)
        texts.add(json.dumps(engine.decide("tiny", {name: facts[name] for name in names}, MOMENT).document()))
        engine.close()

    assert decision.trace[1].facts == {"total": 8, "day": "2026-12-01"}
    assert texts == {json.dumps(document)}
    assert {type(leaf) for leaf in _leaves(document)} <= {str, int, bool, type(None)}
    assert json.loads(json.dumps(document)) == json.loads(rfc8785.dumps(document)) == document
    assert list(document)[:8] == ["outcome", "offer", "reasons", "trace", "undetermined", "missing", "asks", "binding"]
    assert document["as_of"] == "2026-12-01T00:00:00Z"
